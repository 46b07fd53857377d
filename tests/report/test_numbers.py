"""The numbers of a report are those that pandas computes from `catta.data()`."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest
from report_corpus import Page, data_of

import catta
from catta.corpus import Corpus
from catta.report import Built
from catta.report.wording import UNKNOWN as DASH
from catta.report.wording import count, duration, interval, measure, percent, signed

PROBLEM = ["task", "dataset", "metric"]


@pytest.fixture(scope="module")
def frame(corpus: Corpus) -> Any:
    rows = catta.data(corpus=corpus)
    return rows[["id", *PROBLEM, "nn", "nn_id", "epoch", "accuracy", "duration"]]


@pytest.fixture(scope="module")
def index(built: Built) -> Page:
    return Page(built.index)


def test_the_leaderboard_has_the_best_of_every_network(built: Built, frame: Any) -> None:
    data = data_of(built.directory / "data/leaderboard.js")
    shown = pd.DataFrame(
        {name: data[name] for name in ("nn", "rank", "best", "epoch", "first", "count", "seconds")}
    )
    keys = pd.DataFrame(
        [data["problems"][place][:3] for place in data["problem"]], columns=pd.Index(PROBLEM)
    )
    shown = pd.concat([keys, shown], axis=1).sort_values([*PROBLEM, "nn"]).reset_index(drop=True)
    groups = frame.groupby([*PROBLEM, "nn"])
    best = frame.loc[groups["accuracy"].idxmax()].sort_values([*PROBLEM, "nn"])
    best = best.reset_index(drop=True)
    assert len(shown) == len(best) == built.rows
    assert shown["nn"].tolist() == best["nn"].tolist()
    assert shown["best"].tolist() == pytest.approx(best["accuracy"].tolist())
    assert shown["epoch"].tolist() == best["epoch"].tolist()
    seconds = (best["duration"] / 1e9).tolist()
    assert shown["seconds"].tolist() == pytest.approx(seconds, abs=1e-3)
    assert shown["count"].tolist() == groups.size().tolist()
    first = frame[frame["epoch"] == 1].groupby([*PROBLEM, "nn"])["accuracy"].max()
    assert shown["first"].tolist() == pytest.approx(first.tolist())
    ranks = best.groupby(PROBLEM)["accuracy"].rank(ascending=False, method="min").astype(int)
    assert shown["rank"].tolist() == ranks.tolist()


def test_the_page_shows_the_first_rows_without_scripts(built: Built) -> None:
    data = data_of(built.directory / "data/leaderboard.js")
    rows = Page(built.directory / "leaderboard.html").tables[""]
    assert len(rows) == 1 + min(50, built.rows)
    for place, row in enumerate(rows[1:]):
        assert row[:2] == [count(data["rank"][place]), data["nn"][place]]
        assert row[4] == measure(data["best"][place])


def test_the_figures_of_the_corpus(index: Page, frame: Any, corpus: Corpus) -> None:
    problems = frame[PROBLEM].drop_duplicates()
    for number in (corpus.networks.count(), len(frame), len(problems), 3):
        assert count(number) in index.text
    assert f"{len(frame):,} measurements of {frame['nn'].nunique():,} networks" in index.text


def test_the_summary(index: Page, frame: Any) -> None:
    rows = {row["Problem"]: row for row in index.rows("summary")}
    groups = frame.groupby(PROBLEM)
    assert len(rows) == len(groups)
    for (task, dataset, metric), part in groups:
        row, values = rows[f"{dataset}, {metric} {task}"], part["accuracy"]
        assert row["Networks"] == count(part["nn"].nunique())
        assert row["Measurements"] == count(len(part))
        assert row["Mean"] == measure(values.mean())
        assert row["Median"] == measure(values.median())
        assert row["Deviation"] == measure(values.std())
        assert row["5 to 95 %"] == interval(values.quantile(0.05), values.quantile(0.95))
        assert row["Best"] == measure(values.max())
        if part["nn"].nunique() < 5:
            continue
        low, high = (float(end) for end in row["95 % interval"].split(" to "))
        assert values.min() <= low <= values.mean() <= high <= values.max()


def test_the_rank_correlation(index: Page, frame: Any) -> None:
    rows = {row["Problem"]: row for row in index.rows("ranks")}
    compared = 0
    for (task, dataset, metric), part in frame.groupby(PROBLEM):
        row = rows[f"{dataset}, {metric} {task}"]
        means = part.pivot_table(index="nn", columns="epoch", values="accuracy", aggfunc="mean")
        assert row["Networks"] == count(len(means))
        if row["Epochs"] != "1 and 3" or row["Spearman"] == DASH:
            continue
        compared += 1
        pair = means[[1, 3]]
        assert row["Spearman"] == measure(pair.corr(method="spearman").iloc[0, 1], 3)
        assert row["Kendall"] == measure(pair.corr(method="kendall").iloc[0, 1], 3)
    assert compared >= 2


def test_the_families(index: Page, frame: Any) -> None:
    shown = [section for section in index.tables if section.startswith("family-")]
    assert shown
    best = frame.groupby([*PROBLEM, "nn"])["accuracy"].max().reset_index()
    best = best[best["dataset"] == "cifar-10"]
    found = [
        rows
        for rows in map(index.rows, shown)
        if {r["Family"] for r in rows} == {"ga", "alt", "rag"}
    ]
    assert found
    families = best.groupby(best["nn"].str.partition("-")[0])["accuracy"]
    expected = {
        name: (count(len(part)), measure(part.median(), 3), measure(part.max(), 3))
        for name, part in families
    }
    assert expected in [
        {r["Family"]: (r["n"], r["Median"], r["Best"]) for r in rows} for rows in found
    ]


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Wilson's interval by its formula."""
    z, p = 1.959963984540054, successes / trials
    middle = p + z * z / (2 * trials)
    half = z * math.sqrt(p * (1 - p) / trials + z * z / (4 * trials * trials))
    return (middle - half) / (1 + z * z / trials), (middle + half) / (1 + z * z / trials)


def test_the_cycles_of_a_run(built: Built, corpus: Corpus) -> None:
    page = Page(built.directory / "runs/calm-lemur.html")
    rows = page.rows("cycles")
    candidates = pd.DataFrame(
        [
            {"cycle": c.cycle, "accuracy": c.accuracy, "admitted": c.admitted}
            for c in corpus.runs.candidates("calm-lemur")
        ]
    )
    assert [row["Cycle"] for row in rows] == ["1", "2", "3"]
    head = page.tables["cycles"][0]
    for row, cells, (_, part) in zip(
        rows, page.tables["cycles"][1:], candidates.groupby("cycle"), strict=True
    ):
        scored = part["accuracy"].dropna()
        valid = len(scored)
        assert row["Candidates"] == count(len(part))
        assert row["Valid"] == percent(valid / len(part))
        low, high = wilson(valid, len(part))
        expected = f"{100 * low:.1f} to {100 * high:.1f} %"
        assert cells[head.index("95 % interval")] == expected
        assert row["Trained"] == count(valid)
        assert row["Mean accuracy"] == measure(scored.mean())
        assert row["Best"] == measure(scored.max())
        assert row["Above threshold"] == count((scored >= 0.5).sum())
        assert row["Admitted"] == count(part["admitted"].sum())


def test_the_failures_and_the_cost_of_a_run(built: Built, corpus: Corpus) -> None:
    page = Page(built.directory / "runs/calm-lemur.html")
    failures = {row["Stage"]: row["All"] for row in page.rows("failures")}
    assert failures == {"parse": "3", "build": "3"}
    *_, last = page.rows("cost")
    admitted = sum(c.admitted for c in corpus.runs.candidates("calm-lemur"))
    assert admitted
    assert last["Tokens"] == "2,400"
    assert last["Time"] == duration(75.0)
    assert last["Time per admitted"] == duration(75.0 / admitted)
    assert last["Tokens per admitted"] == count(2_400 / admitted)


def test_the_points_of_a_run_are_its_trained_candidates(built: Built, corpus: Corpus) -> None:
    scored = [c for c in corpus.runs.candidates("calm-lemur") if c.accuracy is not None]
    shown = [data_of(path) for path in sorted(built.directory.glob("data/run-*.js"))]
    accuracies = [c.accuracy for c in scored]
    assert accuracies in [data["accuracy"] for data in shown]
    assert all(data["threshold"] == 0.5 for data in shown)


def test_the_page_of_a_network(built: Built, corpus: Corpus, frame: Any) -> None:
    best = max(
        (c for c in corpus.runs.candidates("calm-lemur") if c.admitted),
        key=lambda c: c.accuracy or 0.0,
    )
    assert best.network_id is not None
    page = Page(built.directory / f"networks/{best.network_id.replace(':', '-')}.html")
    own = frame[frame["nn_id"] == best.network_id]
    rows = page.rows("curves")
    assert [row["Epoch"] for row in rows] == [str(n) for n in own["epoch"]]
    assert [row["Value"] for row in rows] == [measure(v) for v in own["accuracy"]]
    assert [row["Time"] for row in rows] == [duration(v / 1e9) for v in own["duration"]]
    (place,) = page.rows("places")
    others = frame[frame["dataset"] == "mnist"].groupby("nn")["accuracy"].max()
    assert place["Rank"] == count(1 + (others > own["accuracy"].max()).sum())
    assert measure(best.accuracy) in page.text


def test_the_arms_side_by_side(index: Page, corpus: Corpus) -> None:
    rows = {row["Run"]: row for row in index.rows("arms")}
    assert set(rows) == {"calm-lemur", "busy-lemur"}  # the third has no candidates
    means: dict[str, float] = {}
    for name, row in rows.items():
        found = corpus.runs.candidates(name)
        scored = pd.Series([c.accuracy for c in found if c.accuracy is not None])
        means[name] = float(scored.mean())
        valid = percent(len(scored) / len(found))
        low, high = wilson(len(scored), len(found))
        assert row["Valid"] == f"{valid} {100 * low:.1f} to {100 * high:.1f} %"
        assert row["Mean accuracy"].startswith(measure(means[name]))
    first, second = index.tables["arms"][1][0], index.tables["arms"][2][0]
    gains = [row[5] for row in index.tables["arms"][1:]]
    assert gains[0] == DASH
    assert gains[1].startswith(signed(means[second] - means[first]))


def test_the_largest_families_beside_each_other(index: Page, frame: Any) -> None:
    rows = [r for r in index.rows("pairs") if r["Problem"] == "cifar-10, acc"]
    (row,) = [r for r in rows if r["Networks"] == "all, epoch 1"]
    part = frame[(frame["dataset"] == "cifar-10") & (frame["epoch"] == 1)]
    means = part.groupby("nn")["accuracy"].mean()
    families = means.groupby(means.index.str.partition("-").get_level_values(0)).mean()
    one, other = row["Families"].split(", ")
    assert row["Difference"] == signed(families[one] - families[other])
    assert row["n"] == "8, 8"
