"""What an import tells while it goes."""

from __future__ import annotations

from typing import Protocol


class ImportProgress(Protocol):
    """Receives the progress of an import; the command line draws it."""

    def message(self, text: str) -> None:
        """One line for the user."""
        ...

    def begin(self, stage: str, total: int | None) -> None:
        """A stage of `total` steps begins."""
        ...

    def advance(self, steps: int = 1) -> None:
        """Steps of the current stage are done."""
        ...

    def end(self) -> None:
        """The current stage is over."""
        ...


class SilentProgress:
    """Tells nobody."""

    def message(self, text: str) -> None:
        """Ignore."""

    def begin(self, stage: str, total: int | None) -> None:
        """Ignore."""

    def advance(self, steps: int = 1) -> None:
        """Ignore."""

    def end(self) -> None:
        """Ignore."""
