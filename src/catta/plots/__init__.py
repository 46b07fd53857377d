"""Plots with matplotlib, drawings with Graphviz; all of one style.

Each function takes a DataFrame (its columns are documented; `catta.stats` gives them) and, if
wanted, the axes to draw on, and returns the axes. `save` writes a plot as SVG, PNG or PDF.

The names below are loaded when they are first used: only then matplotlib must be there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from catta.errors import UsageError
from catta.lazy import exports

if TYPE_CHECKING:
    from catta.plots.ancestry import lineage
    from catta.plots.bars import importance
    from catta.plots.cycles import accuracy_distribution, admitted, run_figure, valid_rate
    from catta.plots.distributions import box, violin
    from catta.plots.epochs import learning_curves, mean_deviation, rolling_mean
    from catta.plots.heatmaps import correlation, ranks
    from catta.plots.network_drawing import network_graph
    from catta.plots.parallel import parallel_coordinates
    from catta.plots.saving import rendered, save
    from catta.plots.scatter import metric_time, pareto
    from catta.plots.style import new_axes, new_figure

__all__ = [
    "accuracy_distribution",
    "admitted",
    "box",
    "check",
    "correlation",
    "importance",
    "learning_curves",
    "lineage",
    "mean_deviation",
    "metric_time",
    "network_graph",
    "new_axes",
    "new_figure",
    "parallel_coordinates",
    "pareto",
    "ranks",
    "rendered",
    "rolling_mean",
    "run_figure",
    "save",
    "valid_rate",
    "violin",
]

_HOMES = {
    "accuracy_distribution": "catta.plots.cycles",
    "admitted": "catta.plots.cycles",
    "box": "catta.plots.distributions",
    "correlation": "catta.plots.heatmaps",
    "importance": "catta.plots.bars",
    "learning_curves": "catta.plots.epochs",
    "lineage": "catta.plots.ancestry",
    "mean_deviation": "catta.plots.epochs",
    "metric_time": "catta.plots.scatter",
    "network_graph": "catta.plots.network_drawing",
    "new_axes": "catta.plots.style",
    "new_figure": "catta.plots.style",
    "parallel_coordinates": "catta.plots.parallel",
    "pareto": "catta.plots.scatter",
    "ranks": "catta.plots.heatmaps",
    "rendered": "catta.plots.saving",
    "rolling_mean": "catta.plots.epochs",
    "run_figure": "catta.plots.cycles",
    "save": "catta.plots.saving",
    "valid_rate": "catta.plots.cycles",
    "violin": "catta.plots.distributions",
}

_get, __dir__ = exports(__name__, _HOMES)


def __getattr__(name: str) -> object:
    try:
        return _get(name)
    except ImportError as error:
        if (error.name or "").partition(".")[0] != "matplotlib":
            raise
        raise UsageError(
            "plots: matplotlib is not installed; install it with: pip install 'catta[report]'"
        ) from error


def check() -> None:
    """Raise UsageError, before any work, if matplotlib is not installed."""
    __getattr__("box")
