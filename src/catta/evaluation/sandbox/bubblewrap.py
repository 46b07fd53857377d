"""Isolation by bubblewrap: own namespaces, no network, a root that holds only what is needed."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path


class Bubblewrap:
    """Namespaces around the zygote; Landlock, seccomp and limits on top in each child.

    There is no `--die-with-parent`: the kernel ties that to the *thread* that started the process,
    and a worker outlives the threads that use it. The zygote ends when its socket does instead.
    Nor is there `--new-session`: the worker starts it in one, without a terminal, so that one
    signal to the process group reaches everything.
    """

    name = "bubblewrap"
    confinement = "full"

    def command(
        self, argv: Sequence[str], readable: Sequence[Path], devices: Sequence[Path] = ()
    ) -> list[str]:
        """The command line that runs `argv` inside bubblewrap."""
        used = [part for path in devices for part in ("--dev-bind", str(path), str(path))]
        binds = [part for path in readable for part in ("--ro-bind", str(path), str(path))]
        return [
            shutil.which("bwrap") or "bwrap",
            "--unshare-all",
            "--cap-drop",
            "ALL",
            *("--proc", "/proc", "--dev", "/dev"),
            *used,
            *("--tmpfs", "/tmp"),  # noqa: S108 - the sandbox's own
            *binds,
            # Nothing can be left behind for the next candidate, not even an empty file.
            *("--remount-ro", "/tmp", "--remount-ro", "/dev", "--remount-ro", "/"),  # noqa: S108
            *("--chdir", "/"),
            "--",
            *argv,
        ]
