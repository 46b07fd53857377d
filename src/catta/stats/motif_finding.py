"""Motifs of a network: operators and blocks, found in its traced graph and not in its text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from catta.graphs import Graph
from catta.stats import motif_branches as branches
from catta.stats import motif_convolutions as convolutions
from catta.stats import motif_gates as gates
from catta.stats.motif_operators import (
    ACTIVATION,
    ACTIVATIONS,
    BLOCK,
    CONVOLUTION,
    DROPOUTS,
    LAYER,
    NORMALISATION,
    NORMALISATIONS,
    POOLING,
    POOLS,
    RECURRENT,
    UPSAMPLING,
)
from catta.stats.motif_views import View

GLOBAL_POOL = "global pool"
DROPOUT = "dropout"
UPSAMPLE = "upsampling"
RECURRENCE = "recurrent layer"
LINEAR = "linear layer"
EMBEDDING = "embedding"

_BLOCKS = frozenset(
    {
        *(branches.RESIDUAL, branches.PARALLEL_SUM, branches.DENSE, branches.SKIP),
        *(branches.SPLIT, branches.INCEPTION, branches.PARALLEL),
        *(convolutions.SEPARABLE, convolutions.INVERTED, convolutions.BOTTLENECK),
        *(gates.SQUEEZE_EXCITE, gates.SPATIAL_ATTENTION, gates.SELF_GATING, gates.ATTENDING),
    }
)
_CONVOLUTIONS = frozenset(
    {
        *(convolutions.DEPTHWISE, convolutions.GROUPED, convolutions.POINTWISE),
        *(convolutions.DILATED, convolutions.ASYMMETRIC, convolutions.LARGE),
        *(convolutions.PATCH, convolutions.TRANSPOSE),
    }
)
KINDS = (BLOCK, CONVOLUTION, LAYER, NORMALISATION, POOLING, ACTIVATION)
"""Kinds of motifs, those that say most first."""


def find_motifs(graph: Graph) -> dict[str, int]:
    """How often each motif is in a graph, by name; those that are not there are left out.

    See `docs/motifs.md` for what each of them is.
    """
    view = View(graph)
    found = Counter[str](_layers(view))
    found.update(branches.branch_motifs(view))
    found.update(convolutions.convolution_motifs(view))
    found.update(gates.gate_motifs(view))
    return dict(sorted(found.items()))


def kind_of(motif: str) -> str:
    """Which of `KINDS` a motif is of."""
    if motif in _BLOCKS:
        return BLOCK
    if motif in _CONVOLUTIONS:
        return CONVOLUTION
    if motif in NORMALISATIONS.values():
        return NORMALISATION
    if motif == GLOBAL_POOL or motif in POOLS.values():
        return POOLING
    return ACTIVATION if motif in ACTIVATIONS else LAYER


def _layers(view: View) -> Iterator[str]:
    for place, node in enumerate(view.nodes):
        operator = node.operator
        if view.is_global_pool(place):
            yield GLOBAL_POOL
        elif operator in POOLS:
            yield POOLS[operator]
        if operator in NORMALISATIONS:
            yield NORMALISATIONS[operator]
        elif operator in ACTIVATIONS:
            yield operator
        elif operator in DROPOUTS:
            yield DROPOUT
        elif operator in UPSAMPLING:
            yield UPSAMPLE
        elif operator in RECURRENT:
            yield RECURRENCE
        elif operator in ("linear", "embedding"):
            yield LINEAR if operator == "linear" else EMBEDDING
