"""Motifs of convolutions: separable, grouped, bottlenecks, and their kernels."""

from __future__ import annotations

from collections.abc import Iterator

from catta.graphs import GraphNode
from catta.stats.motif_operators import (
    CONVOLUTIONS,
    LIGHT,
    TRANSPOSED,
    groups,
    is_depthwise,
    is_pointwise,
    kernel,
    reach,
)
from catta.stats.motif_views import View

SEPARABLE = "depthwise separable"
INVERTED = "inverted bottleneck"
BOTTLENECK = "bottleneck"
DEPTHWISE = "depthwise convolution"
GROUPED = "grouped convolution"
POINTWISE = "pointwise convolution"
DILATED = "dilated convolution"
ASYMMETRIC = "asymmetric convolution"
LARGE = "large kernel"
PATCH = "patch convolution"
TRANSPOSE = "transposed convolution"

_LARGE = 7


def convolution_motifs(view: View) -> Iterator[str]:
    """What the convolutions of a graph are, and the blocks that end in a pointwise one."""
    for place, node in enumerate(view.nodes):
        if node.operator in TRANSPOSED:
            yield TRANSPOSE
        if node.operator in CONVOLUTIONS:
            yield from _kinds(view, place)
        if is_pointwise(node):
            yield from _blocks(view, place)


def _kinds(view: View, place: int) -> Iterator[str]:
    node = view.nodes[place]
    sizes = kernel(node)
    if is_depthwise(node):
        yield DEPTHWISE
    elif groups(node) > 1:
        yield GROUPED
    if set(sizes) == {1}:
        yield POINTWISE
    if reach(node) > max(sizes, default=0):
        yield DILATED
    if len(set(sizes)) > 1:
        yield ASYMMETRIC
    if _is_patching(node):
        yield PATCH
    elif max(sizes, default=0) >= _LARGE:
        yield LARGE


def _is_patching(node: GraphNode) -> bool:
    """Whether the places that a kernel covers do not overlap: an image is cut into patches."""
    sizes, stride = kernel(node), node.settings.get("stride")
    strides = stride if isinstance(stride, tuple) else (stride,) * len(sizes)
    return min(sizes, default=0) > 1 and sizes == strides


def _blocks(view: View, last: int) -> Iterator[str]:
    """What ends in a pointwise convolution; a block may be gated before its end."""
    for middle in sorted(view.before(last, LIGHT | {"mul"})):
        node = view.nodes[middle]
        if node.operator not in CONVOLUTIONS or is_pointwise(node):
            continue
        first = [p for p in sorted(view.before(middle, LIGHT)) if is_pointwise(view.nodes[p])]
        if is_depthwise(node):
            yield SEPARABLE
            if any(_features(view, p) > _features_before(view, p) for p in first):
                yield INVERTED
        elif any(
            _features(view, middle) < max(_features_before(view, p), _features(view, last))
            for p in first
        ):
            yield BOTTLENECK


def _features(view: View, place: int) -> int:
    """Channels that a convolution or a linear layer gives."""
    node = view.nodes[place]
    if node.operator == "linear":
        return node.shape[-1] if node.shape else 0
    return node.shape[1] if len(node.shape) > 1 else 0


def _features_before(view: View, place: int) -> int:
    """Channels that a convolution or a linear layer is given."""
    node = view.nodes[place]
    channels = node.settings.get("channels")
    if isinstance(channels, int):
        return channels
    before = view.nodes[view.sources[place][0]].shape if view.sources[place] else ()
    return before[-1] if before else 0
