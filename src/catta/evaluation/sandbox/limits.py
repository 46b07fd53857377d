"""Resource limits of a child, and what the kernel says it uses."""

from __future__ import annotations

import os
import resource
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")
MEBI = 1 << 20
OPEN_FILES = 256


def set_limits(*, seconds: float, memory_mb: int) -> None:
    """Limit this process: memory, CPU time, files; no core dumps.

    RLIMIT_DATA and not RLIMIT_AS: it counts private writable memory only, and neither libraries
    nor the address space that CUDA reserves. What is mapped already is not charged.
    """
    data = (anonymous_memory_mb() + memory_mb) * MEBI
    _limit(resource.RLIMIT_DATA, data)
    _limit(resource.RLIMIT_CPU, int(seconds * (os.cpu_count() or 1)) + 5)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_NOFILE, OPEN_FILES)


def anonymous_memory_mb() -> int:
    """Private writable memory of this process (VmData) in MiB; 0 where the kernel does not tell."""
    try:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmData:"):
                return int(line.split()[1]) // 1024
    except OSError:
        pass
    return 0


def resident_mb(process: int) -> int:
    """Resident memory of a process, shared pages included, in MiB; 0 if it is gone."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return 0
    return pages * _PAGE // MEBI


def _limit(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(kind, (value, value))
