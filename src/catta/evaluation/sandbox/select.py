"""The best sandbox that this machine can give."""

from __future__ import annotations

import functools
import shutil
import subprocess
import sys

from catta.errors import SandboxError, UsageError
from catta.evaluation.sandbox import landlock
from catta.evaluation.sandbox.bubblewrap import Bubblewrap
from catta.evaluation.sandbox.plain import Landlocked, Unsafe
from catta.evaluation.sandbox.protocol import Sandbox, runtime_paths

SANDBOXES = ("auto", "bubblewrap", "landlock", "none")


def available_sandboxes() -> list[Sandbox]:
    """The isolating sandboxes that work here, best first."""
    found: list[Sandbox] = []
    if _has_seccomp():
        if _bubblewrap_works():
            found.append(Bubblewrap())
        if landlock.version() > 0:
            found.append(Landlocked())
    return found


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
    raise SandboxError(
        f"no sandbox ({name}) works here: install bubblewrap and libseccomp, or use a Linux kernel "
        "with Landlock; --unsafe runs network code without isolation"
    )


@functools.cache
def _bubblewrap_works() -> bool:
    """Whether bubblewrap is there and may create its namespaces: tried once."""
    if shutil.which("bwrap") is None:
        return False
    command = Bubblewrap().command([sys.executable, "-I", "-c", "pass"], runtime_paths())
    try:
        done = subprocess.run(command, capture_output=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


@functools.cache
def _has_seccomp() -> bool:
    """Whether libseccomp is there: pyseccomp looks for it when it is imported."""
    try:
        import pyseccomp
    except (ImportError, OSError, RuntimeError):
        return False
    return hasattr(pyseccomp, "SyscallFilter")
