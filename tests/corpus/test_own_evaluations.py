"""Own evaluations in `catta.data`: what is chosen, in which order, and by which plan."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import event

import catta
from catta.corpus import Corpus, schema
from catta.corpus.published import Module
from catta.corpus.shared_columns import FEW
from catta.records import EpochMeasurement, Evaluation, Network, Recipe
from catta.testing.store import OK, make_network

RECIPES = [
    Recipe(dataset=dataset, epochs=3, seed=seed)
    for seed in range(3)
    for dataset in ("cifar-10", "mnist")
]
NAMES = ("one", "two", "three")
SECONDS = (0.1, 0.2, 0.4)


def evaluation(network: str, recipe: Recipe, accuracy: float) -> Evaluation:
    epochs = tuple(
        EpochMeasurement(epoch=i, loss=1.0, accuracy=accuracy + i / 1_000, seconds=seconds)
        for i, seconds in enumerate(SECONDS, 1)
    )
    return Evaluation(network_id=network, recipe_id=recipe.id, verdict=OK, epochs=epochs)


def fill(corpus: Corpus) -> None:
    """Three networks under six recipes, of three epochs; `two` is called `also two` as well."""
    networks = [make_network(number, name=name) for number, name in enumerate(NAMES)]
    corpus.networks.add(networks)
    corpus.networks.add(
        [Network(id=networks[1].id, source=networks[1].source, name="also two", origin="user")]
    )
    for place, recipe in enumerate(RECIPES):
        corpus.evaluations.add_many(
            [
                evaluation(network.id, recipe, place / 10 + number / 100)
                for number, network in enumerate(networks)
            ],
            recipe,
        )


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    with Corpus.open(tmp_path_factory.mktemp("own") / "c.sqlite") as opened:
        fill(opened)
        yield opened


def data(corpus: Corpus, **arguments: Any) -> Any:
    return catta.data(corpus=corpus, **arguments)


def test_each_row_is_that_of_its_evaluation(corpus: Corpus) -> None:
    frame = data(corpus)
    assert len(frame) == 54
    recipes = {recipe.id: recipe for recipe in RECIPES}
    for number, row in enumerate(frame.to_dict(orient="records")):
        place, rest = divmod(number, 9)
        network, epoch = divmod(rest, 3)
        assert (row["nn"], row["epoch"]) == (NAMES[network], epoch + 1)
        assert row["prm_id"] == RECIPES[place].id
        recipe = recipes[row["prm_id"]]
        assert (row["task"], row["dataset"], row["metric"]) == (recipe.task, recipe.dataset, "acc")
        assert row["prm"] == recipe.model_dump(exclude={"task", "dataset", "metric", "prm"})
        assert row["accuracy"] == pytest.approx(place / 10 + network / 100 + row["epoch"] / 1_000)
        assert row["duration"] == (100_000_000, 300_000_000, 700_000_000)[epoch]
    assert frame["id"].is_monotonic_decreasing
    assert frame["id"].is_unique


@pytest.mark.parametrize(
    ("arguments", "rows"),
    [
        ({"nn": "two"}, slice(3, 6)),
        ({"nn": ("one", "three"), "dataset": "mnist"}, None),
        ({"nn_prefixes": ("t",), "epoch": 2}, None),
        ({"dataset": "mnist", "max_rows": 5}, None),
        ({"nn": "three", "dataset": "cifar-10", "epoch": 3, "max_rows": 2}, None),
        ({"task": "img-classification", "max_rows": 7}, None),
    ],
)
def test_the_filters_choose_what_a_filter_of_the_whole_frame_does(
    corpus: Corpus, arguments: dict[str, Any], rows: object
) -> None:
    every = data(corpus)
    names = arguments.get("nn", NAMES)
    fits = every["nn"].isin((names,) if isinstance(names, str) else names)
    for prefix in arguments.get("nn_prefixes", ()):
        fits &= every["nn"].str.startswith(prefix)
    for column in ("dataset", "epoch", "task"):
        if column in arguments:
            fits &= every[column] == arguments[column]
    expected = every[fits].head(arguments.get("max_rows", len(every)))
    assert 0 < len(expected) < len(every)
    found = data(corpus, **arguments)
    assert list(found["id"]) == list(expected["id"])
    assert list(found["duration"]) == list(expected["duration"])
    assert list(found["prm"]) == list(expected["prm"])


@pytest.mark.parametrize(
    "arguments",
    [
        {"nn": "also two"},
        {"dataset": "svhn"},
        {"task": "other"},
        {"metric": "bleu"},
        {"epoch": 4},
        {"dataset": "' OR 1=1 --"},
    ],
)
def test_nothing_fits(corpus: Corpus, arguments: dict[str, Any]) -> None:
    assert len(data(corpus, **arguments)) == 0


SEGMENTING = Recipe(
    task="img-segmentation",
    dataset="voc",
    metric="iou",
    transform="flip",
    epochs=3,
    prm={"lr": 0.5, "width": 8.0},
)


@pytest.fixture
def other_metrics() -> Iterator[Corpus]:
    """One network under a recipe of another metric, and under one stored before recipes had any."""
    with Corpus.open("sqlite://") as store:
        network = make_network(1)
        store.networks.add([network])
        for recipe in (RECIPES[0], SEGMENTING):
            store.evaluations.add(evaluation(network.id, recipe, 0.5), recipe)
        store.trials.add_modules([Module(kind="transform", name="flip", source="flip = 1")])
        with store.connector.transaction() as connection:
            later = ("metric", "track", "transform", "length", "prm", "amp", "layout", "compile")
            old = RECIPES[0].model_dump(exclude=set(later))
            table = schema.recipes
            old_one = table.update().where(table.c.id == RECIPES[0].id)
            connection.execute(old_one.values(settings=old))
        yield store


def test_metric_transform_and_hyperparameters_are_the_recipes(other_metrics: Corpus) -> None:
    frame = data(other_metrics)
    assert list(frame["metric"]) == ["acc"] * 3 + ["iou"] * 3
    assert list(frame["transform_code"]) == [None] * 3 + ["flip = 1"] * 3
    old, new = frame["prm"].iloc[0], frame["prm"].iloc[3]
    assert (old["lr"], old["transform"]) == (RECIPES[0].lr, None)
    for name, value in SEGMENTING.hyperparameters.items():
        assert new[name] == value
    assert (new["lr"], new["width"], new["transform"], new["epochs"]) == (0.5, 8.0, "flip", 3)
    assert not any(isinstance(value, dict) for value in new.values())


@pytest.mark.parametrize(
    ("arguments", "metrics"),
    [
        ({"metric": "iou"}, {"iou"}),
        ({"metric": "acc"}, {"acc"}),
        ({"metric": "acc", "task": "img-classification", "dataset": "cifar-10"}, {"acc"}),
        ({"metric": "iou", "dataset": "cifar-10"}, set()),
        ({"metric": "bleu"}, set()),
    ],
)
def test_a_metric_is_asked_for(
    other_metrics: Corpus, arguments: dict[str, Any], metrics: set[str]
) -> None:
    assert set(data(other_metrics, **arguments)["metric"]) == metrics
    named = ["net-1"] if metrics else []
    assert catta.networks(corpus=other_metrics, **arguments) == named


def test_a_network_shows_its_best_by_each_metric(other_metrics: Corpus) -> None:
    found = catta.network("net-1", corpus=other_metrics).best
    assert [(best.dataset, best.metric) for best in found] == [("cifar-10", "acc"), ("voc", "iou")]


def test_more_networks_than_are_fetched_by_key() -> None:
    recipe = Recipe(epochs=3)
    with Corpus.open("sqlite://") as store:
        networks = [make_network(number) for number in range(FEW + 2)]
        store.networks.add(networks)
        chosen = networks[1:]
        store.evaluations.add_many([evaluation(n.id, recipe, 0.5) for n in chosen], recipe)
        frame = data(store, epoch=3)
        assert list(frame["nn_id"]) == [n.id for n in chosen]
        assert list(frame["nn_code"]) == [n.source for n in chosen]
        assert np.all(frame["duration"] == 700_000_000)


@pytest.mark.parametrize(
    "arguments", [{"nn": "two"}, {"nn": "two", "dataset": "mnist", "epoch": 1}, {"nn": ("one",)}]
)
@pytest.mark.parametrize("outdated", [False, True])
def test_one_network_is_looked_up_and_nothing_is_scanned(
    corpus: Corpus, arguments: dict[str, Any], outdated: bool
) -> None:
    """Even if an import came while there were only a few evaluations."""
    asked: list[tuple[str, Any]] = []

    def note(connection: Any, cursor: Any, statement: str, parameters: Any, *rest: Any) -> None:
        if "JOIN epochs" in statement:
            asked.append((statement, parameters))

    if outdated:
        with corpus.transaction(), corpus.connector.transaction() as connection:
            connection.exec_driver_sql("ANALYZE")  # as corpora of earlier versions did
            corpus.trials.end_import(corpus.trials.begin_import(str(arguments), None), {})
    with Corpus.open(corpus.location) as store, store.connector.read() as connection:
        event.listen(store.connector.engine, "before_cursor_execute", note)
        data(store, **arguments)
        (question,) = asked
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {question[0]}", question[1]).all()
    steps = [str(row[3]) for row in plan]
    assert any("evaluations_1 (network_id=?" in step for step in steps), steps
    assert not any(step in ("SCAN evaluations", "SCAN epochs") for step in steps), steps


@pytest.mark.postgres
@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"nn": ("one", "three"), "dataset": "mnist"},
        {"nn_prefixes": ("t",), "epoch": 2},
        {"dataset": "mnist", "max_rows": 5},
        {"only_best_accuracy": True, "task": "img-classification", "dataset": "mnist"},
        {"dataset": "svhn"},
    ],
)
def test_a_server_answers_the_same(
    corpus: Corpus, corpus_url: str, arguments: dict[str, Any]
) -> None:
    with Corpus.open(corpus_url) as store:
        fill(store)
        pd.testing.assert_frame_equal(data(store, **arguments), data(corpus, **arguments))
