"""What a run tells the outside while it goes: progress and results, never decisions."""

from __future__ import annotations

from typing import Protocol

from catta.records import Candidate, Cycle


class Observer(Protocol):
    """Receives the progress of a run; the command line draws it, tests record it."""

    def message(self, text: str) -> None:
        """One line for the user: a fallback taken, where something is, how to resume."""
        ...

    def begin(self, stage: str, total: int | None, *, cycle: int | None = None) -> None:
        """A stage begins; `total` steps are expected, or None if that is not known."""
        ...

    def advance(self, steps: int = 1, note: str = "") -> None:
        """Steps of the current stage are done; `note` says how the last one went."""
        ...

    def end(self) -> None:
        """The current stage is over."""
        ...

    def candidate(self, candidate: Candidate) -> None:
        """A candidate has moved on and is stored."""
        ...

    def cycle_closed(self, cycle: Cycle) -> None:
        """A cycle is closed and its metrics are stored."""
        ...


class SilentObserver:
    """Tells nobody."""

    def message(self, text: str) -> None:
        """Ignore."""

    def begin(self, stage: str, total: int | None, *, cycle: int | None = None) -> None:
        """Ignore."""

    def advance(self, steps: int = 1, note: str = "") -> None:
        """Ignore."""

    def end(self) -> None:
        """Ignore."""

    def candidate(self, candidate: Candidate) -> None:
        """Ignore."""

    def cycle_closed(self, cycle: Cycle) -> None:
        """Ignore."""
