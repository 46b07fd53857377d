"""A filter of system calls: no other processes, no network, nothing of the kernel's."""

from __future__ import annotations

import errno
import os
from importlib import import_module
from typing import Any

from catta.evaluation.sandbox.seccomp_calls import FORBIDDEN, NUMBERS, UNKNOWN

_CLONE_THREAD = 0x0001_0000
_WORD = 0xFFFF_FFFF  # of a 64-bit register; the kernel ignores the upper half of an int
# F_SETOWN, F_SETSIG, F_SETOWN_EX: the kernel would send any signal to any process on our behalf.
# F_SETLEASE: others would wait for us to let go of a file.
_FCNTL = (8, 10, 15, 1024)
_IOCTL = (0x8901, 0x8902, 0x5412)  # FIOSETOWN, SIOCSPGRP as above; TIOCSTI types into a terminal
_PRCTL = (1,)  # PR_SET_PDEATHSIG: a child that outlives its zygote


def _library() -> Any:
    """The module pyseccomp, or None: it looks for libseccomp when it is imported."""
    try:
        return import_module("pyseccomp")
    except (ImportError, OSError, RuntimeError):
        return None


_seccomp = _library()


def available() -> bool:
    """Whether libseccomp is there."""
    return _seccomp is not None


def restrict() -> None:
    """Install the filter in this process; there is no way back.

    Threads stay possible: torch needs them. A signal may only go to the process itself.

    Raises:
        OSError: libseccomp is not there, or it or the kernel refuses.
    """
    if _seccomp is None:
        raise OSError(errno.ENOSYS, "libseccomp is not there")
    argument = _seccomp.Arg
    refuse = _seccomp.ERRNO(errno.EPERM)
    rules = _seccomp.SyscallFilter(defaction=_seccomp.ALLOW)
    for name in FORBIDDEN:
        _add(rules, refuse, name)
    for name in UNKNOWN:
        _add(rules, _seccomp.ERRNO(errno.ENOSYS), name)
    _add(rules, refuse, "clone", argument(0, _seccomp.MASKED_EQ, _CLONE_THREAD, 0))
    own = os.getpid()
    for name in ("kill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo"):
        _add(rules, refuse, name, argument(0, _seccomp.NE, own))
    # 0 means the caller itself.
    for name, position in (("prlimit64", 0), ("sched_setaffinity", 0), ("setpriority", 1)):
        _add(rules, refuse, name, argument(position, _seccomp.NE, 0))
    for name, position, values in (
        ("fcntl", 1, _FCNTL),
        ("ioctl", 1, _IOCTL),
        ("prctl", 0, _PRCTL),
    ):
        for value in values:
            _add(rules, refuse, name, argument(position, _seccomp.MASKED_EQ, _WORD, value))
    # Early versions of Landlock let a readable file be cut to nothing.
    for name, position in (("open", 1), ("openat", 2)):
        cut = argument(position, _seccomp.MASKED_EQ, os.O_TRUNC, os.O_TRUNC)
        _add(rules, refuse, name, cut)
    rules.load()


def _add(rules: Any, action: int, name: str, *arguments: Any) -> None:
    try:
        rules.add_rule(action, name, *arguments)
    except (OSError, RuntimeError):
        number = NUMBERS.get(name)
        if number is not None:
            rules.add_rule(action, number, *arguments)
        elif arguments and name != "open":
            raise  # only calls that some architectures never had may be left out
