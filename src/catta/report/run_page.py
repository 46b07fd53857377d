"""One run of the loop, as its page shows it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from catta import stats
from catta.corpus import Corpus
from catta.loop.reports import RunReport
from catta.report.pictures import Picture, of_run

if TYPE_CHECKING:
    import pandas as pd

PAIRS = 25
"""Pairs of motifs that no seed has: so many are shown."""

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class RunEntry:
    """A run in a list of runs.

    Attributes:
        page: Its page in the folder.
        cycles: Closed cycles.
        candidates: Candidates so far.
        valid_rate: Share of them that are valid networks; NaN where there are none.
        admitted: How many became examples.
        best: Highest validation accuracy.
    """

    id: str
    page: str
    arm: str
    created: str
    finished: str | None
    cycles: int
    candidates: int
    valid_rate: float
    admitted: int
    best: float


@dataclass(frozen=True, kw_only=True, slots=True)
class MotifTable:
    """How frequent motifs are in the groups of a run's networks.

    Attributes:
        groups: What the groups are called, in order.
        sizes: Networks with a stored graph in each of them.
        rows: Motif, kind, and the share of each group that has it.
    """

    groups: tuple[str, ...]
    sizes: tuple[int, ...]
    rows: tuple[tuple[str, str, tuple[float, ...]], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class RunView:
    """The page of a run.

    Attributes:
        entry: What the list of runs says of it.
        report: The run as stored.
        threshold: Accuracy from which a candidate can be admitted; NaN where none is stored.
        rows: A row for each cycle: that of `catta.stats.cycles`, with its `timings` (seconds by
            step) and `stages` (failed candidates by stage).
        total: The same of all candidates.
        failures: For each stage at which candidates failed, the first one's error.
        assessed: Rows of `catta.stats.assessment`.
        motifs: Where graphs are stored.
        pairs: The first rows of `catta.stats.novel_pairs`.
        seeds: Rows of `catta.stats.nearest` by network.
        pictures: Small multiples; empty where there are no candidates.
        settings: The configuration, flat: names with dots.
    """

    entry: RunEntry
    report: RunReport
    threshold: float
    rows: tuple[Row, ...]
    total: Row
    failures: Mapping[str, str]
    assessed: tuple[Row, ...]
    motifs: MotifTable | None
    pairs: tuple[Row, ...]
    seeds: Mapping[str, Row]
    pictures: tuple[Picture, ...]
    settings: tuple[tuple[str, str], ...]

    @property
    def steps(self) -> list[str]:
        """What the time went into, in the order in which it was done."""
        return list(dict.fromkeys(step for row in self.rows for step in row["timings"]))

    @property
    def relatives(self) -> list[str]:
        """Ids of networks that candidates were made from or are most like."""
        found = (
            identity
            for c in self.report.candidates
            for identity in (c.completion.parent, c.nearest.network_id if c.nearest else None)
        )
        return list(dict.fromkeys(identity for identity in found if identity))

    def frame(self) -> pd.DataFrame:
        """The candidates as `catta.plots.lineage` takes them."""
        import pandas as pd

        rows = [
            {
                "network": c.network_id,
                "parent": c.completion.parent,
                "nearest": c.nearest.network_id if c.nearest else None,
                "jaccard": c.nearest.jaccard if c.nearest else None,
                "cycle": c.cycle,
                "index": c.index,
                "accuracy": c.accuracy,
                "admitted": c.admitted,
            }
            for c in self.report.candidates
        ]
        return pd.DataFrame(rows)

    def points(self, pages: Mapping[str, str]) -> dict[str, Any]:
        """The trained candidates as columns, for the chart.

        Args:
            pages: Pages of networks by their ids, as seen from this page.
        """
        scored = [c for c in self.report.candidates if c.accuracy is not None]
        return {
            "threshold": self.threshold,
            "widest": max((c.index for c in self.report.candidates), default=0),
            "cycle": [c.cycle for c in scored],
            "index": [c.index for c in scored],
            "accuracy": [c.accuracy for c in scored],
            "admitted": [int(c.admitted) for c in scored],
            "parameters": [c.facts and c.facts.parameters for c in scored],
            "flops": [c.facts and c.facts.flops for c in scored],
            "nearest": [c.nearest and c.nearest.jaccard for c in scored],
            "id": [c.network_id or "" for c in scored],
            "page": [pages.get(c.network_id or "") for c in scored],
        }


def view_of(report: RunReport, store: Corpus, page: str) -> RunView:
    """The page of a run, at the path of the folder that is given."""
    failures = _records(stats.failures(report))
    timings = {cycle.number: dict(cycle.timings) for cycle in report.cycles}
    rows = tuple(
        row | {"timings": timings[row["cycle"]], "stages": _stages(failures, row["cycle"])}
        for row in _records(stats.cycles(report))
    )
    (total,) = _records(stats.runs(names=[report]))
    times: dict[str, float] = {}
    for timing in timings.values():
        for step, seconds in timing.items():
            times[step] = times.get(step, 0.0) + seconds
    total |= {"cycle": "all", "timings": times, "stages": _stages(failures)}
    threshold = float(total["threshold"])
    candidates = report.candidates
    return RunView(
        entry=_entry(report, page, total),
        report=report,
        threshold=threshold,
        rows=rows,
        total=total,
        failures={row["stage"]: row["example"] or "" for row in reversed(failures)},
        assessed=tuple(_records(stats.assessment(report))),
        motifs=_motifs(_records(stats.motif_cycles(report, store))),
        pairs=tuple(_records(stats.novel_pairs(report, store).head(PAIRS))),
        seeds={row["network"]: row for row in _records(stats.nearest(report, store))},
        pictures=of_run(rows, candidates, threshold) if candidates else (),
        settings=tuple(_flat(report.run.config)),
    )


def _entry(report: RunReport, page: str, total: Row) -> RunEntry:
    return RunEntry(
        id=report.run.id,
        page=page,
        arm=report.run.arm,
        created=report.run.created,
        finished=report.run.finished,
        cycles=total["closed"],
        candidates=total["generated"],
        valid_rate=total["valid_rate"],
        admitted=total["admitted"],
        best=total["best"],
    )


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    rows: Any = table.to_dict("records")
    return rows


def _stages(failures: Sequence[Row], cycle: int | None = None) -> dict[str, int]:
    """Failed candidates by stage, of a cycle or of all."""
    found: dict[str, int] = {}
    for row in failures:
        if cycle in (None, row["cycle"]):
            found[row["stage"]] = found.get(row["stage"], 0) + row["candidates"]
    return found


def _motifs(rows: Sequence[Row]) -> MotifTable | None:
    groups: dict[str, int] = {}
    shares: dict[tuple[str, str], dict[str, float]] = {}
    for row in rows:
        number = row["cycle"]
        group = row["group"] if math.isnan(number) else f"cycle {number:.0f}"
        groups[group] = row["of"]
        shares.setdefault((row["motif"], row["kind"]), {})[group] = row["share"]
    if not groups:
        return None
    return MotifTable(
        groups=tuple(groups),
        sizes=tuple(groups.values()),
        rows=tuple(
            (motif, kind, tuple(found.get(group, math.nan) for group in groups))
            for (motif, kind), found in shares.items()
        ),
    )


def _flat(config: Mapping[str, Any], prefix: str = "") -> Sequence[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, value in config.items():
        if isinstance(value, Mapping):
            found += _flat(value, f"{prefix}{name}.")
        elif value is not None:
            found.append((f"{prefix}{name}", str(value)))
    return found
