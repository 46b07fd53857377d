"""What a sandbox is to the worker that starts its zygote."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol


class Sandbox(Protocol):
    """A way of isolating a process and everything that it forks."""

    @property
    def name(self) -> str:
        """`bubblewrap`, `landlock` or `none`."""
        ...

    @property
    def confinement(self) -> str:
        """What each forked child gives up on top: see `confine`."""
        ...

    def command(
        self, argv: Sequence[str], readable: Sequence[Path], devices: Sequence[Path] = ()
    ) -> list[str]:
        """The command line that runs `argv` inside.

        Args:
            argv: What runs.
            readable: All of the host that it may read.
            devices: Device files that it may use.
        """
        ...
