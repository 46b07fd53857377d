"""The system calls that no network has a use for, by what they would allow."""

from __future__ import annotations

_OTHER_PROGRAMS = ("fork", "vfork", "execve", "execveat")
_OTHER_PROCESSES = (
    *("ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "process_mrelease"),
    *("pidfd_open", "pidfd_getfd", "pidfd_send_signal", "kcmp", "tkill"),
    *("migrate_pages", "move_pages", "get_robust_list"),
)
# All sockets, not only those of the network: a session bus or a container engine that listens on
# a path would run programs for whoever connects, and Landlock does not keep a process from that.
# Pairs (`socketpair`) stay possible.
_SOCKETS = ("socket", "connect", "bind", "listen", "accept", "accept4")
_SHARED_MEMORY_AND_QUEUES = (
    *("shmget", "shmat", "shmctl", "memfd_create", "memfd_secret"),
    *("msgget", "msgsnd", "msgrcv", "msgctl", "semget", "semop", "semtimedop", "semctl"),
    *("mq_open", "mq_unlink", "mq_timedsend", "mq_timedreceive", "mq_notify", "mq_getsetattr"),
)
# Landlock does not cover modes, owners, times and attributes of files at all.
_CHANGES_OF_FILES = (
    *("chmod", "fchmod", "fchmodat", "fchmodat2"),
    *("chown", "lchown", "fchown", "fchownat"),
    *("utime", "utimes", "futimesat", "utimensat"),
    *("setxattr", "lsetxattr", "fsetxattr", "setxattrat"),
    *("removexattr", "lremovexattr", "fremovexattr", "removexattrat"),
    *("creat", "truncate", "mknod", "mknodat", "mkdir", "mkdirat", "rmdir"),
    *("unlink", "unlinkat", "rename", "renameat", "renameat2"),
    *("link", "linkat", "symlink", "symlinkat", "flock"),
    *("file_setattr", "inotify_init", "inotify_init1", "fanotify_init"),
    *("open_by_handle_at", "name_to_handle_at"),
)
_NAMESPACES_AND_MOUNTS = (
    *("unshare", "setns", "mount", "umount2", "pivot_root", "chroot"),
    *("open_tree", "open_tree_attr", "move_mount", "mount_setattr"),
    *("fsopen", "fsconfig", "fsmount", "fspick"),
)
_KERNEL = (
    *("bpf", "perf_event_open", "userfaultfd", "lookup_dcookie"),
    *("io_uring_setup", "io_uring_enter", "io_uring_register"),
    *("keyctl", "add_key", "request_key"),
    *("kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module"),
    *("reboot", "swapon", "swapoff", "acct", "quotactl", "quotactl_fd", "syslog", "vhangup"),
    *("settimeofday", "clock_settime", "adjtimex", "clock_adjtime"),
    *("sethostname", "setdomainname", "ioperm", "iopl", "personality", "modify_ldt"),
    *("mbind", "set_mempolicy", "ioprio_set", "nfsservctl"),
)

FORBIDDEN = (
    *_OTHER_PROGRAMS,
    *_OTHER_PROCESSES,
    *_SOCKETS,
    *_SHARED_MEMORY_AND_QUEUES,
    *_CHANGES_OF_FILES,
    *_NAMESPACES_AND_MOUNTS,
    *_KERNEL,
)

# These look like a kernel that is older: callers then use a call whose flags a filter can see.
UNKNOWN = ("clone3", "openat2")

# Numbers of calls that an older libseccomp does not know; since 424 they are the same on every
# architecture (Linux, include/uapi/asm-generic/unistd.h).
NUMBERS = {
    "pidfd_send_signal": 424,
    "io_uring_setup": 425,
    "io_uring_enter": 426,
    "io_uring_register": 427,
    "open_tree": 428,
    "move_mount": 429,
    "fsopen": 430,
    "fsconfig": 431,
    "fsmount": 432,
    "fspick": 433,
    "pidfd_open": 434,
    "clone3": 435,
    "openat2": 437,
    "pidfd_getfd": 438,
    "process_madvise": 440,
    "mount_setattr": 442,
    "quotactl_fd": 443,
    "memfd_secret": 447,
    "process_mrelease": 448,
    "fchmodat2": 452,
    "setxattrat": 463,
    "removexattrat": 466,
    "open_tree_attr": 467,
    "file_setattr": 469,
}
