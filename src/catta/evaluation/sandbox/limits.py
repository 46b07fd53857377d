"""Resource limits of a child, and what the kernel says it uses."""

from __future__ import annotations

import os
import resource
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

MEBI = 1 << 20
OPEN_FILES = 256
MAX_THREADS = 256
_OWN = ("RssAnon", "RssShmem", "VmSwap", "VmPTE")


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process uses.

    Attributes:
        memory_mb: Memory that is its own, in MiB: private and shared pages, swapped ones, page
            tables; not the pages of mapped files, which the kernel can drop.
        threads: Number of its threads.
    """

    memory_mb: int = 0
    threads: int = 0


def usage(process: int) -> Usage:
    """What a process uses now; zeros if it is gone or the kernel does not tell."""
    try:
        lines = Path(f"/proc/{process}/status").read_text(errors="replace").splitlines()
    except OSError:
        return Usage()
    values = dict(line.split(":", 1) for line in lines if ":" in line)
    kibi = sum(_number(values.get(name, "")) for name in _OWN)
    return Usage(kibi // 1024, _number(values.get("Threads", "")))


def set_limits(*, seconds: float, memory_mb: int, writes: bool = False) -> None:
    """Limit this process: memory, CPU time, files; no core dumps.

    RLIMIT_DATA and not RLIMIT_AS: it counts private writable memory only, and neither libraries
    nor the address space that CUDA reserves. What is mapped already is not charged. Files, also
    ones in memory, cannot have a size at all, unless the process `writes`.
    """
    data = (_private_mb() + memory_mb) * MEBI
    _limit(resource.RLIMIT_DATA, data)
    _limit(resource.RLIMIT_CPU, int(seconds * (os.cpu_count() or 1)) + 5)
    if not writes:
        _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_NOFILE, OPEN_FILES)


def offer_to_oom_killer() -> None:
    """If the machine runs out of memory, this process goes first and not the user's others."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def _private_mb() -> int:
    """Private writable address space of this process in MiB."""
    try:
        lines = Path("/proc/self/status").read_text(errors="replace").splitlines()
    except OSError:
        return 0
    values = dict(line.split(":", 1) for line in lines if ":" in line)
    return _number(values.get("VmData", "")) // 1024


def _number(text: str) -> int:
    first = text.split()[:1]
    return int(first[0]) if first and first[0].isdigit() else 0


def _limit(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(kind, (value, value))
