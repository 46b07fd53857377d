"""Sandboxes that need no other program."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


class Landlocked:
    """Landlock, seccomp and limits in each child; the zygote itself runs only Catta's code."""

    name = "landlock"
    confinement = "full"

    def command(
        self, argv: Sequence[str], readable: Sequence[Path], devices: Sequence[Path] = ()
    ) -> list[str]:
        """The command itself: the children lock themselves in."""
        return list(argv)


class Unsafe:
    """A process group, limits and the wall clock, and no isolation at all."""

    name = "none"
    confinement = "none"

    def command(
        self, argv: Sequence[str], readable: Sequence[Path], devices: Sequence[Path] = ()
    ) -> list[str]:
        """The command itself."""
        return list(argv)
