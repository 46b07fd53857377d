"""Branches that part and rejoin: residual, dense, inception-like."""

from __future__ import annotations

from collections.abc import Iterator, Set

from catta.stats.motif_operators import (
    CONVOLUTIONS,
    POOLS,
    SPLITS,
    UPSAMPLING,
    WEIGHTED,
    is_pointwise,
    reach,
)
from catta.stats.motif_views import View

RESIDUAL = "residual"
PARALLEL_SUM = "parallel sum"
DENSE = "dense"
SKIP = "skip concatenation"
SPLIT = "split concatenation"
INCEPTION = "inception"
PARALLEL = "parallel concatenation"

_FEWEST_BRANCHES = 3


def branch_motifs(view: View) -> Iterator[str]:
    """The motifs of the sums and concatenations of a graph, one for each of these at most."""
    for place, node in enumerate(view.nodes):
        found = None
        if node.operator == "add":
            found = _sum(view, place)
        elif node.operator == "cat":
            found = _concatenation(view, place)
        if found is not None:
            yield found


def _sum(view: View, place: int) -> str | None:
    """Residual where one of two branches is a shortcut and the other one is not."""
    sources = view.sources[place]
    if len(sources) != 2 or len({view.nodes[source].shape for source in sources}) > 1:
        return None
    fork = view.fork(sources)
    if fork is None:
        return None
    first, second = (_weights(view, view.between(fork, source)) for source in sources)
    if not first and not second:
        return None
    for shortcut, other in ((first, second), (second, first)):
        if not shortcut or (_is_projection(view, shortcut) and not _is_projection(view, other)):
            return RESIDUAL
    return PARALLEL_SUM


def _concatenation(view: View, place: int) -> str | None:
    sources = view.sources[place]
    if len(sources) < 2:
        return None
    earliest, latest = min(sources), max(sources)
    if view.leads(earliest, latest):
        between = view.between(earliest, latest)
        if not _weights(view, between):
            return None
        if view.nodes[earliest].operator in SPLITS:
            return SPLIT
        return SKIP if view.operators(between) & UPSAMPLING else DENSE
    fork = view.fork(sources)
    if fork is None:
        return None
    branches = [view.between(fork, source) for source in sources]
    kernels = [_kernel(view, branch) for branch in branches]
    parallel = sum(found is not None for found in kernels)
    if parallel >= _FEWEST_BRANCHES and len({*kernels} - {None}) > 1:
        return INCEPTION
    return PARALLEL if sum(bool(_weights(view, b)) for b in branches) > 1 else None


def _weights(view: View, branch: Set[int]) -> set[int]:
    return {place for place in branch if view.nodes[place].operator in WEIGHTED}


def _is_projection(view: View, weights: Set[int]) -> bool:
    """Whether a branch only brings the channels to another number."""
    return len(weights) == 1 and all(is_pointwise(view.nodes[place]) for place in weights)


def _kernel(view: View, branch: Set[int]) -> tuple[str, int] | None:
    """What tells a branch from its neighbours: that it pools, or its widest kernel."""
    pools = [view.nodes[place] for place in branch if view.nodes[place].operator in POOLS]
    if pools:
        return "pool", max(map(reach, pools))
    kernels = [
        reach(view.nodes[place]) for place in branch if view.nodes[place].operator in CONVOLUTIONS
    ]
    return ("conv", max(kernels)) if kernels else None
