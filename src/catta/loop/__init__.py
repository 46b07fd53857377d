"""The closed loop: its configuration, its state, its driver."""

from catta.loop.api import RunReport, evolve, list_runs, report, resume, warmup
from catta.loop.check import CheckReport, check
from catta.loop.config import ARMS, PROFILES, RunConfig, SeedSettings, load_config, parse_config
from catta.loop.observer import Observer, SilentObserver

__all__ = [
    "ARMS",
    "PROFILES",
    "CheckReport",
    "Observer",
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
