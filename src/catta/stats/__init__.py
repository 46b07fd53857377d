"""What the measurements in a corpus show, as tables.

Every function takes a corpus (an open one, its path or URL; None for the default one) or, as
`trials`, what `load` read of one, and the filters of `Filters`. It reads, it never evaluates, and
runs no network code. The names below are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from catta.lazy import exports

if TYPE_CHECKING:
    from catta.stats.comparison import compare
    from catta.stats.confounders import confounding
    from catta.stats.curves import learning_curves
    from catta.stats.dependence import effects
    from catta.stats.filters import Filters
    from catta.stats.fronts import pareto
    from catta.stats.importances import importance
    from catta.stats.leaders import leaderboard
    from catta.stats.loading import load
    from catta.stats.matching import matched
    from catta.stats.pairwise import transforms
    from catta.stats.ranks import rank_correlation
    from catta.stats.summaries import summary
    from catta.stats.timing import durations
    from catta.stats.workbooks import write_tables

__all__ = [
    "Filters",
    "compare",
    "confounding",
    "durations",
    "effects",
    "importance",
    "leaderboard",
    "learning_curves",
    "load",
    "matched",
    "pareto",
    "rank_correlation",
    "summary",
    "transforms",
    "write_tables",
]

_HOMES = {
    "Filters": "catta.stats.filters",
    "compare": "catta.stats.comparison",
    "confounding": "catta.stats.confounders",
    "durations": "catta.stats.timing",
    "effects": "catta.stats.dependence",
    "importance": "catta.stats.importances",
    "leaderboard": "catta.stats.leaders",
    "learning_curves": "catta.stats.curves",
    "load": "catta.stats.loading",
    "matched": "catta.stats.matching",
    "pareto": "catta.stats.fronts",
    "rank_correlation": "catta.stats.ranks",
    "summary": "catta.stats.summaries",
    "transforms": "catta.stats.pairwise",
    "write_tables": "catta.stats.workbooks",
}

__getattr__, __dir__ = exports(__name__, _HOMES)
