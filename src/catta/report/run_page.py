"""One run of the loop, as its page shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from catta.loop.metrics import summarize
from catta.loop.reports import RunReport
from catta.records import Candidate
from catta.report.pictures import Picture, of_run

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True, slots=True)
class RunEntry:
    """A run in a list of runs.

    Attributes:
        page: Its page in the folder.
        cycles: Closed cycles.
        candidates: Candidates so far.
        valid_rate: Share of them that are valid networks; None where there are none.
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
    valid_rate: float | None
    admitted: int
    best: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class RunView:
    """The page of a run.

    Attributes:
        entry: What the list of runs says of it.
        report: The run as stored.
        threshold: Accuracy from which a candidate can be admitted.
        rows: A row for each cycle: its number, whether it is closed, its timings, and what
            `catta.loop.metrics.summarize` says of its candidates.
        total: The same of all candidates.
        pictures: Small multiples; empty where there are no candidates.
        settings: The configuration, flat: names with dots.
        seconds: Wall-clock time of everything.
    """

    entry: RunEntry
    report: RunReport
    threshold: float | None
    rows: tuple[Mapping[str, Any], ...]
    total: Mapping[str, Any]
    pictures: tuple[Picture, ...]
    settings: tuple[tuple[str, str], ...]
    seconds: float

    @property
    def steps(self) -> list[str]:
        """What the time went into, in the order in which it was done."""
        return list(dict.fromkeys(step for row in self.rows for step in row["timings"]))

    @property
    def costs(self) -> tuple[Mapping[str, Any], ...]:
        """Tokens, times and admitted networks of each cycle, and of all."""
        timings = {
            step: sum(row["timings"].get(step, 0.0) for row in self.rows) for step in self.steps
        }
        last = {"cycle": "all", "timings": timings, "seconds": self.seconds}
        return (*self.rows, {**self.total, **last})

    @property
    def assessed(self) -> tuple[Mapping[str, Any], ...]:
        """What the assessment on the test split says of each network it read it for."""
        found = self.report.run.assessment.get("networks")
        rows: Sequence[Any] = found if isinstance(found, list | tuple) else ()
        return tuple(
            {
                "network": row.get("network"),
                "cycle": row.get("cycle"),
                "validation": row.get("validation_accuracy"),
                "test": row.get("test_accuracy"),
            }
            for row in rows
            if isinstance(row, Mapping)
        )

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


def view_of(report: RunReport, page: str) -> RunView:
    """The page of a run, at the path of the folder that is given."""
    run, candidates = report.run, report.candidates
    threshold = _threshold(run.config)
    level = 1.0 if threshold is None else threshold
    total = summarize(candidates, level)
    rows = tuple(_row(report, number, level) for number in range(len(report.cycles)))
    entry = RunEntry(
        id=run.id,
        page=page,
        arm=run.arm,
        created=run.created,
        finished=run.finished,
        cycles=sum(cycle.closed for cycle in report.cycles),
        candidates=len(candidates),
        valid_rate=total["valid_rate"] if candidates else None,
        admitted=total["admitted"],
        best=total["best_accuracy"],
    )
    return RunView(
        entry=entry,
        report=report,
        threshold=threshold,
        rows=rows,
        total=total,
        pictures=of_run(rows, candidates, threshold) if candidates else (),
        settings=tuple(_flat(run.config)),
        seconds=sum(sum(cycle.timings.values()) for cycle in report.cycles),
    )


def _row(report: RunReport, place: int, threshold: float) -> Mapping[str, Any]:
    cycle = report.cycles[place]
    own: Sequence[Candidate] = [c for c in report.candidates if c.cycle == cycle.number]
    found = summarize(own, threshold)
    return found | {
        "cycle": cycle.number,
        "closed": cycle.closed,
        "timings": cycle.timings,
        "seconds": sum(cycle.timings.values()),
    }


def _threshold(config: Mapping[str, Any]) -> float | None:
    """From the configuration as it was stored, perhaps by an older Catta."""
    for holder in (config.get("run"), config):
        if isinstance(holder, Mapping) and isinstance(holder.get("threshold"), int | float):
            return float(holder["threshold"])
    return None


def _flat(config: Mapping[str, Any], prefix: str = "") -> Sequence[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, value in config.items():
        if isinstance(value, Mapping):
            found += _flat(value, f"{prefix}{name}.")
        elif value is not None:
            found.append((f"{prefix}{name}", str(value)))
    return found
