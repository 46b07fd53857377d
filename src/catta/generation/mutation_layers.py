"""Mutate single layers: kernels, activations, norms, dropout, pooling, and their order."""

from __future__ import annotations

import ast
from random import Random

from catta.generation.mutation_syntax import (
    ACTIVATIONS,
    CONVOLUTIONS,
    DROPOUTS,
    NORMS,
    POOLS,
    argument,
    calls,
    integer,
    is_through_module,
    layer,
    layer_lists,
    rename_layer,
    set_argument,
    sibling,
)

_FUNCTIONAL = ("relu", "gelu", "silu", "elu", "leaky_relu", "mish", "hardswish")
_KERNELS = (1, 3, 5, 7)
_RATES = (0.05, 0.1, 0.2, 0.3, 0.4)


def mutate_kernel(tree: ast.Module, rng: Random) -> bool:
    """Give one convolution another kernel, and the padding that keeps the size of its output."""
    options: list[tuple[ast.Call, int, int]] = []
    for call in calls(tree, frozenset({"Conv2d"})):
        kernel, padding = integer(call, "kernel_size", 0), integer(call, "padding", 0)
        dilation = integer(call, "dilation", 1)
        if not kernel or padding is None or dilation is None:
            continue
        for new in _KERNELS:
            # The output's size depends on 2 * padding - dilation * (kernel - 1).
            twice = 2 * padding + dilation * (new - kernel)
            if new != kernel and twice >= 0 and twice % 2 == 0:
                options.append((call, new, twice // 2))
    if not options:
        return False
    call, kernel, padding = rng.choice(options)
    set_argument(call, "kernel_size", ast.Constant(kernel))
    set_argument(call, "padding", ast.Constant(padding))
    return True


def mutate_activation(tree: ast.Module, rng: Random) -> bool:
    """Exchange one activation, or all of its kind."""
    layers = [c for c in calls(tree, frozenset(ACTIVATIONS)) if is_through_module(c)]
    functions = [
        c
        for c in calls(tree, frozenset(_FUNCTIONAL))
        if isinstance(c.func, ast.Attribute)
        and isinstance(c.func.value, (ast.Name, ast.Attribute))
        and ast.unparse(c.func.value) in ("F", "nn.functional", "torch.nn.functional")
        and c.args
    ]
    if not layers and not functions:
        return False
    chosen = rng.choice(layers + functions)
    old = layer(chosen)
    new = rng.choice([a for a in (ACTIVATIONS if chosen in layers else _FUNCTIONAL) if a != old])
    everywhere = rng.random() < 0.5
    for call in layers + functions:
        if call is chosen or (everywhere and layer(call) == old):
            rename_layer(call, new, call.args[:1] if call in functions else [])
    return True


def mutate_norm(tree: ast.Module, rng: Random) -> bool:
    """Exchange the kind of one norm, or of all of them, or give a convolution one that has none."""
    norms = [c for c in calls(tree, NORMS) if is_through_module(c) and _channels(c) is not None]
    bare = [
        (elements, i)
        for elements in layer_lists(tree)
        for i, element in enumerate(elements)
        if layer(element) in CONVOLUTIONS
        and is_through_module(element)
        and layer(elements[min(i + 1, len(elements) - 1)]) not in NORMS
    ]
    if bare and (not norms or rng.random() < 0.3):
        elements, i = rng.choice(bare)
        conv = elements[i]
        channels = argument(conv, "out_channels") if isinstance(conv, ast.Call) else None
        if channels is None or not isinstance(conv, ast.Call):
            return False
        elements.insert(i + 1, sibling(conv, "BatchNorm2d", [channels]))
        return True
    if not norms:
        return False
    chosen = rng.choice(norms)
    old = layer(chosen)
    new = rng.choice([n for n in ("BatchNorm2d", "GroupNorm", "GroupNorm") if n != old])
    everywhere = rng.random() < 0.5
    for call in norms:
        channels = _channels(call)
        if channels is not None and (call is chosen or (everywhere and layer(call) == old)):
            grouped = [ast.Constant(_groups(channels)), channels]
            rename_layer(call, new, grouped if new == "GroupNorm" else [channels])
    return True


def _channels(norm: ast.Call) -> ast.expr | None:
    return argument(norm, "num_channels" if layer(norm) == "GroupNorm" else "num_features")


def _groups(channels: ast.expr) -> int:
    """Groups that certainly divide the channels: 8 or 4 where they are literal, else 1."""
    if isinstance(channels, ast.Constant) and isinstance(channels.value, int):
        return next(g for g in (8, 4, 1) if channels.value % g == 0)
    return 1


def mutate_dropout(tree: ast.Module, rng: Random) -> bool:
    """Add a dropout after an activation, change the rate of one, or remove one."""
    lists = layer_lists(tree)
    present = [
        (elements, i)
        for elements in lists
        for i, element in enumerate(elements)
        if layer(element) in DROPOUTS
    ]
    absent = [
        (elements, i)
        for elements in lists
        for i, element in enumerate(elements)
        if layer(element) in ACTIVATIONS
        and is_through_module(element)
        and layer(elements[min(i + 1, len(elements) - 1)]) not in DROPOUTS
    ]
    if absent and (not present or rng.random() < 0.4):
        elements, i = rng.choice(absent)
        activation = elements[i]
        if not isinstance(activation, ast.Call):
            return False
        # Whole channels where there is a convolution, single features elsewhere.
        spatial = any(layer(e) in CONVOLUTIONS for e in elements)
        rate = ast.Constant(rng.choice(_RATES))
        elements.insert(i + 1, sibling(activation, "Dropout2d" if spatial else "Dropout", [rate]))
        return True
    if not present:
        return False
    elements, i = rng.choice(present)
    dropout = elements[i]
    if len(elements) > 1 and rng.random() < 0.5:
        del elements[i]
    elif isinstance(dropout, ast.Call):
        dropout.args, dropout.keywords = [ast.Constant(rng.choice(_RATES))], []
    return True


def mutate_pooling(tree: ast.Module, rng: Random) -> bool:
    """Exchange maximum for mean in one pooling layer, or the other way round."""
    adaptive = {"AdaptiveAvgPool2d": "AdaptiveMaxPool2d", "AdaptiveMaxPool2d": "AdaptiveAvgPool2d"}
    other = {"MaxPool2d": "AvgPool2d", "AvgPool2d": "MaxPool2d"} | adaptive
    known = {"kernel_size", "stride", "padding", "output_size", "ceil_mode"}
    options = [
        c
        for c in calls(tree, frozenset(other))
        if is_through_module(c) and {k.arg for k in c.keywords} <= known and len(c.args) <= 3
    ]
    if not options:
        return False
    call = rng.choice(options)
    if isinstance(call.func, ast.Attribute):
        call.func.attr = other[call.func.attr]
    return True


def mutate_order(tree: ast.Module, rng: Random) -> bool:
    """Swap two neighbours in a list of layers that both keep the number of channels."""
    shapeless = NORMS | DROPOUTS | POOLS | frozenset(ACTIVATIONS)
    options = [
        (elements, i)
        for elements in layer_lists(tree)
        for i in range(len(elements) - 1)
        if {layer(elements[i]), layer(elements[i + 1])} <= shapeless
        and layer(elements[i]) != layer(elements[i + 1])
    ]
    if not options:
        return False
    elements, i = rng.choice(options)
    elements[i], elements[i + 1] = elements[i + 1], elements[i]
    return True
