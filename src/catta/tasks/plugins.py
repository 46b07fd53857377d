"""Datasets, metrics, tasks and transforms out of a file that the user names (`--plugin FILE`).

The file is executed in this process, with all that this process may do: it is the user's own
program, as is any script that Python is told to run. Networks are another matter; nobody knows what
is in them, and only the sandbox executes them.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from catta.errors import UsageError
from catta.tasks.datasets import registered_datasets
from catta.tasks.known_tasks import registered_tasks
from catta.tasks.metrics.registry import registered_metrics
from catta.tasks.own_transforms import registered_transforms


@dataclass(frozen=True, kw_only=True, slots=True)
class Plugin:
    """What a file has registered, by name."""

    datasets: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    transforms: tuple[str, ...] = ()


def load_plugin(path: Path) -> Plugin:
    """Execute a Python file that calls `register_dataset` or another of these functions.

    Executed again, it replaces what it registered before.

    Raises:
        UsageError: The file cannot be read, fails, or registers nothing.
    """
    if not path.is_file():
        raise UsageError(f"the plugin {path} is no file")
    name = f"catta_plugin_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"the plugin {path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    before = _registered()
    sys.modules[name] = module  # dataclasses look their module up
    try:
        spec.loader.exec_module(module)
    except UsageError:
        raise
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise UsageError(f"the plugin {path} failed: {type(error).__name__}: {error}") from error
    after = _registered()
    plugin = Plugin(**{kind: _added(before[kind], after[kind]) for kind in after})
    if plugin == Plugin():
        raise UsageError(f"the plugin {path} registers no dataset, metric, task or transform")
    return plugin


def _registered() -> dict[str, Mapping[str, object]]:
    """What is registered, by kind and name."""
    return {
        "datasets": registered_datasets(),
        "metrics": registered_metrics(),
        "tasks": registered_tasks(),
        "transforms": registered_transforms(),
    }


def _added(before: Mapping[str, object], after: Mapping[str, object]) -> tuple[str, ...]:
    return tuple(name for name, thing in after.items() if before.get(name) is not thing)
