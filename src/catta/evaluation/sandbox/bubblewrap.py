"""Isolation by bubblewrap: own namespaces, no network, a root that holds only what is needed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

TMP_BYTES = 64 << 20


class Bubblewrap:
    """Namespaces around the zygote; Landlock, seccomp and limits on top in each child."""

    name = "bubblewrap"
    confinement = "full"

    def command(self, argv: Sequence[str], readable: Sequence[Path]) -> list[str]:
        """The command line that runs `argv` inside bubblewrap."""
        binds = [part for path in readable for part in ("--ro-bind", str(path), str(path))]
        return [
            "bwrap",
            "--unshare-all",
            "--die-with-parent",
            "--new-session",
            "--cap-drop",
            "ALL",
            *("--proc", "/proc", "--dev", "/dev"),
            *("--size", str(TMP_BYTES), "--tmpfs", "/tmp"),  # noqa: S108 - the sandbox's own
            *binds,
            *("--chdir", "/tmp"),  # noqa: S108
            "--",
            *argv,
        ]
