"""System calls a child may not make: other processes, the network, the kernel."""

from __future__ import annotations

import errno
import os
import socket

import pyseccomp

_CLONE_THREAD = 0x0001_0000

FORBIDDEN = (
    # no new processes, no other programs
    "fork",
    "vfork",
    "execve",
    "execveat",
    # no other processes
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "process_madvise",
    "pidfd_open",
    "pidfd_getfd",
    "pidfd_send_signal",
    "kcmp",
    "tkill",
    # no other namespaces, mounts, roots
    "unshare",
    "setns",
    "mount",
    "umount2",
    "pivot_root",
    "chroot",
    "open_tree",
    "move_mount",
    "fsopen",
    "fsconfig",
    "fsmount",
    "fspick",
    "mount_setattr",
    # nothing of the kernel's
    "bpf",
    "perf_event_open",
    "userfaultfd",
    "io_uring_setup",
    "io_uring_enter",
    "io_uring_register",
    "keyctl",
    "add_key",
    "request_key",
    "kexec_load",
    "kexec_file_load",
    "init_module",
    "finit_module",
    "delete_module",
    "reboot",
    "swapon",
    "swapoff",
    "acct",
    "quotactl",
    "settimeofday",
    "clock_settime",
    "adjtimex",
    "clock_adjtime",
    "sethostname",
    "setdomainname",
    "syslog",
    "ioperm",
    "iopl",
    "personality",
    "modify_ldt",
    "open_by_handle_at",
    "name_to_handle_at",
    "fanotify_init",
    "lookup_dcookie",
    "mbind",
    "migrate_pages",
    "move_pages",
    "vhangup",
    "nfsservctl",
)


def restrict() -> None:
    """Install the filter in this process; there is no way back.

    Threads stay possible: torch needs them. A signal may only go to the process itself.

    Raises:
        OSError: libseccomp or the kernel refuses.
    """
    refuse = pyseccomp.ERRNO(errno.EPERM)
    rules = pyseccomp.SyscallFilter(defaction=pyseccomp.ALLOW)
    for name in FORBIDDEN:
        _add(rules, refuse, name)
    # glibc tries clone3 first, whose flags a filter cannot see; ENOSYS makes it use clone.
    _add(rules, pyseccomp.ERRNO(errno.ENOSYS), "clone3")
    no_thread = pyseccomp.Arg(0, pyseccomp.MASKED_EQ, _CLONE_THREAD, 0)
    rules.add_rule(refuse, "clone", no_thread)
    own = os.getpid()
    for name in ("kill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo"):
        rules.add_rule(refuse, name, pyseccomp.Arg(0, pyseccomp.NE, own))
    # 0 means the caller itself.
    for name, position in (("prlimit64", 0), ("sched_setaffinity", 0), ("setpriority", 1)):
        rules.add_rule(refuse, name, pyseccomp.Arg(position, pyseccomp.NE, 0))
    rules.add_rule(refuse, "socket", pyseccomp.Arg(0, pyseccomp.NE, socket.AF_UNIX))
    rules.load()


def _add(rules: pyseccomp.SyscallFilter, action: int, name: str) -> None:
    try:
        rules.add_rule(action, name)
    except (OSError, RuntimeError):
        return  # this architecture or this libseccomp does not know the call
