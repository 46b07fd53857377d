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
    from catta.stats.motif_finding import find_motifs, kind_of
    from catta.stats.motif_frequencies import motif_cycles, motifs, novel_pairs
    from catta.stats.nearest_seeds import nearest, text_difference
    from catta.stats.pairwise import transforms
    from catta.stats.ranks import rank_correlation
    from catta.stats.run_arms import arms
    from catta.stats.run_candidates import accuracies, admitted, assessment, failures
    from catta.stats.run_cycles import cycles, runs
    from catta.stats.summaries import summary
    from catta.stats.timing import durations
    from catta.stats.workbooks import write_tables

__all__ = [
    "Filters",
    "accuracies",
    "admitted",
    "arms",
    "assessment",
    "compare",
    "confounding",
    "cycles",
    "durations",
    "effects",
    "failures",
    "find_motifs",
    "importance",
    "kind_of",
    "leaderboard",
    "learning_curves",
    "load",
    "matched",
    "motif_cycles",
    "motifs",
    "nearest",
    "novel_pairs",
    "pareto",
    "rank_correlation",
    "runs",
    "summary",
    "text_difference",
    "transforms",
    "write_tables",
]

_HOMES = {
    "Filters": "catta.stats.filters",
    "accuracies": "catta.stats.run_candidates",
    "admitted": "catta.stats.run_candidates",
    "arms": "catta.stats.run_arms",
    "assessment": "catta.stats.run_candidates",
    "compare": "catta.stats.comparison",
    "confounding": "catta.stats.confounders",
    "cycles": "catta.stats.run_cycles",
    "durations": "catta.stats.timing",
    "effects": "catta.stats.dependence",
    "failures": "catta.stats.run_candidates",
    "find_motifs": "catta.stats.motif_finding",
    "importance": "catta.stats.importances",
    "kind_of": "catta.stats.motif_finding",
    "leaderboard": "catta.stats.leaders",
    "learning_curves": "catta.stats.curves",
    "load": "catta.stats.loading",
    "matched": "catta.stats.matching",
    "motif_cycles": "catta.stats.motif_frequencies",
    "motifs": "catta.stats.motif_frequencies",
    "nearest": "catta.stats.nearest_seeds",
    "novel_pairs": "catta.stats.motif_frequencies",
    "pareto": "catta.stats.fronts",
    "rank_correlation": "catta.stats.ranks",
    "runs": "catta.stats.run_cycles",
    "summary": "catta.stats.summaries",
    "text_difference": "catta.stats.nearest_seeds",
    "transforms": "catta.stats.pairwise",
    "write_tables": "catta.stats.workbooks",
}

__getattr__, __dir__ = exports(__name__, _HOMES)
