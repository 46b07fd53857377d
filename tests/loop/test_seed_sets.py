"""Seed sets that an earlier Catta stored are found again."""

from __future__ import annotations

from typing import NoReturn

import pytest

from catta.corpus import Corpus
from catta.execution import LocalExecutor
from catta.loop import parse_config
from catta.loop.observer import SilentObserver
from catta.loop.seeds import seed_networks, shapes_key
from catta.records import Network, Problem

PROBLEM = Problem(sample=(1, 32, 32), outputs=10)
KEY = "seeds:48c4fa2f41888def661b1b21"
"""Under which Catta has stored the seeds of the default run for such images since its first run."""


def test_a_stored_seed_set_is_taken_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def again(*_: object) -> NoReturn:
        pytest.fail("the seeds were made again")

    monkeypatch.setattr("catta.loop.seeds.import_known", again)
    network = Network(id="n1:seed", source="x = 1", name="seed@1", origin="adapted")
    with Corpus.open(":memory:") as corpus, LocalExecutor(again, 1) as executor:
        corpus.networks.add([network])
        corpus.networks.save_seed_set(KEY, {"version": 1}, [network.id])
        found = seed_networks(
            corpus, parse_config({}), PROBLEM, executor, SilentObserver(), lambda: False
        )
    assert [seed.id for seed in found] == [network.id]


def test_facts_of_seeds_are_stored_under_the_shapes_of_the_images() -> None:
    assert shapes_key(PROBLEM) == "1x32x32:10"
