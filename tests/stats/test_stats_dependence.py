"""What accuracy depends on: importance, effects, transforms."""

from __future__ import annotations

import importlib.util
import sys

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import catta
from catta.errors import UsageError
from catta.stats.dependence import distance_correlation
from catta.stats.hyperparameters import hyperparameters

needs_optuna = pytest.mark.skipif(
    importlib.util.find_spec("optuna") is None, reason="optuna is not installed"
)
CIFAR = {"dataset": "cifar-10", "source": "published"}


def test_hyperparameters_are_columns(trials: pd.DataFrame) -> None:
    rows = trials[(trials["dataset"] == "cifar-10") & (trials["source"] == "published")]
    table = hyperparameters(rows)
    assert list(table.columns) == ["batch", "lr", "momentum", "transform"]
    assert table.index.equals(rows.index)
    assert set(table["batch"]) == {8.0, 128.0}


def test_hyperparameters_that_few_have_are_left_out(trials: pd.DataFrame) -> None:
    mixed = hyperparameters(trials[trials["dataset"].isin(["cifar-10", "odd"])])
    assert "resolution" not in mixed  # only Catta's own recipes say it
    assert mixed["batch"].isna().any()


SAMPLES = np.array([1.0, 2, 3, 4, 5, 6, 7, 8, 2, 9])


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ([4.0, 1, 0, 1, 4, 9, 16, 25, 1, 30], 0.9135327718089512),
        ([3.0, 3, 1, 2, 9, 1, 4, 4, 7, 0], 0.4230582623557847),
        (3 * SAMPLES - 1, 1.0),
        (np.zeros(10), 0.0),
    ],
    ids=["curve", "noise", "line", "constant"],
)
def test_distance_correlation(other: object, expected: float) -> None:
    """The values of the package dcor 0.7."""
    found = distance_correlation(SAMPLES, np.asarray(other, dtype=float))
    assert found == pytest.approx(expected, rel=1e-9)


def test_effects(trials: pd.DataFrame) -> None:
    found = catta.stats.effects(trials=trials, **CIFAR).set_index("parameter")
    assert list(found.index) == ["batch", "lr", "momentum"]
    assert (found["unit"] == "network").all()
    assert (found["n"] == 72).all()
    batch = found.loc["batch"]
    assert batch["spearman"] < -0.7
    assert batch["p_adjusted"] < 1e-6
    assert batch["distance_correlation"] > 0.7 > found.loc["momentum", "distance_correlation"]
    assert batch["mutual_information"] > found.loc["momentum", "mutual_information"]
    assert (found["p_adjusted"] >= found["p"]).all()


def test_effects_are_corrected_for_all_tests(trials: pd.DataFrame) -> None:
    found = catta.stats.effects(trials=trials)
    expected = stats.false_discovery_control(found["p"])
    np.testing.assert_allclose(found["p_adjusted"], expected)


def test_few_networks_are_counted_by_trainings(trials: pd.DataFrame) -> None:
    names = [f"aa-{n:02}" for n in range(10)]
    found = catta.stats.effects(trials=trials, nn=names)
    assert set(found["unit"]) == {"training"}
    assert set(found["n"]) == {30}


@needs_optuna
def test_importance(trials: pd.DataFrame) -> None:
    found = catta.stats.importance(trials=trials, **CIFAR)
    assert found["parameter"].iloc[0] == "batch"
    assert set(found["parameter"]) == {"batch", "lr", "momentum", "transform"}
    assert found["fanova"].sum() == pytest.approx(1)
    assert found["mdi"].sum() == pytest.approx(1)
    assert found["fanova"].is_monotonic_decreasing
    assert set(found["trainings"]) == {216}
    again = catta.stats.importance(trials=trials, **CIFAR)
    pd.testing.assert_frame_equal(found, again)


@needs_optuna
def test_importance_of_a_sample_and_of_families(trials: pd.DataFrame) -> None:
    found = catta.stats.importance(trials=trials, sample=50, context=["family"], **CIFAR)
    assert set(found["trainings"]) == {50}
    assert set(found["drawn_from"]) == {216}
    assert "family" in set(found["parameter"])
    with pytest.raises(UsageError, match="context: 'epoch'"):
        catta.stats.importance(trials=trials, context=["epoch"])


def test_importance_without_optuna(trials: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(UsageError, match=r"pip install 'catta\[hpo\]'"):
        catta.stats.importance(trials=trials)


def test_transforms(trials: pd.DataFrame, data: pd.DataFrame) -> None:
    found = catta.stats.transforms(trials=trials, **CIFAR).set_index(["a", "b"])
    assert list(found.index) == [
        ("echo_32", "norm_32"),
        ("echo_32", "norm_64"),
        ("norm_32", "norm_64"),
    ]
    assert (found["networks"] == 72).all()
    row = found.loc["norm_32", "norm_64"]
    assert row["better"] == "norm_64"
    assert row["ci_high"] < 0
    rows = data[(data["dataset"] == "cifar-10") & (data["epoch"] == 1) & (data["id"] > 0)]
    wide = rows.assign(transform=rows["prm"].map(lambda prm: prm["transform"])).pivot_table(
        index="nn", columns="transform", values="accuracy"
    )
    difference = wide["norm_32"] - wide["norm_64"]
    assert row["difference"] == pytest.approx(difference.mean())
    assert row["wins_b"] == (difference < 0).sum()
    expected = stats.wilcoxon(difference, zero_method="pratt", method="approx").pvalue
    assert row["p"] == pytest.approx(expected)
    same = found.loc["echo_32", "norm_32"]
    assert same["better"] is None


def test_only_transforms_of_most_networks_are_compared(trials: pd.DataFrame) -> None:
    found = catta.stats.transforms(trials=trials, most=2, **CIFAR)
    assert len(found) == 1
    with pytest.raises(UsageError, match="most: 1"):
        catta.stats.transforms(trials=trials, most=1)
