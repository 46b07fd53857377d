"""What inspections are for: the statistics of a frame, the limits of `catta.networks`."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

import catta
from catta.corpus import Corpus
from catta.corpus.catalogue import show_network
from catta.corpus.published import Trial, TrialFile
from catta.corpus.registry import Size
from catta.records import Inspection, InspectionOutcome
from catta.testing.store import FACTS, make_network
from catta.testing.store_records import STRUCTURE

GOOD, BAD, NEVER = (make_network(n) for n in (1, 2, 3))
TASK = "img-classification"


@pytest.fixture
def corpus() -> Iterator[Corpus]:
    good = Inspection(
        network_id=GOOD.id, task=TASK, outcome=InspectionOutcome.OK, structure=STRUCTURE
    )
    failed = InspectionOutcome.TIMEOUT
    with Corpus.open("sqlite://") as store:
        store.networks.add([GOOD, BAD, NEVER])
        key = store.trials.begin_import("hash", "9.9")
        files = [
            TrialFile(
                task=TASK,
                dataset="mnist",
                metric="acc",
                name=network.name,
                epoch=1,
                trials=[Trial("u", "t", b"{}", 0.5, None)],
            )
            for network in (GOOD, BAD, NEVER)
        ]
        store.trials.add(key, files, {network.name: network.id for network in (GOOD, BAD, NEVER)})
        store.networks.add_facts(GOOD.id, "1x32x32:10", FACTS)
        store.inspections.save(
            [
                good,
                replace(good, task="img-segmentation", outcome=failed, structure=None),
                replace(good, network_id=BAD.id, outcome=failed, error="slow", structure=None),
            ]
        )
        yield store


def test_statistics_are_those_of_the_inspection(corpus: Corpus) -> None:
    frame = catta.data(corpus=corpus, include_nn_stats=True).set_index("nn")
    row = frame.loc[GOOD.name]
    assert (row["nn_total_params"], row["nn_trainable_params"], row["nn_frozen_params"]) == (
        *(1_200, 1_000, 200),
    )
    assert (row["nn_total_layers"], row["nn_leaf_layers"], row["nn_max_depth"]) == (5, 4, 2)
    assert (row["nn_flops"], row["nn_dropout_count"]) == (STRUCTURE.flops, 1)
    assert row["nn_model_size_mb"] == 4_800 / 2**20
    assert row["nn_total_memory_mb"] == 4_816 / 2**20
    assert (row["nn_has_attention"], row["nn_has_residual"]) == (False, True)
    assert row["nn_stats_meta"]["operators"] == STRUCTURE.operators
    assert row["nn_stats_meta"]["resolution"] == 64
    assert row["nn_is_unet_like"] is None
    assert frame.loc[BAD.name]["nn_stats_error"] == "slow"
    assert frame.loc[NEVER.name]["nn_stats_error"] is None


def test_limits_of_size(corpus: Corpus) -> None:
    assert catta.networks(max_params=1_000, max_flops=STRUCTURE.flops, corpus=corpus) == [GOOD.name]
    assert catta.networks(max_params=999, corpus=corpus) == []
    expected = Size(built_for="img-classification 64", parameters=1_000, flops=STRUCTURE.flops)
    assert expected in catta.network(GOOD.name, corpus=corpus).sizes
    assert catta.network(BAD.name, corpus=corpus).sizes == ()


def test_showing_a_network(corpus: Corpus) -> None:
    first, second = show_network(corpus, GOOD.name)["inspections"]
    assert (first["task"], first["structure"]["depth"]) == (TASK, STRUCTURE.depth)
    assert (second["outcome"], second["structure"]) == ("TIMEOUT", None)
