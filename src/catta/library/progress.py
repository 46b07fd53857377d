"""What long work tells while it goes."""

from __future__ import annotations

import sys
from typing import Protocol

_WORTH_A_LINE = 500
"""Steps from which a stage is announced: fewer take no time that anybody would wonder about."""


class ImportProgress(Protocol):
    """Receives the progress of an import, an export or the like; the command line draws it."""

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


class Announced(SilentProgress):
    """Says on stderr which long stage begins: in a notebook a minute of silence looks like a hang.

    Attributes:
        why: Follows the stage and its number of steps.
    """

    def __init__(self, why: str) -> None:
        self.why = why

    def begin(self, stage: str, total: int | None) -> None:
        """One line, unless there are few steps."""
        if total is not None and total >= _WORTH_A_LINE:
            sys.stderr.write(f"catta: {stage} ({total:,}), {self.why}\n")
