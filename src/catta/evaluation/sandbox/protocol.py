"""What a sandbox is to the worker that starts its zygote."""

from __future__ import annotations

import sys
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

    def command(self, argv: Sequence[str], readable: Sequence[Path]) -> list[str]:
        """The command line that runs `argv` inside; `readable` is all of the host it may read."""
        ...


def runtime_paths() -> list[Path]:
    """Directories a zygote has to read: the interpreter, its packages, the system's libraries."""
    candidates = [
        *(
            Path(p)
            for p in ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/etc/ld.so.cache")
        ),
        Path("/etc/localtime"),
        Path("/sys/devices/system/cpu"),
        Path(sys.prefix),
        Path(sys.base_prefix),
        Path(__file__).parents[2],
        *(Path(p) for p in sys.path if p and Path(p).is_absolute()),
    ]
    existing = [path for path in candidates if path.exists()]
    return _without_nested(existing)


def _without_nested(paths: Sequence[Path]) -> list[Path]:
    """Each directory once, and none that lies inside another one of the list."""
    kept: list[Path] = []
    for path in sorted(set(paths), key=lambda p: len(p.parts)):
        if not any(path.is_relative_to(other) for other in kept):
            kept.append(path)
    return kept
