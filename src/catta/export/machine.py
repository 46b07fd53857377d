"""What measurements are made on: processor, system, load, and its meter of energy."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path

_POWERCAP = Path("/sys/class/powercap")
_CPUINFO = Path("/proc/cpuinfo")
_MICROJOULES_PER_MILLIJOULE = 1_000.0


def device() -> str:
    """Model of the processor and how many the machine has."""
    return f"{_model()}, {os.cpu_count() or 1} processors"


def system() -> str:
    """Name and version of the operating system, and the architecture."""
    return f"{platform.system()} {platform.release()} {platform.machine()}"


def load() -> float | None:
    """Processes that wanted to run in the last minute, on average; None where nobody tells."""
    try:
        return os.getloadavg()[0]
    except OSError:
        return None


@dataclass(frozen=True, slots=True)
class Meter:
    """Counters of the energy that the packages of the processor take (RAPL).

    Attributes:
        root: Where the kernel shows them.
    """

    root: Path = _POWERCAP

    def read(self) -> dict[str, tuple[int, int]] | None:
        """Microjoules so far and where the counter begins again, by package; None without one."""
        found: dict[str, tuple[int, int]] = {}
        try:
            for zone in sorted(self.root.glob("intel-rapl:*")):
                if zone.name.count(":") == 1:  # a package, not a part of one
                    values = (zone / "energy_uj", zone / "max_energy_range_uj")
                    now, wraps = (int(value.read_text()) for value in values)
                    found[zone.name] = now, wraps
        except (OSError, ValueError):
            return None  # not for this user: half a sum would be a lie
        return found or None


def millijoules(
    before: dict[str, tuple[int, int]] | None, after: dict[str, tuple[int, int]] | None
) -> float | None:
    """Energy between two readings of a meter; None where one is missing."""
    if before is None or after is None or before.keys() != after.keys():
        return None
    total = 0
    for zone, (first, wraps) in before.items():
        used = after[zone][0] - first
        total += used if used >= 0 else used + wraps
    return total / _MICROJOULES_PER_MILLIJOULE


def _model() -> str:
    try:
        for line in _CPUINFO.read_text(errors="replace").splitlines():
            key, _, value = line.partition(":")
            if key.strip() in {"model name", "Model", "Hardware"} and value.strip():
                return value.strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
