"""`catta.data`: LEMUR's columns and arguments, over published trials and own evaluations."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

import catta
from catta.corpus import Corpus
from catta.corpus.published import Module, Traits, Trial, TrialFile
from catta.errors import UsageError
from catta.records import EpochMeasurement, Evaluation, Network, Outcome, Recipe, Stage, Verdict
from catta.testing.store import OK, make_network

COLUMNS = [
    *("id", "task", "dataset", "metric", "metric_code", "metric_id", "nn", "nn_code", "nn_id"),
    *("epoch", "accuracy", "duration", "prm_id", "transform_code", "transform_id", "prm"),
]
NET = make_network(1, name="Net_1")
CLASSES = "img-classification"
RECIPE = Recipe(dataset="cifar-10", epochs=2)


def file(
    name: str, epoch: int, *trials: tuple[str, float, int | None], dataset: str = "cifar-10"
) -> TrialFile:
    return TrialFile(
        task=CLASSES,
        dataset=dataset,
        metric="acc",
        name=name,
        epoch=epoch,
        trials=[Trial(uid, "norm", b'{"lr":0.1}', value, time) for uid, value, time in trials],
    )


FILES = [
    file("Net%1", 1, ("a", 0.1, 10)),
    file("Net_1", 1, ("a", 0.3, 10), ("b", 0.5, 20), ("c", 0.5, 30)),
    file("Net_1", 2, ("a", 0.6, 40)),
    file("Net_1", 1, ("a", 0.9, None), dataset="mnist"),
    file("net_2", 1, ("a", 0.2, 10)),
]


def fill(corpus: Corpus) -> None:
    with corpus.transaction():
        corpus.networks.add([Network(id=NET.id, source=NET.source, name="Net_1", origin="lemur")])
        key = corpus.trials.begin_import("hash", "9.9")
        corpus.trials.add(key, FILES, {"Net_1": NET.id})
        corpus.trials.add_modules(
            [
                Module(kind="metric", name="acc", source="def create_metric(): ..."),
                Module(kind="transform", name="norm", source="def transform(): ..."),
            ]
        )
        corpus.trials.end_import(key, {})


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    """Published trials only; tests must not write to it."""
    with Corpus.open(tmp_path_factory.mktemp("frames") / "c.sqlite") as opened:
        fill(opened)
        yield opened


@pytest.fixture
def mixed() -> Iterator[Corpus]:
    """Published trials and own evaluations."""
    with Corpus.open("sqlite://") as opened:
        fill(opened)
        opened.networks.add([make_network(2, name="own")])
        for number, values in ((1, (0.4, 0.7)), (2, (0.2, 0.25))):
            epochs = tuple(
                EpochMeasurement(epoch=i, loss=1.0, accuracy=value, seconds=1.5)
                for i, value in enumerate(values, 1)
            )
            opened.evaluations.add(
                Evaluation(
                    network_id=make_network(number).id,
                    recipe_id=RECIPE.id,
                    verdict=OK,
                    epochs=epochs,
                ),
                RECIPE,
            )
        yield opened


def data(corpus: Corpus, **arguments: Any) -> pd.DataFrame:
    return catta.data(corpus=corpus, **arguments)


def accuracies(corpus: Corpus, **arguments: Any) -> list[float]:
    return list(data(corpus, **arguments)["accuracy"])


def test_all_columns_of_lemur(corpus: Corpus) -> None:
    frame = data(corpus)
    assert list(frame.columns) == COLUMNS
    row = frame.iloc[1]
    assert (row["task"], row["dataset"], row["metric"]) == (CLASSES, "cifar-10", "acc")
    assert (row["nn"], row["nn_code"], row["nn_id"]) == ("Net_1", NET.source, NET.id)
    assert (row["epoch"], row["accuracy"], row["duration"]) == (1, 0.3, 10)
    assert (row["prm_id"], row["prm"]) == ("a", {"lr": 0.1, "transform": "norm"})
    assert row["transform_code"] == "def transform(): ..."
    assert row["metric_code"] == "def create_metric(): ..."
    assert len(set(frame["id"])) == len(frame) == 7
    assert isinstance(row["transform_id"], str)


def test_a_name_without_code_has_none(corpus: Corpus) -> None:
    row = data(corpus, nn="net_2").iloc[0]
    assert (row["nn_code"], row["nn_id"]) == (None, None)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"task": "other"}, []),
        ({"metric": "bleu"}, []),
        ({"dataset": "mnist"}, [0.9]),
        ({"epoch": 2}, [0.6]),
        ({"nn": "net_2"}, [0.2]),
        ({"nn": ("net_2", "Net%1")}, [0.1, 0.2]),
        ({"nn": ()}, []),
        ({"nn": "' OR 1=1 --"}, []),
        ({"nn": "Net%"}, []),
        ({"nn_prefixes": ("Net%",)}, [0.1]),
        ({"nn_prefixes": ("Net_",)}, [0.3, 0.5, 0.5, 0.6, 0.9]),
        ({"nn_prefixes": ("NET",)}, []),
        ({"nn_prefixes": ("net", "Net%")}, [0.1, 0.2]),
        ({"nn_prefixes": ("x%' OR '1'='1",)}, []),
        ({"nn_prefixes": ()}, []),
        ({"max_rows": 2}, [0.1, 0.3]),
        ({"max_rows": 0}, []),
        ({"dataset": "cifar-10", "max_rows": 100, "epoch": 1}, [0.1, 0.3, 0.5, 0.5, 0.2]),
        ({"only_best_accuracy": True}, [0.1, 0.5, 0.6, 0.9, 0.2]),
        ({"only_best_accuracy": True, "nn": "Net_1", "dataset": "cifar-10"}, [0.5, 0.6]),
        ({"only_best_accuracy": True, "max_rows": 2}, [0.1, 0.5]),
        ({"unique_nn": True}, [0.1, 0.9, 0.2]),
        ({"unique_nn": True, "dataset": "cifar-10"}, [0.1, 0.6, 0.2]),
        ({"unique_nn": True, "only_best_accuracy": True}, [0.1, 0.9, 0.2]),
    ],
)
def test_filters(corpus: Corpus, arguments: dict[str, Any], expected: list[float]) -> None:
    assert accuracies(corpus, **arguments) == expected


def test_of_equally_good_ones_the_first_is_the_best(corpus: Corpus) -> None:
    frame = data(corpus, only_best_accuracy=True, nn="Net_1", epoch=1, dataset="cifar-10")
    assert list(frame["prm_id"]) == ["b"]


def test_an_unknown_duration_is_nan(corpus: Corpus) -> None:
    assert data(corpus, dataset="cifar-10")["duration"].dtype.kind == "i"
    durations = list(data(corpus)["duration"])
    assert [d for d in durations if math.isnan(d)] == [durations[5]]
    assert data(corpus, as_="arrow")["duration"].null_count == 1  # type: ignore[call-overload]


def test_texts_and_dictionaries_are_shared_within_a_frame(corpus: Corpus) -> None:
    frame = data(corpus, nn="Net_1", epoch=1)
    same = frame[frame["prm_id"] == "a"]
    assert len(same) == 2
    assert same["nn_code"].iloc[0] is same["nn_code"].iloc[1]
    assert same["prm"].iloc[0] is same["prm"].iloc[1]


def test_each_frame_is_its_own(corpus: Corpus) -> None:
    first = data(corpus)
    first["accuracy"] = 0.0
    first["prm"].iloc[0]["lr"] = "changed"
    first.loc[1, "nn"] = "changed"
    second = data(corpus)
    assert len(second) == 7
    assert second["accuracy"].max() == 0.9
    assert second["nn"].iloc[1] == "Net_1"
    assert second["prm"].iloc[0]["lr"] == 0.1


def test_an_empty_answer_has_the_columns(corpus: Corpus) -> None:
    assert list(data(corpus, nn="unknown").columns) == COLUMNS
    assert data(corpus, nn="unknown", as_="arrow").column_names == COLUMNS  # type: ignore[attr-defined]


def test_own_evaluations_follow(mixed: Corpus) -> None:
    frame = data(mixed)
    assert len(frame) == 11
    own = frame[frame["id"] < 0]
    assert list(own["nn"]) == ["Net_1", "Net_1", "own", "own"]
    assert list(own["duration"]) == [1.5e9, 3e9, 1.5e9, 3e9]
    row = own.iloc[1]
    assert (row["task"], row["dataset"], row["metric"]) == (CLASSES, "cifar-10", "acc")
    assert (row["nn_code"], row["prm_id"], row["epoch"]) == (NET.source, RECIPE.id, 2)
    assert row["prm"]["lr"] == RECIPE.lr
    assert len(set(frame["id"])) == 11


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"nn": "own"}, [0.2, 0.25]),
        ({"nn_prefixes": ("ow",)}, [0.2, 0.25]),
        ({"dataset": "mnist"}, [0.9]),
        ({"metric": "loss"}, []),
        ({"epoch": 2}, [0.6, 0.7, 0.25]),
        ({"max_rows": 8, "epoch": None}, [0.1, 0.3, 0.5, 0.5, 0.6, 0.9, 0.2, 0.4]),
        ({"unique_nn": True}, [0.1, 0.9, 0.2, 0.25]),
        (
            {"only_best_accuracy": True, "dataset": "cifar-10"},
            [0.1, 0.5, 0.2, 0.7, 0.2, 0.25],
        ),
    ],
)
def test_filters_hold_for_own_evaluations(
    mixed: Corpus, arguments: dict[str, Any], expected: list[float]
) -> None:
    assert accuracies(mixed, **arguments) == expected


def test_the_duration_of_a_later_epoch_includes_the_earlier_ones(mixed: Corpus) -> None:
    assert list(data(mixed, nn="own", epoch=2)["duration"]) == [3e9]


def test_failed_evaluations_have_no_rows(mixed: Corpus) -> None:
    failed = Verdict(outcome=Outcome.CRASHED, stage=Stage.TRAIN, error="no")
    other = Recipe(dataset="svhn")
    mixed.evaluations.add(Evaluation(network_id=NET.id, recipe_id=other.id, verdict=failed), other)
    assert accuracies(mixed, dataset="svhn") == []


def test_statistics(mixed: Corpus) -> None:
    traits = Traits(
        family="Net",
        imports=("torch",),
        pretrained=False,
        classes=2,
        functions=3,
        sequential=True,
        module_list=False,
        module_dict=False,
    )
    mixed.trials.add_traits({NET.id: traits})
    frame = data(mixed, include_nn_stats=True)
    assert list(frame.columns)[:16] == COLUMNS
    assert len(frame.columns) == 45
    known = frame[frame["nn"] == "Net_1"].iloc[0]
    assert (known["nn_num_classes"], known["nn_num_functions"]) == (2, 3)
    assert known["nn_uses_sequential"] is True
    assert known["nn_code_length"] == len(NET.source)
    assert known["nn_stats_meta"]["imports"] == ["torch"]
    assert frame[frame["nn"] == "net_2"].iloc[0]["nn_num_classes"] is None


def test_arrow(mixed: Corpus) -> None:
    table: Any = data(mixed, as_="arrow", include_nn_stats=True)
    frame = data(mixed)
    assert isinstance(table, pa.Table)
    assert table.column_names[:16] == COLUMNS
    assert table["accuracy"].to_pylist() == list(frame["accuracy"])
    assert table["nn"].to_pylist() == list(frame["nn"])
    assert table["nn_code"].to_pylist() == list(frame["nn_code"])
    assert table["prm"].to_pylist()[0] == '{"lr":0.1,"transform":"norm"}'


def test_without_polars_the_user_is_told(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(UsageError, match=r"pip install 'catta\[polars\]'"):
        data(corpus, as_="polars")


@pytest.mark.parametrize(
    "arguments",
    [
        {"as_": "excel"},
        {"max_rows": -1},
        {"nn": 7},
        {"nn": ("a", 7)},
        {"nn_prefixes": 1.5},
    ],
)
def test_arguments_that_make_no_sense(corpus: Corpus, arguments: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        data(corpus, **arguments)


def test_a_path_is_opened_only_for_reading(corpus: Corpus, tmp_path: Path) -> None:
    assert len(catta.data(corpus=corpus.location)) == 7
    with pytest.raises(UsageError, match="does not exist"):
        catta.data(corpus=tmp_path / "missing.sqlite")
    assert list(tmp_path.iterdir()) == []


def test_without_a_corpus_the_default_one_is_asked(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CATTA_CORPUS", corpus.location)
    assert len(catta.data(max_rows=3)) == 3
