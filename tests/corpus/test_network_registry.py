"""`catta.networks` and `catta.network`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import catta
from catta.corpus import Corpus
from catta.corpus.published import Traits, Trial, TrialFile
from catta.corpus.registry import Ancestor, Best, Size
from catta.errors import UsageError
from catta.records import Network, Outcome, Phase, Recipe, Stage, Verdict
from catta.testing.store import FACTS, begin, make_candidate, make_evaluation, make_network

CLASSES = "img-classification"
RECIPE = Recipe(dataset="mnist")
TRAITS = Traits(
    family="ga",
    imports=("torch",),
    pretrained=False,
    classes=1,
    functions=2,
    sequential=False,
    module_list=False,
    module_dict=False,
)


def trials(name: str, dataset: str, *accuracies: float) -> TrialFile:
    return TrialFile(
        task=CLASSES,
        dataset=dataset,
        metric="acc",
        name=name,
        epoch=1,
        trials=[Trial("u", "t", b"{}", value, None) for value in accuracies],
    )


def published(number: int, name: str, **others: Any) -> Network:
    return replace(make_network(number, name=name), origin="lemur", **others)


def fill(opened: Corpus) -> None:
    """ga-1 is ga-1-twin and was built twice; ResNet is pretrained; mine descends from both."""
    ga, resnet = published(1, "ga-1"), published(2, "ResNet", licence="BSD-3-Clause")
    adapted = replace(
        make_network(3, name="ga-1 adapted"), origin="adapted", parent=ga.id, licence=None
    )
    mine = replace(make_network(4, name="mine"), parent=adapted.id)
    opened.networks.add([ga, replace(ga, name="ga-1-twin"), resnet, adapted, mine])
    key = opened.trials.begin_import("hash", "9.9")
    opened.trials.add(
        key,
        [
            trials("ga-1", "cifar-10", 0.5, 0.6),
            trials("ga-1-twin", "cifar-10", 0.4),
            trials("ga-1", "mnist", 0.7),
            trials("ResNet", "cifar-10", 0.9),
            trials("no code", "cifar-10", 0.99),
        ],
        {"ga-1": ga.id, "ga-1-twin": ga.id, "ResNet": resnet.id},
    )
    resnets = replace(TRAITS, family="ResNet", pretrained=True)
    opened.trials.add_traits({ga.id: TRAITS, resnet.id: resnets})
    opened.networks.add_facts(ga.id, "1x32x32:10", replace(FACTS, parameters=500, flops=9_000))
    opened.networks.add_facts(ga.id, "3x32x32:10", replace(FACTS, parameters=900, flops=3_000))
    opened.evaluations.add(make_evaluation(ga, RECIPE, 0.75), RECIPE)
    opened.evaluations.add(make_evaluation(mine, RECIPE, 0.2), RECIPE)
    failed = Verdict(outcome=Outcome.CRASHED, stage=Stage.TRAIN, error="no")
    opened.evaluations.add(replace(make_evaluation(resnet, RECIPE), verdict=failed), RECIPE)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    with Corpus.open(tmp_path_factory.mktemp("registry") / "c.sqlite") as opened:
        fill(opened)
        yield opened


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, ["ResNet", "ga-1", "ga-1 adapted", "ga-1-twin", "mine"]),
        ({"filter": "Res*"}, ["ResNet"]),
        ({"filter": "res*"}, []),
        ({"filter": "ga-?"}, ["ga-1"]),
        ({"filter": "[Rm]*"}, ["ResNet", "mine"]),
        ({"filter": ("mine", "*twin")}, ["ga-1-twin", "mine"]),
        ({"filter": ()}, []),
        ({"filter": "' OR 1=1 --"}, []),
        ({"filter": "ga%"}, []),
        ({"family": "ga"}, ["ga-1", "ga-1-twin"]),
        ({"licence": "BSD-3-Clause"}, ["ResNet"]),
        ({"pretrained": True}, ["ResNet"]),
        ({"pretrained": False}, ["ga-1", "ga-1-twin"]),
        ({"origin": "user"}, ["mine"]),
        ({"origin": "lemur", "filter": "*t"}, ["ResNet"]),
        ({"dataset": "cifar-10"}, ["ResNet", "ga-1", "ga-1-twin"]),
        ({"dataset": "mnist"}, ["ga-1", "ga-1-twin", "mine"]),
        ({"task": CLASSES, "metric": "acc", "min_accuracy": 0.9}, ["ResNet"]),
        ({"dataset": "mnist", "min_accuracy": 0.72}, ["ga-1", "ga-1-twin"]),
        ({"dataset": "mnist", "min_accuracy": 0.9}, []),
        ({"min_accuracy": 0.2}, ["ResNet", "ga-1", "ga-1-twin", "mine"]),
        ({"task": "other"}, []),
        ({"metric": "iou"}, []),
        ({"max_params": 500}, ["ga-1", "ga-1-twin"]),
        ({"max_params": 499}, []),
        ({"max_flops": 3_000}, ["ga-1", "ga-1-twin"]),
        ({"max_params": 500, "max_flops": 3_000}, []),
        ({"max_params": 1_000, "max_flops": 20_000}, ["ResNet", "ga-1", "ga-1-twin", "mine"]),
    ],
)
def test_networks(corpus: Corpus, arguments: dict[str, Any], expected: list[str]) -> None:
    assert catta.networks(corpus=corpus, **arguments) == expected


def test_a_candidate_that_was_only_built_counts_by_its_size() -> None:
    with Corpus.open("sqlite://") as store:
        network = make_network(7)
        store.networks.add([network])
        run = begin(store, 0)
        candidate = replace(
            make_candidate(), phase=Phase.SCREENED, network_id=network.id, facts=FACTS
        )
        store.runs.update_candidate(candidate)
        assert catta.networks(max_params=FACTS.parameters, corpus=store) == [network.name]
        size = Size(built_for=run.id, parameters=FACTS.parameters, flops=FACTS.flops)
        assert catta.network(network.name, corpus=store).sizes == (size,)


@pytest.mark.parametrize("pattern", [7, ("a", 7), None])
def test_a_filter_that_makes_no_sense(corpus: Corpus, pattern: Any) -> None:
    with pytest.raises(UsageError, match="filter"):
        catta.networks(pattern, corpus=corpus)


def test_network(corpus: Corpus) -> None:
    card = catta.network("ga-1-twin", corpus=corpus)
    assert (card.id, card.name, card.aliases) == (
        make_network(1).id,
        "ga-1",
        ("ga-1", "ga-1-twin"),
    )
    assert (card.source, card.licence, card.origin) == (make_network(1).source, "MIT", "lemur")
    assert (card.family, card.pretrained, card.imports) == ("ga", False, ("torch",))
    assert card.sizes == (
        Size(built_for="1x32x32:10", parameters=500, flops=9_000),
        Size(built_for="3x32x32:10", parameters=900, flops=3_000),
        Size(built_for=RECIPE.id, parameters=FACTS.parameters, flops=FACTS.flops),
    )
    assert card.best == (
        Best(task=CLASSES, dataset="cifar-10", metric="acc", accuracy=0.6),
        Best(task=CLASSES, dataset="mnist", metric="acc", accuracy=0.75),
    )
    assert (card.trials, card.evaluations, card.lineage) == (4, 1, ())
    assert catta.network(card.id, corpus=corpus) == card


def test_the_lineage_ends_at_the_seed(corpus: Corpus) -> None:
    assert catta.network("mine", corpus=corpus).lineage == (
        Ancestor(id=make_network(3).id, name="ga-1 adapted"),
        Ancestor(id=make_network(1).id, name="ga-1"),
    )


@pytest.mark.parametrize(
    ("parents", "expected"),
    [
        ({1: 2, 2: 1}, ["net-2"]),
        ({1: 1}, []),
        ({1: 9}, [None]),
    ],
)
def test_odd_lineages_end(parents: dict[int, int], expected: list[str | None]) -> None:
    with Corpus.open("sqlite://") as store:
        store.networks.add(
            replace(make_network(child), parent=make_network(parent).id)
            for child, parent in parents.items()
        )
        lineage = catta.network("net-1", corpus=store).lineage
    assert [ancestor.name for ancestor in lineage] == expected


def test_failed_evaluations_have_no_best(corpus: Corpus) -> None:
    card = catta.network("ResNet", corpus=corpus)
    assert [best.dataset for best in card.best] == ["cifar-10"]
    assert card.evaluations == 1


def test_what_is_not_there(corpus: Corpus, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no name or id of a network"):
        catta.network("missing", corpus=corpus)
    with pytest.raises(UsageError, match="does not exist"):
        catta.networks(corpus=tmp_path / "missing.sqlite")
    assert list(tmp_path.iterdir()) == []


def test_a_path_and_the_default(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    assert catta.networks("mine", corpus=corpus.location) == ["mine"]
    monkeypatch.setenv("CATTA_CORPUS", corpus.location)
    assert catta.networks("mine") == ["mine"]


@pytest.mark.postgres
def test_a_server_answers_as_a_file_does(corpus: Corpus, corpus_url: str) -> None:
    with Corpus.open(corpus_url) as store:
        fill(store)
        for arguments in (
            {"filter": ("ga*", "R*"), "family": "ga", "pretrained": False},
            {"task": CLASSES, "dataset": "cifar-10", "metric": "acc", "min_accuracy": 0.5},
            {"max_params": 900, "max_flops": 9_000},
        ):
            found = catta.networks(corpus=store, **arguments)
            assert found == catta.networks(corpus=corpus, **arguments) != []
        for name in ("ga-1", "mine", "ResNet"):
            assert catta.network(name, corpus=store) == catta.network(name, corpus=corpus)


def test_an_origin_that_there_is_not(corpus: Corpus) -> None:
    with pytest.raises(UsageError, match="origin: 'usr' is not one of lemur, architecture, "):
        catta.networks(origin="usr", corpus=corpus)
