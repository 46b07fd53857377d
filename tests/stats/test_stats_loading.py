"""`catta.stats.load` and the filters of every statistic."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from stats_corpus import CLASSES, fill

import catta
from catta.corpus import Corpus
from catta.corpus.published import Measurement
from catta.errors import UsageError

SAME = ("id", "task", "dataset", "metric", "nn", "epoch", "accuracy", "prm_id")


@pytest.mark.parametrize("name", SAME)
def test_what_it_has_is_what_data_has(name: str, trials: pd.DataFrame, data: pd.DataFrame) -> None:
    assert trials[name].astype(object).where(trials[name].notna(), None).tolist() == (
        data[name].astype(object).where(data[name].notna(), None).tolist()
    )


def test_hyperparameters_are_those_of_data(trials: pd.DataFrame, data: pd.DataFrame) -> None:
    found = [
        {**json.loads(text), "transform": transform if isinstance(transform, str) else None}
        for text, transform in zip(trials["prm"], trials["transform"].astype(object), strict=True)
    ]
    assert found == data["prm"].tolist()


def test_durations_are_seconds(trials: pd.DataFrame, data: pd.DataFrame) -> None:
    known = data["duration"].notna().to_numpy()
    assert (trials["seconds"].notna().to_numpy() == known).all()
    assert (trials["seconds"][known] * 1e9).round().tolist() == data["duration"][known].tolist()


def test_families_and_sources(trials: pd.DataFrame) -> None:
    assert set(trials["family"].cat.categories) > {"aa", "bb", "T0"}
    measured = trials[trials["source"] == "measured"]
    assert (measured["id"] < 0).all()
    assert len(measured) == 4
    assert ((trials["source"] == "published") == (trials["id"] > 0)).all()


def test_a_training_is_the_epochs_of_one(trials: pd.DataFrame) -> None:
    sizes = trials[trials["dataset"] == "cifar-10"].groupby("training").size()
    assert sorted(set(sizes)) == [2, 3]
    assert (sizes == 3).sum() == 2 * 36 * 3
    per_training: Any = trials.groupby("training")
    assert (per_training["epoch"].nunique() == per_training.size()).all()


FILTERS = [
    {"task": "txt-generation"},
    {"dataset": "cifar-10", "epoch": 2},
    {"metric": "acc", "nn": "aa-01"},
    {"nn": ["aa-01", "bb-02"]},
    {"nn_prefixes": ["aa-0", "T"]},
    {"dataset": "nothing"},
]


@pytest.mark.parametrize("filters", FILTERS, ids=str)
def test_a_filter_of_what_was_read_is_one_of_the_corpus(
    filters: dict[str, Any], trials: pd.DataFrame, stats_corpus: Corpus
) -> None:
    of_rows = catta.stats.leaderboard(trials=trials, n=None, **filters)
    of_corpus = catta.stats.leaderboard(stats_corpus, n=None, **filters)
    expected = catta.data(corpus=stats_corpus, only_best_accuracy=False, **filters)
    pd.testing.assert_frame_equal(of_rows, of_corpus)
    assert of_rows["count"].sum() == len(expected)


def test_family_and_source_choose(trials: pd.DataFrame) -> None:
    assert catta.stats.summary(trials=trials, family="aa")["count"].tolist() == [324]
    assert catta.stats.summary(trials=trials, source="measured")["count"].tolist() == [4]


def test_what_is_no_filter_is_refused(trials: pd.DataFrame) -> None:
    with pytest.raises(UsageError, match="no filter 'datset'"):
        catta.stats.summary(trials=trials, datset="mnist")  # type: ignore[arg-type]


def test_an_empty_corpus_has_all_columns(nothing: Corpus, trials: pd.DataFrame) -> None:
    empty = catta.stats.load(nothing)
    assert len(empty) == 0
    assert list(empty.columns) == list(trials.columns)
    assert [str(t) for t in empty.dtypes] == [str(t) for t in trials.dtypes]


def test_no_corpus_is_a_sentence(tmp_path: Any) -> None:
    with pytest.raises(UsageError, match=r"nowhere\.sqlite"):
        catta.stats.summary(tmp_path / "nowhere.sqlite")


def measurement(number: int, duration: float | None, *, valid: bool | None = True) -> Measurement:
    return Measurement(
        subject="aa-00",
        task=CLASSES,
        name=f"device {number}",
        sha256=str(number),
        device=None,
        os=None,
        valid=valid,
        emulator=None,
        error=None,
        duration=duration,
        analytics=None,
    )


def test_latency_is_the_median_of_valid_device_measurements(nothing: Corpus) -> None:
    fill(nothing)
    runs = [(10.0, True), (30.0, None), (40.0, True), (9_000.0, False), (None, True)]
    nothing.trials.add_measurements(
        [measurement(n, value, valid=valid) for n, (value, valid) in enumerate(runs)], {}
    )
    rows = catta.stats.load(nothing)
    of_network = (rows["nn"] == "aa-00").to_numpy()
    assert set(rows["latency"][of_network]) == {30.0}
    assert np.isnan(rows["latency"][~of_network]).all()
    front = catta.stats.pareto(trials=rows, objectives=["accuracy", "latency"])
    assert set(front["nn"]) == {"aa-00"}
