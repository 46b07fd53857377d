"""Mutate widths: the numbers of channels and features."""

from __future__ import annotations

import ast
from random import Random

from catta.generation.mutation_syntax import CONVOLUTIONS, argument, layer

_SMALLEST = 8
_WIDTHS = {
    "Conv2d": ("in_channels", "out_channels"),
    "Linear": ("in_features", "out_features"),
    "BatchNorm2d": ("num_features",),
}
_FACTORS = (0.5, 0.75, 1.25, 1.5, 2.0)
# Arguments that are numbers but no widths, of any layer or function.
_NO_WIDTH = frozenset(
    {"kernel_size", "stride", "padding", "dilation", "groups", "num_groups", "dim", "start_dim"}
    | {"end_dim", "num_layers", "num_blocks", "depth", "num_heads", "output_size", "scale_factor"}
    | {"p", "eps", "momentum", "size", "upscale_factor", "downscale_factor", "reduction"}
)
_NO_WIDTHS_IN = frozenset(
    {"range", "MaxPool2d", "AvgPool2d", "AdaptiveAvgPool2d", "AdaptiveMaxPool2d", "Dropout"}
    | {"max_pool2d", "avg_pool2d", "adaptive_avg_pool2d", "adaptive_max_pool2d", "interpolate"}
    | {"flatten", "mean", "Flatten", "Upsample", "PixelShuffle", "Dropout2d", "zeros", "ones"}
)


def mutate_width(tree: ast.Module, rng: Random) -> bool:
    """Replace one width by another wherever it stands, so that what was connected stays so.

    A literal number of features after flattening is a multiple of the last convolution's width; it
    is scaled along with that.
    """
    widths = _literals(tree)
    values = sorted({c.value for c in widths if isinstance(c.value, int)})
    unexplained, last = _linear_inputs(tree)
    layers = [v for v in values if v in _layer_widths(tree) - unexplained]
    if not layers:
        return False
    old = rng.choice(layers)
    options = {max(_SMALLEST, round(old * f / _SMALLEST) * _SMALLEST) for f in _FACTORS} - {old}
    new = rng.choice(sorted(options))
    flattened = {v for v in unexplained if old == last and v % old == 0}
    for constant in widths:
        if constant.value == old:
            constant.value = new
        elif constant.value in flattened and isinstance(constant.value, int):
            constant.value = constant.value // old * new
    return True


def _layer_widths(tree: ast.Module) -> set[int]:
    """Literal widths of layers, and literals of plain assignments, lists and defaults."""
    found: list[ast.expr | None] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            known = _WIDTHS.get(layer(node), ())
            found += [argument(node, name) for name in known] or node.args
        elif isinstance(node, ast.Assign):
            found.append(node.value)
            if isinstance(node.value, (ast.List, ast.Tuple)):
                found += node.value.elts
        elif isinstance(node, ast.arguments):
            found += node.defaults
    values = (n.value for n in found if isinstance(n, ast.Constant))
    return {v for v in values if type(v) is int and v >= _SMALLEST}


def _linear_inputs(tree: ast.Module) -> tuple[set[int], int | None]:
    """Literal inputs of linear layers that no layer puts out, and the last convolution's width.

    Such inputs are what flattening leaves: channels times height times width.
    """
    outputs: list[int] = []
    features: set[int] = set()
    inputs: set[int] = set()
    found = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and hasattr(n, "lineno")]
    for call in sorted(found, key=lambda n: (n.lineno, n.col_offset)):
        if layer(call) in CONVOLUTIONS:
            outputs += _literal(argument(call, "out_channels"))
        elif layer(call) == "Linear":
            features.update(_literal(argument(call, "out_features")))
            inputs.update(_literal(argument(call, "in_features")))
    return inputs - features - set(outputs), outputs[-1] if outputs else None


def _literal(value: ast.expr | None) -> list[int]:
    if isinstance(value, ast.Constant) and type(value.value) is int:
        return [value.value]
    return []


def _literals(tree: ast.Module) -> list[ast.Constant]:
    """The integer literals that can be widths, by where they stand."""
    found: list[ast.Constant] = []
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Constant):
            if type(node.value) is int and node.value >= _SMALLEST:
                found.append(node)
        elif isinstance(node, ast.Subscript):
            stack.append(node.value)
        elif isinstance(node, ast.Call):
            name = layer(node)
            if name in _NO_WIDTHS_IN:
                continue
            stack.append(node.func)
            stack += node.args[:2] if name in CONVOLUTIONS else node.args
            stack += [k.value for k in node.keywords if k.arg not in _NO_WIDTH]
        elif not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow)):
            stack += ast.iter_child_nodes(node)
    return found
