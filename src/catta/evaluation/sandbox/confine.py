"""What a forked child gives up before it runs a candidate."""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import sys
from collections.abc import Sequence

from catta.evaluation.sandbox import landlock, seccomp

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38
_CAPABILITY_VERSION_3 = 0x2008_0522

_libc = ctypes.CDLL(None, use_errno=True)


def die_with(parent: int) -> None:
    """End this process as soon as its parent ends.

    Raises:
        OSError: The parent is gone already.
    """
    if sys.platform != "linux":
        return
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        raise OSError("the parent is gone")


def forbid_inspection() -> None:
    """No process of the same user without privileges may read or write this one's memory."""
    if sys.platform == "linux":
        _libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def confine(
    kind: str,
    *,
    readable: Sequence[str] = (),
    listable: Sequence[str] = (),
    devices: Sequence[str] = (),
) -> None:
    """Lock this process in; there is no way back.

    Args:
        kind: `full` (Landlock where the kernel has it, seccomp, no capabilities), or `none`.
        readable: Paths that stay readable under Landlock.
        listable: Directories that may be listed but whose files stay unreadable.
        devices: Device files that may be used.

    Raises:
        OSError: A lock could not be put on; the job must not run then.
    """
    if kind == "none":
        return
    if kind != "full":
        raise OSError(errno.EINVAL, f"there is no confinement {kind!r}")
    forbid_inspection()
    if _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "no_new_privs cannot be set")
    if landlock.version() > 0:
        landlock.restrict(readable, listable, writable=(os.devnull,), devices=devices)
    _drop_capabilities()
    seccomp.restrict()


def _drop_capabilities() -> None:
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    empty = (ctypes.c_uint32 * 6)()
    if _libc.capset(header, empty) != 0:
        raise OSError(ctypes.get_errno(), "capabilities cannot be dropped")
