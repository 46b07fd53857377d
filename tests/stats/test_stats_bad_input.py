"""No measurement, one, equal ones, unknown values: a table, never a warning or a traceback."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
import pytest
from stats_corpus import HOSTILE

import catta
from catta.corpus import Corpus

STATISTICS: dict[str, Callable[..., pd.DataFrame]] = {
    "summary": catta.stats.summary,
    "summary by epoch": partial(catta.stats.summary, by=["epoch", "family"]),
    "leaderboard": catta.stats.leaderboard,
    "learning_curves": catta.stats.learning_curves,
    "rank_correlation": catta.stats.rank_correlation,
    "pareto": catta.stats.pareto,
    "pareto of sizes": partial(catta.stats.pareto, objectives=["accuracy", "flops"]),
    "effects": catta.stats.effects,
    "transforms": catta.stats.transforms,
    "durations": catta.stats.durations,
    "importance": catta.stats.importance,
}
if importlib.util.find_spec("optuna") is None:
    del STATISTICS["importance"]

EVERY = pytest.mark.parametrize("name", STATISTICS)


@EVERY
def test_an_empty_corpus_gives_an_empty_table(name: str, nothing: Corpus) -> None:
    found = STATISTICS[name](nothing)
    assert found.empty
    assert len(found.columns) > 5


@EVERY
def test_a_filter_that_matches_nothing_gives_the_same_columns(
    name: str, trials: pd.DataFrame, nothing: Corpus
) -> None:
    found = STATISTICS[name](trials=trials, dataset="nowhere")
    assert found.empty
    assert list(found.columns) == list(STATISTICS[name](nothing).columns)


@EVERY
def test_one_measurement(name: str, trials: pd.DataFrame) -> None:
    found = STATISTICS[name](trials=trials.iloc[:1])
    assert len(found) <= 1
    if name == "summary":
        row = found.iloc[0]
        assert row["mean"] == row["best"] == trials["accuracy"].iloc[0]
        assert np.isnan(row["std"])
        assert np.isnan(row["ci_low"])


@EVERY
def test_equal_values(name: str, trials: pd.DataFrame) -> None:
    same = trials.assign(accuracy=0.5, seconds=1.0)
    found = STATISTICS[name](trials=same, dataset="cifar-10")
    if name == "summary":
        assert found[["std", "ci_low", "ci_high"]].iloc[0].tolist() == [0, 0.5, 0.5]
    if name == "rank_correlation":
        assert found["spearman"].isna().all()
    if name == "transforms":
        assert (found["p"] == 1).all()
        assert found["better"].isna().all()
    if name in ("importance", "effects"):
        assert found.empty


@EVERY
def test_values_that_are_not_known(name: str, trials: pd.DataFrame) -> None:
    some = trials.copy()
    some.loc[::2, "accuracy"] = np.nan
    some.loc[::3, "seconds"] = np.nan
    found = STATISTICS[name](trials=some)
    without = STATISTICS[name](trials=some[some["accuracy"].notna()])
    if name not in ("durations",):  # which asks for no accuracy
        pd.testing.assert_frame_equal(found, without)
    none = STATISTICS[name](trials=trials.assign(accuracy=np.nan, seconds=np.nan))
    assert none.empty


def test_equal_families_do_not_differ(trials: pd.DataFrame) -> None:
    same = trials.assign(accuracy=0.5)
    for row in catta.stats.compare("aa", "bb", trials=same).to_dict(orient="records"):
        assert (row["difference"], row["effect"], row["p"]) == (0, 0, 1)


def test_hostile_names_are_names(trials: pd.DataFrame) -> None:
    found = catta.stats.leaderboard(trials=trials, dataset="odd")
    assert sorted(found["nn"]) == sorted(HOSTILE)


def test_what_was_loaded_stays_as_it_is(trials: pd.DataFrame) -> None:
    before = trials.copy()
    for statistic in STATISTICS.values():
        statistic(trials=trials)
    pd.testing.assert_frame_equal(trials, before)
