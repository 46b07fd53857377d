"""The closed loop: its configuration, its state, its driver.

The names below are loaded when they are first used: who only looks at runs needs no torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from catta.lazy import exports

if TYPE_CHECKING:
    from catta.loop.api import evolve, resume, warmup
    from catta.loop.check_report import CheckReport
    from catta.loop.checking import check
    from catta.loop.config import ARMS, PROFILES, RunConfig, SeedSettings, load_config, parse_config
    from catta.loop.improvement import Improvement, Period
    from catta.loop.observer import Observer, SilentObserver
    from catta.loop.reports import RunReport, list_runs, report

__all__ = [
    "ARMS",
    "PROFILES",
    "CheckReport",
    "Improvement",
    "Observer",
    "Period",
    "RunConfig",
    "RunReport",
    "SeedSettings",
    "SilentObserver",
    "check",
    "evolve",
    "list_runs",
    "load_config",
    "parse_config",
    "report",
    "resume",
    "warmup",
]

_HOMES = {
    "ARMS": "catta.loop.config",
    "PROFILES": "catta.loop.config",
    "CheckReport": "catta.loop.check_report",
    "Improvement": "catta.loop.improvement",
    "Observer": "catta.loop.observer",
    "Period": "catta.loop.improvement",
    "RunConfig": "catta.loop.config",
    "RunReport": "catta.loop.reports",
    "SeedSettings": "catta.loop.config",
    "SilentObserver": "catta.loop.observer",
    "check": "catta.loop.checking",
    "evolve": "catta.loop.api",
    "list_runs": "catta.loop.reports",
    "load_config": "catta.loop.config",
    "parse_config": "catta.loop.config",
    "report": "catta.loop.reports",
    "resume": "catta.loop.api",
    "warmup": "catta.loop.api",
}

__getattr__, __dir__ = exports(__name__, _HOMES)
