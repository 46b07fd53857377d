"""The best sandbox that this machine can give."""

from __future__ import annotations

import functools
import shutil
import subprocess
import sys

from catta.errors import SandboxError, UsageError
from catta.evaluation.sandbox import landlock, seccomp
from catta.evaluation.sandbox.bubblewrap import Bubblewrap
from catta.evaluation.sandbox.paths import hidden_paths, runtime_paths, visible
from catta.evaluation.sandbox.plain import Landlocked, Unsafe
from catta.evaluation.sandbox.protocol import Sandbox

SANDBOXES = ("auto", "bubblewrap", "landlock", "none")
_PROBE_SECONDS = 30.0
# Everything that a child does to itself, in a process that can be thrown away.
_PROBE = "from catta.evaluation.sandbox.confine import confine; confine('full')"


def available_sandboxes() -> list[Sandbox]:
    """The isolating sandboxes that work here, best first; tried once a process."""
    return list(_working())


def choose_sandbox(name: str = "auto", *, unsafe: bool = False) -> Sandbox:
    """The named sandbox, or the best available one.

    Raises:
        UsageError: No sandbox has this name.
        SandboxError: It cannot be had here, and `unsafe` was not given.
    """
    if name not in SANDBOXES:
        raise UsageError(f"sandbox: {name!r} is not one of {', '.join(SANDBOXES)}")
    if name == "none":
        if not unsafe:
            raise SandboxError("sandbox none runs network code unprotected; --unsafe allows it")
        return Unsafe()
    for sandbox in available_sandboxes():
        if name in ("auto", sandbox.name):
            return sandbox
    if unsafe:
        return Unsafe()
    what = "no sandbox works here" if name == "auto" else f"the sandbox {name} does not work here"
    raise SandboxError(
        f"{what}: install bubblewrap and libseccomp (Debian: apt-get install bubblewrap "
        "libseccomp2), or use a Linux kernel with Landlock (5.13 or newer); --unsafe runs network "
        "code without isolation"
    )


@functools.cache
def _working() -> tuple[Sandbox, ...]:
    if not seccomp.available() or not _runs([sys.executable, "-P", "-c", _PROBE]):
        return ()
    found: list[Sandbox] = []
    if shutil.which("bwrap") is not None:
        shown = visible(runtime_paths(), hidden_paths())
        if _runs(Bubblewrap().command([sys.executable, "-P", "-c", _PROBE], shown)):
            found.append(Bubblewrap())
    if landlock.version() > 0:
        found.append(Landlocked())
    return tuple(found)


def _runs(command: list[str]) -> bool:
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PROBE_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
