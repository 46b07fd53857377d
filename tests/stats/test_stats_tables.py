"""Statistics against the same ones computed with plain pandas from `catta.data()`."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import catta
from catta.errors import UsageError
from catta.stats.fronts import nondominated

PROBLEM = ["task", "dataset", "metric"]


@pytest.mark.parametrize("extra", [[], ["epoch"], ["nn"], ["epoch", "nn"]], ids=str)
def test_summary(extra: list[str], trials: pd.DataFrame, data: pd.DataFrame) -> None:
    by = [*PROBLEM, *extra]
    found = catta.stats.summary(trials=trials, by=by).set_index(by)
    groups: Any = data.groupby(by)["accuracy"]
    for name in ("count", "mean", "median", "std", "min", "max"):
        expected = groups.agg(name)
        np.testing.assert_allclose(found[name], expected.loc[found.index], rtol=1e-12)
    for name, share in {"q05": 0.05, "q25": 0.25, "q75": 0.75, "q95": 0.95}.items():
        np.testing.assert_allclose(found[name], groups.quantile(share).loc[found.index])
    assert found["networks"].tolist() == data.groupby(by)["nn"].nunique()[found.index].tolist()


def test_intervals_are_of_networks_not_of_rows(trials: pd.DataFrame) -> None:
    chosen = {"dataset": "cifar-10", "epoch": 1, "source": "published"}
    row = catta.stats.summary(trials=trials, **chosen).iloc[0]
    again = catta.stats.summary(trials=trials, seed=0, **chosen).iloc[0]
    rows = trials[(trials["dataset"] == "cifar-10") & (trials["epoch"] == 1)]
    rows = rows[rows["source"] == "published"]
    means = rows.groupby("nn", observed=True)["accuracy"].mean()
    half = 1.96 * means.std() / np.sqrt(len(means))  # the networks have three trainings each
    assert row["ci_low"] == pytest.approx(row["mean"] - half, abs=half / 5)
    assert row["ci_high"] == pytest.approx(row["mean"] + half, abs=half / 5)
    assert (row["ci_low"], row["ci_high"]) == (again["ci_low"], again["ci_high"])


def test_rows_that_repeat_make_an_interval_no_narrower(trials: pd.DataFrame) -> None:
    chosen = {"dataset": "cifar-10", "epoch": 1}
    once = catta.stats.summary(trials=trials, **chosen).iloc[0]
    twice = catta.stats.summary(trials=pd.concat([trials, trials]), **chosen).iloc[0]
    assert twice["count"] == 2 * once["count"]
    assert twice["ci_low"] == pytest.approx(once["ci_low"])
    assert twice["ci_high"] == pytest.approx(once["ci_high"])


def test_few_networks_have_no_interval(trials: pd.DataFrame) -> None:
    row = catta.stats.summary(trials=trials, dataset="wikitext").iloc[0]
    assert row["networks"] == 3
    assert np.isnan(row["ci_low"])
    assert np.isnan(row["ci_high"])


def test_less_is_better_where_it_is(trials: pd.DataFrame) -> None:
    row = catta.stats.summary(trials=trials, dataset="wikitext").iloc[0]
    assert (row["best"], row["best_nn"]) == (20.0, "T1")
    leaders = catta.stats.leaderboard(trials=trials, dataset="wikitext")
    assert leaders["nn"].tolist() == ["T1", "T2", "T0"]
    assert leaders["rank"].tolist() == [1, 2, 3]


def test_metrics_of_both_kinds_have_no_best(trials: pd.DataFrame) -> None:
    both = catta.stats.summary(trials=trials, by="epoch", seed=1).set_index("epoch")
    assert np.isnan(both.loc[1, "best"])
    assert both.loc[2, "best"] == trials[trials["epoch"] == 2]["accuracy"].max()


def test_by_what_is_no_column_is_refused(trials: pd.DataFrame) -> None:
    with pytest.raises(UsageError, match="by: 'size'"):
        catta.stats.summary(trials=trials, by=["size"])
    with pytest.raises(UsageError, match="at least one"):
        catta.stats.summary(trials=trials, by=[])


def test_leaderboard(trials: pd.DataFrame, data: pd.DataFrame) -> None:
    found = catta.stats.leaderboard(trials=trials, n=None, dataset="cifar-10")
    best: Any = data[data["dataset"] == "cifar-10"].groupby("nn")["accuracy"].max()
    best = best.sort_values(ascending=False)
    assert found["nn"].tolist() == best.index.tolist()
    assert found["accuracy"].tolist() == best.tolist()
    assert found["rank"].tolist() == best.rank(ascending=False, method="min").astype(int).tolist()
    assert (found["count"] == data["nn"].value_counts()[found["nn"]].to_numpy()).all()
    row = data.set_index("id").loc[found["id"].iloc[0]]
    assert (row["epoch"], row["nn"]) == (found["epoch"].iloc[0], found["nn"].iloc[0])


def test_leaderboard_of_each_problem(trials: pd.DataFrame) -> None:
    found = catta.stats.leaderboard(trials=trials, n=2)
    assert found.groupby(PROBLEM).size().tolist() == [2, 2, 2]
    with pytest.raises(UsageError, match="n: 0"):
        catta.stats.leaderboard(trials=trials, n=0)


def test_learning_curves(trials: pd.DataFrame, data: pd.DataFrame) -> None:
    names = ["aa-00", "bb-01"]
    found = catta.stats.learning_curves(trials=trials, names=names)
    rows = data[data["nn"].isin(names)]
    expected = rows.groupby(["nn", "epoch"]).agg(
        mean=("accuracy", "mean"), std=("accuracy", "std"), seconds=("duration", "mean")
    )
    assert list(zip(found["nn"], found["epoch"], strict=True)) == expected.index.tolist()
    np.testing.assert_allclose(found["mean"], expected["mean"])
    np.testing.assert_allclose(found["std"], expected["std"])
    np.testing.assert_allclose(found["seconds"], expected["seconds"] / 1e9)
    assert (found["trainings"] == 3).all()


def test_learning_curves_of_families(trials: pd.DataFrame) -> None:
    found = catta.stats.learning_curves(trials=trials, by="family", dataset="cifar-10")
    counts = found.set_index(["family", "epoch"])["count"]
    assert [counts["aa", epoch] for epoch in (1, 2, 3)] == [108, 108, 108]


def test_durations(trials: pd.DataFrame, data: pd.DataFrame) -> None:
    row = catta.stats.durations(trials=trials, source="published").iloc[0]
    rows = data[data["duration"].notna() & (data["id"] > 0)]
    last: Any = rows.sort_values("epoch").groupby(["nn", "prm_id"]).last()
    each = last["duration"] / last["epoch"] / 1e9
    assert row["trainings"] == len(each) == 216
    assert row["mean"] == pytest.approx(each.mean())
    assert row["median"] == pytest.approx(each.median())
    assert row["total"] == pytest.approx(last["duration"].sum() / 1e9)
    assert row["first_median"] == pytest.approx(rows[rows["epoch"] == 1]["duration"].median() / 1e9)
    datasets = catta.stats.durations(trials=trials)["dataset"].tolist()
    assert datasets == ["cifar-10"]  # what was not measured is left out


def test_rank_correlation(trials: pd.DataFrame, data: pd.DataFrame) -> None:
    found = catta.stats.rank_correlation(trials=trials, dataset="cifar-10")
    rows = data[(data["dataset"] == "cifar-10") & (data["id"] > 0)]
    means: Any = rows.groupby(["nn", "epoch"])["accuracy"].mean().unstack()
    row = found.iloc[0]
    assert (row["first"], row["final"], row["networks"], row["trainings"]) == (1, 3, 72, 216)
    assert row["spearman"] == pytest.approx(stats.spearmanr(means[1], means[3]).statistic)
    assert row["kendall"] == pytest.approx(stats.kendalltau(means[1], means[3]).statistic)
    assert row["ci_low"] <= row["spearman"] <= row["ci_high"] <= 1


def test_rank_correlation_with_a_given_epoch(trials: pd.DataFrame) -> None:
    row = catta.stats.rank_correlation(trials=trials, dataset="cifar-10", final=2).iloc[0]
    assert (row["final"], row["networks"]) == (2, 74)
    with pytest.raises(UsageError, match="final: epoch 1"):
        catta.stats.rank_correlation(trials=trials, final=1)
    with pytest.raises(UsageError, match="epoch"):
        catta.stats.rank_correlation(trials=trials, epoch=1)


def dominated(costs: np.ndarray, row: int) -> bool:
    others = (costs <= costs[row]).all(axis=1) & (costs < costs[row]).any(axis=1)
    return bool(others.any())


@pytest.mark.parametrize("columns", [2, 3, 4])
def test_nondominated(columns: int) -> None:
    rng = np.random.default_rng(columns)
    costs = rng.integers(0, 6, size=(80, columns)).astype(float)
    front = nondominated(costs)
    expected = [
        not dominated(costs, i) and not (costs[:i] == costs[i]).all(axis=1).any()
        for i in range(len(costs))
    ]
    assert front.tolist() == expected
    assert not nondominated(np.empty((0, columns))).size


def test_pareto(trials: pd.DataFrame, data: pd.DataFrame) -> None:
    found = catta.stats.pareto(trials=trials, dataset="cifar-10")
    rows = data[data["dataset"] == "cifar-10"]
    costs = np.column_stack([-rows["accuracy"], rows["duration"] / 1e9])
    ids = rows["id"].to_numpy()[[not dominated(costs, i) for i in range(len(rows))]]
    assert set(found["id"]) <= set(ids)
    kept = {tuple(costs[i]) for i in np.flatnonzero(rows["id"].isin(ids))}
    assert len(found) == len(kept)
    assert found["front"].all()
    every = catta.stats.pareto(trials=trials, dataset="cifar-10", every=True)
    assert len(every) == len(rows)
    assert every["front"].sum() == len(found)


def test_pareto_takes_less_for_better_where_it_is(trials: pd.DataFrame) -> None:
    found = catta.stats.pareto(trials=trials, dataset="wikitext", objectives=["accuracy", "epoch"])
    assert found["nn"].tolist() == ["T1"]


def test_objectives_that_make_no_sense(trials: pd.DataFrame) -> None:
    for objectives, said in ((["accuracy"], "at least two"), (["accuracy", "size"], "'size'")):
        with pytest.raises(UsageError, match=said):
            catta.stats.pareto(trials=trials, objectives=objectives)


def test_every_order_of_objectives_has_one_front(trials: pd.DataFrame) -> None:
    fronts = [
        set(catta.stats.pareto(trials=trials, objectives=order)["id"])
        for order in itertools.permutations(("accuracy", "seconds", "epoch"))
    ]
    assert all(front == fronts[0] for front in fronts)
