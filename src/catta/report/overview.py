"""What a corpus holds, as the first page of its report shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from catta import stats
from catta.corpus import Corpus
from catta.loop.reports import RunReport
from catta.report.drawing import Histogram, Scale, histogram
from catta.report.leaderboard import PROBLEM, Leaderboard

if TYPE_CHECKING:
    import pandas as pd

FAMILIES = 10
"""Of each problem, the families of most networks."""

COMPARED = 6
"""The problems of most networks, whose families are shown."""


PAIRED = 5
"""Two families are compared where each has so many networks: of fewer nothing can be said."""

FEW = 24
"""Up to so many networks are drawn one by one: bars would say nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """How much the corpus holds.

    Attributes:
        networks: Texts of networks.
        names: Names of networks that were measured, with code or without.
        published: Published measurements.
        measured: Measurements of Catta's own, one an epoch.
        problems: Combinations of task, dataset and metric.
        families: Beginnings of names.
        runs: Runs of the loop.
    """

    networks: int
    names: int
    published: int
    measured: int
    problems: int
    families: int
    runs: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ProblemSummary:
    """One problem: its measurements, its networks' bests.

    Attributes:
        row: A row of `catta.stats.summary`, by column.
        ascends: Whether more is better.
        best_id: Id of the best network, if it has code.
        histogram: Of the best value of each network.
        rug: The best value of each network, where they are few.
        rank: The problem's row of `catta.stats.rank_correlation`, by column.
    """

    row: dict[str, Any]
    ascends: bool
    best_id: str | None
    histogram: Histogram | None
    rug: tuple[float, ...]
    rank: dict[str, Any]

    @property
    def title(self) -> str:
        """`cifar-10, acc`."""
        return f"{self.row['dataset']}, {self.row['metric']}"

    @property
    def scale(self) -> Scale:
        """Of the row's picture."""
        return Scale(low=self.row["min"], high=self.row["max"], start=6, end=194)


@dataclass(frozen=True, kw_only=True, slots=True)
class FamilyRow:
    """One family on one problem: the bests of its networks.

    Attributes:
        family: How the names begin.
        networks: How many.
        median: Of the bests.
        low: Lower quartile of them.
        high: Upper quartile of them.
        best: The best.
    """

    family: str
    networks: int
    median: float
    low: float
    high: float
    best: float


@dataclass(frozen=True, kw_only=True, slots=True)
class FamilyPanel:
    """The families of one problem.

    Attributes:
        title: Of the problem.
        rows: The largest families, the best median first.
        others: Number of families that are not shown.
        low: Lowest value that is drawn.
        high: Highest value that is drawn.
        pair: The two families of most networks.
        comparison: What `catta.stats.compare` says of them: a row for all their networks and one
            for those that were trained by the same settings; empty for small families.
    """

    title: str
    rows: tuple[FamilyRow, ...]
    others: int
    low: float
    high: float
    pair: tuple[str, ...]
    comparison: tuple[dict[str, Any], ...]

    @property
    def scale(self) -> Scale:
        """Of the rows' pictures."""
        return Scale(low=self.low, high=self.high, start=6, end=194)


@dataclass(frozen=True, kw_only=True, slots=True)
class Overview:
    """The first page.

    Attributes:
        figures: How much there is.
        problems: Those of most networks first.
        panels: Families on the largest problems.
        arms: Rows of `catta.stats.arms`, where there are several runs with candidates.
    """

    figures: Figures
    problems: tuple[ProblemSummary, ...]
    panels: tuple[FamilyPanel, ...]
    arms: tuple[dict[str, Any], ...]


def overview_of(
    store: Corpus, trials: pd.DataFrame, leaderboard: Leaderboard, reports: Sequence[RunReport]
) -> Overview:
    """All that the first page shows."""
    known: Any = trials[trials["accuracy"].notna()]
    published = int((known["source"] == "published").sum())
    figures = Figures(
        networks=store.networks.count(),
        names=int(known["nn"].nunique()),
        published=published,
        measured=len(known) - published,
        problems=len(leaderboard.problems),
        families=int(known["family"].nunique()),
        runs=len(store.runs.all()),
    )
    return Overview(
        figures=figures,
        problems=_problems(trials, leaderboard),
        panels=_panels(trials, leaderboard),
        arms=_arms(reports),
    )


def _arms(reports: Sequence[RunReport]) -> tuple[dict[str, Any], ...]:
    """Runs side by side, where there are two to stand so."""
    begun = [report for report in reports if report.candidates]
    if len(begun) < 2:
        return ()
    rows: Any = stats.arms(begun).to_dict("records")
    return tuple(rows)


def _problems(trials: pd.DataFrame, leaderboard: Leaderboard) -> tuple[ProblemSummary, ...]:
    rows = _by_problem(stats.summary(trials=trials))
    ranks = _by_problem(stats.rank_correlation(trials=trials))
    bests: Any = leaderboard.frame.groupby("problem")
    found: list[ProblemSummary] = []
    for place, (*key, ascends) in enumerate(leaderboard.problems):
        best = bests.get_group(place)
        first = best.iloc[0]["nn_id"]
        found.append(
            ProblemSummary(
                row=rows[tuple(key)],
                ascends=ascends,
                best_id=first if isinstance(first, str) else None,
                histogram=histogram(best["accuracy"].to_numpy()),
                rug=tuple(best["accuracy"]) if len(best) <= FEW else (),
                rank=ranks[tuple(key)],
            )
        )
    return tuple(found)


def _by_problem(table: pd.DataFrame) -> dict[tuple[str, ...], dict[str, Any]]:
    rows: Any = table.to_dict("records")
    return {tuple(row[name] for name in PROBLEM): row for row in rows}


def _panels(trials: pd.DataFrame, leaderboard: Leaderboard) -> tuple[FamilyPanel, ...]:
    bests: Any = leaderboard.frame.groupby("problem")
    found: list[FamilyPanel] = []
    for place, (*key, ascends) in enumerate(leaderboard.problems):
        best = bests.get_group(place)
        sizes: Any = best["family"].value_counts()
        if len(sizes) < 2 or len(found) == COMPARED:
            continue
        names = [str(name) for name in sizes.index[:FAMILIES] if sizes[name] > 0]
        rows = sorted(
            (
                _family(name, best[best["family"] == name]["accuracy"].to_numpy(), ascends)
                for name in names
            ),
            key=lambda row: -row.median if ascends else row.median,
        )
        found.append(
            FamilyPanel(
                title=f"{key[1]}, {key[2]}",
                rows=tuple(rows),
                others=int((sizes > 0).sum()) - len(names),
                low=min(min(row.low, row.best) for row in rows),
                high=max(max(row.high, row.best) for row in rows),
                pair=tuple(names[:2]),
                comparison=_comparison(trials, key, names[:2])
                if int(sizes[names[1]]) >= PAIRED
                else (),
            )
        )
    return tuple(found)


def _family(name: str, bests: Any, ascends: bool) -> FamilyRow:
    low, median, high = (float(q) for q in np.quantile(bests, (0.25, 0.5, 0.75)))
    best = float(bests.max() if ascends else bests.min())
    return FamilyRow(family=name, networks=len(bests), median=median, low=low, high=high, best=best)


def _comparison(
    trials: pd.DataFrame, problem: Sequence[str], pair: Sequence[str]
) -> tuple[dict[str, Any], ...]:
    task, dataset, metric = problem
    table: Any = stats.compare(*pair, trials=trials, task=task, dataset=dataset, metric=metric)
    return tuple(table.to_dict("records"))
