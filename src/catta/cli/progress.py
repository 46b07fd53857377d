"""What a run looks like while it goes: bars on a terminal, lines elsewhere; always on stderr."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from catta.loop import Observer
from catta.records import Candidate, Cycle

_SECONDS_BETWEEN_LINES = 10.0
_CANDIDATE_STAGES = frozenset({"screen", "train"})


class ProgressDisplay(Observer, Protocol):
    """An observer of the loop that is drawn on stderr."""

    def close(self) -> None:
        """Nothing more comes."""
        ...


@dataclass(kw_only=True)
class Tally:
    """How far a run is.

    Attributes:
        cycles: Cycles of the run, or None where there is no run.
        candidates: Candidates of a cycle.
        done: Candidates of the run that have an outcome.
        outcomes: Outcomes so far in the current cycle.
    """

    cycles: int | None = None
    candidates: int = 0
    done: int = 0
    outcomes: Counter[str] = field(default_factory=Counter[str])
    _cycle: int | None = None

    @property
    def total(self) -> int:
        """Candidates of the whole run."""
        return (self.cycles or 0) * self.candidates

    def enter(self, cycle: int | None) -> None:
        """Count outcomes anew when another cycle begins."""
        if cycle is not None and cycle != self._cycle:
            self._cycle = cycle
            self.outcomes.clear()

    def add(self, candidate: Candidate) -> None:
        """Count a candidate that has its outcome."""
        if candidate.verdict is not None:
            self.done += 1
            self.outcomes[candidate.verdict.outcome.value] += 1

    def close(self, cycle: Cycle) -> None:
        """A closed cycle is whole, also where a resumed run did part of it before."""
        self.done = cycle.number * self.candidates

    def cycle_text(self, cycle: int | None) -> str:
        """`cycle 2 of 6`, or nothing outside a cycle."""
        if cycle is None:
            return ""
        return f"cycle {cycle} of {self.cycles}" if self.cycles else f"cycle {cycle}"

    def outcome_text(self) -> str:
        """`OK 5, INVALID 2`, the most frequent first."""
        return ", ".join(f"{name} {count}" for name, count in self.outcomes.most_common())


def make_display(tally: Tally) -> ProgressDisplay:
    """Bars where stderr is a terminal, lines elsewhere."""
    console = Console(stderr=True)
    return Bars(tally, console) if console.is_terminal else Lines(tally)


def cycle_summary(cycle: Cycle, tally: Tally) -> str:
    """One line about a closed cycle."""
    metrics = cycle.metrics
    parts = [f"{metrics.get('valid', 0)} of {metrics.get('generated', 0)} valid"]
    for name, key in (("mean accuracy", "mean_accuracy"), ("best", "best_accuracy")):
        value = metrics.get(key)
        if isinstance(value, float):
            parts.append(f"{name} {value:.3f}")
    parts.append(f"{metrics.get('admitted', 0)} admitted")
    return f"{tally.cycle_text(cycle.number)} closed: {', '.join(parts)}"


class Bars:
    """A bar for the run and one for the current stage."""

    def __init__(self, tally: Tally, console: Console) -> None:
        self._tally = tally
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[count]}", markup=False),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}", markup=False),
            console=console,
            transient=True,
            # Outcomes come in bursts, once a cycle: only a long window gives a steady estimate.
            speed_estimate_period=3_600.0,
        )
        self._run: TaskID | None = None
        self._stage: TaskID | None = None
        if tally.cycles is not None:
            self._run = self._add("run", tally.total)
            self._progress.update(self._run, completed=tally.done)
        self._progress.start()

    def message(self, text: str) -> None:
        """Print above the bars."""
        self._progress.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def begin(self, stage: str, total: int | None, *, cycle: int | None = None) -> None:
        """Replace the bar of the stage."""
        self.end()
        self._tally.enter(cycle)
        if self._run is not None and cycle is not None:
            self._progress.update(self._run, description=self._tally.cycle_text(cycle))
        self._draw_run()
        self._stage = self._add(stage, total)

    def advance(self, steps: int = 1, note: str = "") -> None:
        """Move the bar of the stage."""
        if self._stage is not None:
            self._progress.update(self._stage, advance=steps, note=note)
            self._count(self._stage)

    def end(self) -> None:
        """Take away the bar of the stage."""
        if self._stage is not None:
            self._progress.remove_task(self._stage)
            self._stage = None

    def candidate(self, candidate: Candidate) -> None:
        """Count its outcome."""
        self._tally.add(candidate)
        self._draw_run()

    def cycle_closed(self, cycle: Cycle) -> None:
        """Print a line that stays."""
        self._tally.close(cycle)
        self._draw_run()
        self.message(cycle_summary(cycle, self._tally))

    def close(self) -> None:
        """Take the bars away."""
        self._progress.stop()

    def _add(self, description: str, total: int | None) -> TaskID:
        task = self._progress.add_task(description, total=total, count="", note="")
        self._count(task)
        return task

    def _count(self, identity: TaskID) -> None:
        for task in self._progress.tasks:
            if task.id == identity:
                of = "" if task.total is None else f" of {task.total:.0f}"
                self._progress.update(identity, count=f"{task.completed:.0f}{of}")

    def _draw_run(self) -> None:
        if self._run is not None:
            note = self._tally.outcome_text()
            self._progress.update(self._run, completed=self._tally.done, note=note)
            self._count(self._run)


class Lines:
    """A line for each stage and candidate, at most one in ten seconds for anything else."""

    def __init__(self, tally: Tally, clock: Callable[[], float] = time.monotonic) -> None:
        self._tally = tally
        self._clock = clock
        self._title = ""
        self._stage = ""
        self._total: int | None = None
        self._done = 0
        self._begun = 0.0
        self._last_line = 0.0
        self._accuracy: float | None = None

    def message(self, text: str) -> None:
        """Print it."""
        typer.echo(text, err=True)

    def begin(self, stage: str, total: int | None, *, cycle: int | None = None) -> None:
        """Say what begins."""
        self.end()
        self._tally.enter(cycle)
        where = self._tally.cycle_text(cycle)
        self._title = f"{where}, {stage}" if where else stage
        self._stage, self._total, self._done = stage, total, 0
        self._accuracy = None
        self._begun = self._last_line = self._clock()
        self.message(f"{self._title}: begins" + (f" ({total} to do)" if total else ""))

    def advance(self, steps: int = 1, note: str = "") -> None:
        """Say how far it is, where enough time has passed or a candidate has moved on."""
        self._done += steps
        now = self._clock()
        of_candidate = self._stage in _CANDIDATE_STAGES
        if not of_candidate and now - self._last_line < _SECONDS_BETWEEN_LINES:
            return
        self._last_line = now
        what = "candidate " if of_candidate else ""
        score = "" if self._accuracy is None else f" {self._accuracy:.3f}"
        of = "" if self._total is None else f" of {self._total}"
        parts = [f"{self._title}: {what}{self._done}{of} {note}{score}".rstrip()]
        if of_candidate and self._tally.outcomes:
            parts.append(f"({self._tally.outcome_text()})")
        if self._total and self._done < self._total:
            left = (now - self._begun) / self._done * (self._total - self._done)
            parts.append(f"about {left:.0f} s left")
        self.message(" ".join(parts))

    def end(self) -> None:
        """Say how long it took."""
        if self._title:
            self.message(f"{self._title}: done in {self._clock() - self._begun:.1f} s")
        self._title = ""

    def candidate(self, candidate: Candidate) -> None:
        """Count its outcome; the line comes with the step."""
        self._tally.add(candidate)
        self._accuracy = candidate.accuracy

    def cycle_closed(self, cycle: Cycle) -> None:
        """Print its summary."""
        self._tally.close(cycle)
        self.message(cycle_summary(cycle, self._tally))

    def close(self) -> None:
        """Nothing is left to draw."""
        self._title = ""
