"""What a run has come to, as the corpus holds it; looking loads no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from catta.corpus import Corpus
from catta.library.run_networks import find_run
from catta.paths import default_corpus
from catta.records import Candidate, Cycle, Run

if TYPE_CHECKING:
    from catta.loop.improvement import Improvement


@dataclass(frozen=True, kw_only=True, slots=True)
class RunReport:
    """A run, its cycles and its candidates, as stored.

    Attributes:
        run: The run.
        cycles: Its cycles so far.
        candidates: Its candidates so far, of all cycles.
        corpus: Where they are stored.
    """

    run: Run
    cycles: tuple[Cycle, ...]
    candidates: tuple[Candidate, ...]
    corpus: str

    @property
    def admitted(self) -> tuple[Candidate, ...]:
        """The candidates that became examples."""
        return tuple(c for c in self.candidates if c.admitted)

    @property
    def best(self) -> Candidate | None:
        """The candidate with the highest validation accuracy; the earlier one of equals."""
        scored = [c for c in self.candidates if c.accuracy is not None]
        return max(scored, key=lambda c: (c.accuracy or 0.0, -c.cycle, -c.index), default=None)

    @property
    def improvement(self) -> Improvement | None:
        """The last cycles beside the first, or None while there are too few."""
        # scipy takes a second to import, for which a list of runs should not wait.
        from catta.loop.improvement import improvement

        return improvement(self.candidates, [c.number for c in self.cycles if c.closed])

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        best, improvement = self.best, self.improvement
        return {
            "run": self.run.id,
            "arm": self.run.arm,
            "created": self.run.created,
            "finished": self.run.finished,
            "commit": self.run.commit,
            "corpus": self.corpus,
            "best": None
            if best is None
            else {
                "network": best.network_id,
                "accuracy": best.accuracy,
                "cycle": best.cycle,
                "index": best.index,
                "source": best.source,
            },
            "cycles": [_cycle_row(cycle) for cycle in self.cycles],
            "improvement": None if improvement is None else improvement.to_dict(),
            "assessment": dict(self.run.assessment),
        }


def report(run: str, *, corpus: str | Path | None = None) -> RunReport:
    """What a stored run has come to; nothing is done.

    Args:
        run: Its id or a unique beginning of it.
        corpus: Path or URL; default: `CATTA_CORPUS` or the user's data directory.

    Raises:
        UsageError: There is no such corpus or run.
    """
    with Corpus.open(corpus or default_corpus(), create=False) as store:
        return report_of(find_run(store, run), store)


def list_runs(*, corpus: str | Path | None = None) -> list[RunReport]:
    """All runs of a corpus, oldest first."""
    with Corpus.open(corpus or default_corpus(), create=False) as store:
        return [report_of(run, store) for run in store.runs.all()]


def report_of(run: Run, store: Corpus) -> RunReport:
    """The report of a run of an open corpus."""
    return RunReport(
        run=run,
        cycles=tuple(store.runs.cycles(run.id)),
        candidates=tuple(store.runs.candidates(run.id)),
        corpus=store.location,
    )


def _cycle_row(cycle: Cycle) -> Mapping[str, Any]:
    timings = {stage: round(seconds, 3) for stage, seconds in cycle.timings.items()}
    return {
        "cycle": cycle.number,
        "closed": cycle.closed,
        "generator": cycle.generator,
        "adapter": cycle.adapter.sha256 if cycle.adapter else None,
        **cycle.metrics,
        "seconds": round(sum(timings.values()), 3),
        "timings": timings,
    }
