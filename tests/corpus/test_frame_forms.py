"""`catta.data(as_=...)`: the same rows in pandas, Arrow and Polars, of types that stay."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from polars.testing import assert_frame_equal

import catta
from catta.corpus import Corpus
from catta.corpus.published import Traits, Trial, TrialFile
from catta.records import BuildFacts, EpochMeasurement, Evaluation, Recipe
from catta.testing.store import OK, make_evaluation, make_network

NET = make_network(1, name="net")
RECIPE = Recipe(dataset="cifar-10", epochs=1)
FLOPS = 2**40


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    """Trials with and without code, one without a duration, and an own evaluation."""
    with Corpus.open(tmp_path_factory.mktemp("forms") / "c.sqlite") as opened:
        opened.networks.add([NET])
        files = [
            TrialFile(
                task="img-classification",
                dataset="cifar-10",
                metric="acc",
                name=name,
                epoch=1,
                trials=[Trial("a", "norm", b'{"lr":0.1}', 0.25, duration)],
            )
            for name, duration in (("net", 10), ("no code", None))
        ]
        opened.trials.add(opened.trials.begin_import("hash", "9.9"), files, {"net": NET.id})
        traits = Traits(
            family="net",
            imports=("torch",),
            pretrained=False,
            classes=2,
            functions=3,
            sequential=True,
            module_list=False,
            module_dict=False,
        )
        opened.trials.add_traits({NET.id: traits})
        facts = BuildFacts(parameters=7, flops=FLOPS, graph="g1:a", seconds=1.0)
        opened.networks.add_facts(NET.id, "3x32x32:10", facts)
        epochs = (EpochMeasurement(epoch=1, loss=1.0, accuracy=0.5, seconds=1.5),)
        evaluation = Evaluation(network_id=NET.id, recipe_id=RECIPE.id, verdict=OK, epochs=epochs)
        opened.evaluations.add(evaluation, RECIPE)
        yield opened


def data(corpus: Corpus, **arguments: Any) -> Any:
    return catta.data(corpus=corpus, include_nn_stats=True, **arguments)


def plain(value: object) -> object:
    """A value of pandas as Arrow and Polars have it: None for NaN, JSON for a dictionary."""
    if isinstance(value, dict):
        return json.dumps(value, sort_keys=True, separators=(",", ":"))
    if isinstance(value, float) and math.isnan(value):
        return None
    return value


@pytest.mark.parametrize("form", ["polars", "arrow"])
def test_the_rows_are_those_of_pandas(corpus: Corpus, form: str) -> None:
    expected = data(corpus)
    assert len(expected) == 3
    found = data(corpus, as_=form)
    columns = found.to_dict(as_series=False) if form == "polars" else found.to_pydict()
    assert list(columns) == list(expected.columns)
    for name, values in columns.items():
        assert values == [plain(value) for value in expected[name].astype(object)], name


def test_types_of_polars(corpus: Corpus) -> None:
    schema = data(corpus, as_="polars").schema
    assert schema["id"] == schema["epoch"] == schema["duration"] == pl.Int64
    assert schema["accuracy"] == pl.Float64
    assert schema["nn_code"] == schema["prm"] == schema["nn_stats_meta"] == pl.Categorical
    assert schema["nn_flops"] == schema["nn_total_params"] == pl.Int64
    assert schema["nn_model_size_mb"] == pl.Float64
    assert schema["nn_uses_sequential"] == schema["nn_is_vgg_like"] == pl.Boolean


@pytest.mark.parametrize("arguments", [{"max_rows": 0}, {"nn": "no code"}, {"nn": "unknown"}])
def test_types_do_not_depend_on_the_rows(corpus: Corpus, arguments: dict[str, Any]) -> None:
    every, some = data(corpus, as_="polars"), data(corpus, as_="polars", **arguments)
    assert some.schema == every.schema
    assert data(corpus, as_="arrow", **arguments).schema == data(corpus, as_="arrow").schema
    assert_frame_equal(pl.concat([some, every]).tail(len(every)), every)


def test_polars_compares_and_filters_texts(corpus: Corpus) -> None:
    frame = data(corpus, as_="polars")
    assert frame.filter(pl.col("nn") == "net")["accuracy"].to_list() == [0.25, 0.5]
    assert frame["duration"].null_count() == 1


def test_arrow_keeps_each_text_once(corpus: Corpus) -> None:
    codes = data(corpus, as_="arrow", nn="net")["nn_code"].chunk(0)
    assert isinstance(codes, pa.DictionaryArray)
    assert codes.to_pylist() == [NET.source] * 2


def test_arrow_becomes_pandas_though_two_names_have_one_text() -> None:
    with Corpus.open("sqlite://") as store:
        store.networks.add([NET, replace(NET, name="twin")])
        recipe = Recipe(epochs=1)
        store.evaluations.add(make_evaluation(NET, recipe), recipe)
        key = store.trials.begin_import("ab", None)
        trials = [Trial("u", "norm", b"{}", 0.5, None)]
        files = [
            TrialFile(task="t", dataset="d", metric="acc", name=name, epoch=1, trials=trials)
            for name in (NET.name, "twin")
        ]
        store.trials.add(key, files, {NET.name: NET.id, "twin": NET.id})
        table = data(store, as_="arrow")
        assert list(table.to_pandas()["nn_code"]) == [NET.source] * 3
        assert len(table["nn_code"].chunk(0).dictionary) == 1
        assert table["transform_code"].null_count == 3
