"""Products of features with what was made of them: gates and attention."""

from __future__ import annotations

from collections.abc import Iterator

from catta.stats.motif_operators import (
    ATTENTION,
    CLAMPS,
    DROPOUTS,
    ELEMENTWISE,
    GATES,
    NEUTRAL,
    PRODUCTS,
    WEIGHTED,
)
from catta.stats.motif_views import View, is_vector

SQUEEZE_EXCITE = "squeeze-excite"
SPATIAL_ATTENTION = "spatial attention"
SELF_GATING = "self-gating"
ATTENDING = "attention"

_PASSED_BY_SOFTMAX = NEUTRAL | DROPOUTS | ELEMENTWISE


def gate_motifs(view: View) -> Iterator[str]:
    """Gates, one for each product at most, and attention."""
    softmaxes: set[int] = set()
    for place, node in enumerate(view.nodes):
        if node.operator == "mul":
            found = _gate(view, place)
            if found is not None:
                yield found
        elif node.operator in ATTENTION:
            yield ATTENDING
        elif node.operator in PRODUCTS and len(view.sources[place]) > 1:
            softmaxes |= {
                before
                for before in view.before(place, _PASSED_BY_SOFTMAX)
                if view.nodes[before].operator == "softmax"
            }
    yield from (ATTENDING for _ in softmaxes)


def _gate(view: View, place: int) -> str | None:
    sources = view.sources[place]
    if len(sources) != 2:
        return None
    for features, gate in (sources, sources[::-1]):
        found = _gating(view, features, gate)
        if found is not None:
            return found
    return None


def _gating(view: View, features: int, gate: int) -> str | None:
    """What a gate is that features are multiplied with; None if it is no gate."""
    last = _last_operator(view, gate)
    if view.nodes[last].operator not in GATES | CLAMPS:
        return None
    fork = view.fork((features, gate))
    if fork is None:
        return None
    between = view.between(fork, gate)
    weighted = bool(view.operators(between) & WEIGHTED)
    same = view.skipped(fork) == view.skipped(features)
    pools = any(view.is_global_pool(p) for p in between)
    ahead, behind = view.nodes[features], view.nodes[gate]
    if same and weighted and pools and is_vector(behind) and not is_vector(ahead):
        return SQUEEZE_EXCITE
    if view.nodes[last].operator in CLAMPS:
        return None
    one_map = len(ahead.shape) == len(behind.shape) == 4 and behind.shape[1] == 1
    if same and weighted and one_map and ahead.shape[1] > 1:
        return SPATIAL_ATTENTION
    return SELF_GATING if ahead.shape == behind.shape else None


def _last_operator(view: View, place: int) -> int:
    """The node before what rearranges, and before arithmetic with constants."""
    return view.skipped(place, NEUTRAL | {"getitem"} | (ELEMENTWISE - {"clamp"}))
