"""Landlock through its three system calls: which files a process and its children may open.

Source: Linux, Documentation/userspace-api/landlock.rst and include/uapi/linux/landlock.h.
"""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from collections.abc import Iterable
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_FLAG = 1
_RULE_PATH_BENEATH = 1
_PR_SET_NO_NEW_PRIVS = 38

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_IOCTL_DEV = 1 << 15  # from version 5 on
# Rights known to each version of the interface; all that a kernel knows are handled, hence denied.
_FILE_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
_NETWORK_RIGHTS = 3  # bind and connect TCP, from version 4 on
_SCOPES = 3  # abstract Unix sockets and signals, from version 6 on

_libc = ctypes.CDLL(None, use_errno=True)


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("handled_access_fs", ctypes.c_uint64),
        ("handled_access_net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


def version() -> int:
    """Version of the Landlock interface of this kernel; 0 if there is none."""
    if sys.platform != "linux":
        return 0
    found = int(_libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION_FLAG))
    return max(found, 0)


def restrict(
    readable: Iterable[str],
    listable: Iterable[str] = (),
    writable: Iterable[str] = (),
    devices: Iterable[str] = (),
) -> None:
    """From now on, this process opens files only under these paths; there is no way back.

    Args:
        readable: Files and directories that may be read (and whose libraries may be loaded).
        listable: Directories that may only be listed, with all that lies below them.
        writable: Files that may also be written; no file can be created anywhere.
        devices: Device files that may also be written and controlled (`ioctl`).

    Raises:
        OSError: The kernel refuses.
    """
    interface = version()
    if interface == 0:
        raise OSError(errno.ENOSYS, "this kernel has no Landlock")
    rights = _FILE_RIGHTS[max(v for v in _FILE_RIGHTS if v <= interface)]
    attributes = _Ruleset(
        rights, _NETWORK_RIGHTS if interface >= 4 else 0, _SCOPES if interface >= 6 else 0
    )
    size = 24 if interface >= 6 else 16 if interface >= 4 else 8
    ruleset = _call(_CREATE_RULESET, ctypes.byref(attributes), ctypes.c_size_t(size), 0)
    try:
        for path in readable:
            _allow(ruleset, path, _READ_FILE | _READ_DIR | _EXECUTE)
        for path in listable:
            _allow(ruleset, path, _READ_DIR)
        for path in writable:
            _allow(ruleset, path, _READ_FILE | _WRITE_FILE)
        for path in devices:
            _allow(ruleset, path, rights & (_READ_FILE | _WRITE_FILE | _IOCTL_DEV))
        if _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "no_new_privs cannot be set")
        _call(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str, access: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not Path(path).is_dir():
            access &= ~_READ_DIR
        if access == 0:
            return
        rule = _PathBeneath(access, descriptor)
        _call(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(descriptor)


def _call(number: int, *arguments: object) -> int:
    result = int(_libc.syscall(number, *arguments))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"Landlock: {os.strerror(code)}")
    return result
