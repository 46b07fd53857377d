"""Numbers of runs, each beside the same one computed here from the candidates themselves."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from run_corpus import CANDIDATES, OK, RUN, candidate, fill, trained
from scipy.stats import binomtest, ttest_ind

from catta import loop, stats
from catta.corpus import Corpus
from catta.errors import UsageError
from catta.loop.metrics import newcombe
from catta.stats.run_reports import report_for


@pytest.fixture
def corpus() -> Iterator[Corpus]:
    with Corpus.open("sqlite://") as store:
        yield store


def wilson(successes: int, trials: int) -> tuple[float, float]:
    interval = binomtest(successes, trials).proportion_ci(method="wilson")
    return interval.low, interval.high


def test_a_row_for_each_cycle(corpus: Corpus) -> None:
    fill(corpus)
    first, second = stats.cycles(RUN, corpus).to_dict(orient="records")
    assert (first["cycle"], second["cycle"]) == (1, 2)
    assert (first["generated"], first["valid"], first["novel"], first["scored"]) == (4, 3, 2, 2)
    assert (second["generated"], second["valid"], second["novel"]) == (5, 2, 2)
    assert (first["valid_rate"], second["valid_rate"]) == (0.75, 0.4)
    assert (first["valid_low"], first["valid_high"]) == pytest.approx(wilson(3, 4))
    assert (first["novel_low"], first["novel_high"]) == pytest.approx(wilson(2, 3))
    assert (first["mean"], first["median"], first["best"]) == pytest.approx((0.65, 0.65, 0.8))
    assert (first["worst"], first["std"]) == pytest.approx((0.5, np.std([0.8, 0.5], ddof=1)))
    assert (first["above"], first["above_rate"]) == (1, 0.25)
    assert (second["above_low"], second["above_high"]) == pytest.approx(wilson(2, 5))
    assert (first["admitted"], second["admitted"]) == (1, 2)
    assert first["nearest"] == 0.4
    assert (first["tokens"], first["tokens_per_admitted"]) == (40, 40)
    assert (second["seconds"], second["seconds_per_admitted"]) == (30, 15)
    assert (first["closed"], first["judged"]) == (True, 4)


def test_a_row_for_each_run_is_over_all_its_cycles(corpus: Corpus) -> None:
    fill(corpus)
    fill(corpus, run="brave-lemur", candidates=[], finished=False)
    rows = stats.runs(corpus).sort_values("run", ascending=False)
    calm, brave = rows.to_dict(orient="records")
    assert (calm["run"], calm["generated"], calm["valid"], calm["admitted"]) == (RUN, 9, 5, 3)
    assert (calm["cycles"], calm["closed"], calm["threshold"]) == (2, 2, 0.6)
    assert calm["mean"] == pytest.approx(np.mean([0.8, 0.5, 0.9, 0.7]))
    assert calm["seconds_per_admitted"] == 20
    assert (brave["generated"], brave["cycles"], brave["finished"]) == (0, 0, None)
    assert math.isnan(brave["valid_rate"])
    assert stats.runs(corpus, names=["brave"])["run"].tolist() == ["brave-lemur"]


def test_the_figures_are_those_that_the_loop_shows(corpus: Corpus) -> None:
    fill(corpus)
    report = report_for(RUN, corpus)
    own = [c for c in report.candidates if c.cycle == 1]
    shown = loop.metrics.summarize(own, 0.6)
    row = stats.cycles(report).iloc[0]
    assert row["valid"] == shown["valid"]
    assert [row["valid_low"], row["valid_high"]] == shown["valid_interval"]
    assert row["mean"] == pytest.approx(shown["mean_accuracy"])
    assert row["above"] == shown["above_threshold"]


def test_failures_by_stage(corpus: Corpus) -> None:
    fill(corpus)
    rows = stats.failures(RUN, corpus)
    found = list(
        zip(rows["cycle"], rows["stage"], rows["outcome"], rows["candidates"], strict=True)
    )
    assert found == [
        (1, "parse", "INVALID", 1),
        (1, "novelty", "DUPLICATE", 1),
        (2, "parse", "INVALID", 2),
        (2, "build", "INVALID", 1),
    ]
    assert rows["share"].tolist() == [0.25, 0.25, 0.4, 0.2]
    assert rows["example"][0] == "<b>no</b>"


def test_admitted_and_accuracies_and_the_test_split(corpus: Corpus) -> None:
    fill(corpus)
    admitted = stats.admitted(RUN, corpus)
    assert admitted["network"].tolist() == ["n1:one", "n1:three", "n1:four"]
    assert admitted["seconds"].tolist() == [2.0, 2.0, 2.0]
    assert admitted["jaccard"].tolist() == pytest.approx([0.4, 0.45, 0.35])
    assert admitted["parameters"].tolist() == [100, 100, 100]
    accuracies = stats.accuracies(RUN, corpus)
    assert accuracies["accuracy"].tolist() == [0.8, 0.5, 0.9, 0.7]
    assert accuracies["admitted"].tolist() == [True, False, True, True]
    (row,) = stats.assessment(RUN, corpus).to_dict(orient="records")
    assert (row["validation"], row["test"]) == (0.9, 0.87)
    assert row["difference"] == pytest.approx(-0.03)


def test_arms_side_by_side(corpus: Corpus) -> None:
    fill(corpus)
    worse = [trained(c.cycle, c.index, "n1:two", 0.4 + c.index / 100) for c in CANDIDATES]
    fill(corpus, run="brave-lemur", candidates=worse, examples=7, workers=3, model="other")
    calm, brave = stats.arms([RUN, "brave"], corpus).to_dict(orient="records")
    assert all(math.isnan(calm[name]) for name in ("valid_gain", "mean_gain", "above_gain"))
    assert brave["valid_gain"] == pytest.approx(1 - 5 / 9)
    interval = newcombe(9, 9, 5, 9)
    assert [brave["valid_gain_low"], brave["valid_gain_high"]] == pytest.approx(interval)
    assert brave["above_gain"] == pytest.approx(0 - 3 / 9)
    mine = [0.4, 0.41, 0.42, 0.43, 0.4, 0.41, 0.42, 0.43, 0.44]
    theirs = [0.8, 0.5, 0.9, 0.7]
    welch = ttest_ind(mine, theirs, equal_var=False).confidence_interval()
    assert brave["mean_gain"] == pytest.approx(np.mean(mine) - np.mean(theirs))
    assert (brave["mean_gain_low"], brave["mean_gain_high"]) == pytest.approx(tuple(welch))
    assert (calm["confounded"], brave["confounded"]) == ("", "examples")


def test_a_run_is_compared_with_its_own_beginning(corpus: Corpus) -> None:
    growing = [
        trained(cycle, index, "n1:two", 0.5 + cycle / 10 + index / 100)
        for cycle in (1, 2, 3)
        for index in range(4)
    ]
    fill(corpus, candidates=growing)
    expected = report_for(RUN, corpus).improvement
    assert expected is not None
    (row,) = stats.arms([RUN], corpus).to_dict(orient="records")
    assert row["own_mean_gain"] == expected.mean_gain == pytest.approx(0.15)
    assert row["own_above_gain_high"] == expected.share_gain_interval[1]


def test_equal_accuracies_have_no_interval_but_no_warning_either(corpus: Corpus) -> None:
    same = [trained(1, index, "n1:two", 0.5) for index in range(3)]
    fill(corpus, candidates=same)
    fill(corpus, run="brave-lemur", candidates=same)
    row = stats.cycles(RUN, corpus).iloc[0]
    assert (row["std"], row["mean_low"], row["mean_high"]) == (0, 0.5, 0.5)
    _, brave = stats.arms([RUN, "brave"], corpus).to_dict(orient="records")
    assert math.isnan(brave["mean_gain"])
    assert brave["valid_gain"] == 0


def test_a_run_that_is_still_going(corpus: Corpus) -> None:
    waiting = [trained(1, 0, "n1:one", 0.8), candidate(1, 1, verdict=None)]
    fill(corpus, candidates=waiting, finished=False)
    (row,) = stats.cycles(RUN, corpus).to_dict(orient="records")
    assert (row["generated"], row["judged"], row["valid"]) == (2, 1, 1)
    assert math.isnan(row["mean_low"])
    assert math.isnan(row["seconds_per_admitted"])
    assert stats.assessment(RUN, corpus).empty


FUNCTIONS = ("cycles", "accuracies", "admitted", "failures", "assessment", "nearest")


@pytest.mark.parametrize("name", [*FUNCTIONS, "motif_cycles", "novel_pairs"])
def test_an_empty_run_gives_an_empty_table_of_the_same_columns(corpus: Corpus, name: str) -> None:
    fill(corpus)
    full = getattr(stats, name)(RUN, corpus)
    with Corpus.open("sqlite://") as other:
        fill(other, candidates=[], graphs={}, finished=False)
        empty = getattr(stats, name)(RUN, other)
    assert empty.empty
    assert list(empty.columns) == list(full.columns)
    assert list(empty.dtypes) == list(full.dtypes)


@pytest.mark.parametrize("name", [*FUNCTIONS, "motif_cycles", "novel_pairs"])
def test_an_unknown_run_is_one_sentence(corpus: Corpus, name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="its runs: none yet"):
        getattr(stats, name)("nobody", corpus)
    with pytest.raises(UsageError, match="does not exist"):
        getattr(stats, name)("nobody", tmp_path / "none.sqlite")


def test_no_run_at_all(corpus: Corpus) -> None:
    assert stats.runs(corpus).empty
    with pytest.raises(UsageError, match="at least one run"):
        stats.arms([], corpus)


def test_a_run_of_an_older_catta_without_settings(corpus: Corpus) -> None:
    assert OK.ok
    fill(corpus, threshold=None, caps=None, seeds={}, recipe={})
    row = stats.cycles(RUN, corpus).iloc[0]
    assert math.isnan(row["above_rate"])
    assert pd.isna(stats.nearest(RUN, corpus)["seed"]).all()
    assert set(stats.motif_cycles(RUN, corpus)["group"]) == {"cycle", "admitted"}
