"""Mutate the structure: depth, order of blocks, skip connections."""

from __future__ import annotations

import ast
import copy
import itertools
from dataclasses import dataclass
from random import Random

from catta.generation.mutation_syntax import (
    CONVOLUTIONS,
    POOLS,
    argument,
    bodies,
    calls,
    integer,
    keeps_size,
    layer,
    layer_lists,
    set_argument,
)

_CHANGES_SHAPE = POOLS | frozenset(
    {"AdaptiveAvgPool2d", "AdaptiveMaxPool2d", "Flatten", "Unflatten", "Upsample", "PixelShuffle"}
)
_COUNTED = frozenset({"num_blocks", "num_layers", "depth", "n_blocks", "n_layers", "blocks"})


@dataclass(frozen=True, slots=True)
class _Block:
    """A run of a list of layers that begins with a convolution or a linear layer."""

    elements: list[ast.expr]
    start: int
    end: int
    head: ast.Call


def _blocks(tree: ast.Module) -> list[_Block]:
    found: list[_Block] = []
    for elements in layer_lists(tree):
        heads = [i for i, e in enumerate(elements) if layer(e) in ("Conv2d", "Linear")]
        for start, end in itertools.pairwise([*heads, len(elements)]):
            head = elements[start]
            if isinstance(head, ast.Call):
                found.append(_Block(elements, start, end, head))
    return found


def deepen(tree: ast.Module, rng: Random) -> bool:
    """Repeat a block of layers after itself, with its width in and out and without pooling."""
    options: list[tuple[_Block, ast.expr]] = []
    for block in _blocks(tree):
        width = _width(block.head, 1)
        # A linear layer with nothing after it is the head, whose output is the classes.
        is_head = layer(block.head) == "Linear" and block.end - block.start == 1
        if width is not None and not is_head and not _is_grouped(block.head):
            options.append((block, width))
    if not options:
        return False
    block, width = rng.choice(options)
    elements = [
        copy.deepcopy(e)
        for e in block.elements[block.start : block.end]
        if layer(e) not in _CHANGES_SHAPE
    ]
    head = elements[0]
    if isinstance(head, ast.Call):
        set_argument(head, _names(head)[0], copy.deepcopy(width))
        _make_size_keeping(head)
    block.elements[block.end : block.end] = elements
    # What comes after a flattening must not come before it.
    tail = block.elements[block.start : block.end]
    moved = [e for e in tail if layer(e) in _CHANGES_SHAPE]
    kept = [e for e in tail if layer(e) not in _CHANGES_SHAPE]
    block.elements[block.start : block.end + len(elements)] = [*kept, *elements, *moved]
    return True


def flatten_out(tree: ast.Module, rng: Random) -> bool:
    """Remove a block of layers whose input and output have the same shape."""
    options = [
        block
        for block in _blocks(tree)
        if len(block.elements) > block.end - block.start and _keeps_shape(block)
    ]
    if not options:
        return False
    block = rng.choice(options)
    kept = [e for e in block.elements[block.start : block.end] if layer(e) in _CHANGES_SHAPE]
    block.elements[block.start : block.end] = kept
    return True


def _keeps_shape(block: _Block) -> bool:
    width_in, width_out = _width(block.head, 0), _width(block.head, 1)
    if width_in is None or width_out is None:
        return False
    same = ast.dump(width_in) == ast.dump(width_out)
    return same and (layer(block.head) == "Linear" or keeps_size(block.head))


def repeat_unit(tree: ast.Module, rng: Random) -> bool:
    """Repeat or remove statements that add a convolution and then note its width.

    For example `layers += [nn.Conv2d(width, 64, 3, padding=1), nn.ReLU()]; width = 64`: what comes
    next reads the width from the variable, so either keeps all connections.
    """
    units = _units(tree)
    if not units:
        return False
    body, start, end = rng.choice(units)
    if len(units) > 1 and rng.random() < 0.5:
        del body[start:end]
        return True
    unit = copy.deepcopy(body[start:end])
    for statement in unit:
        for conv in calls(statement, frozenset({"Conv2d"})):
            _make_size_keeping(conv)
        for elements in layer_lists(statement):
            kept = [e for e in elements if layer(e) not in _CHANGES_SHAPE]
            elements[:] = kept or elements
    body[end:end] = unit
    return True


def swap_units(tree: ast.Module, rng: Random) -> bool:
    """Swap two such groups of statements that follow each other."""
    units = _units(tree)
    pairs = [
        (one, other)
        for one in units
        for other in units
        if one[0] is other[0] and one[2] == other[1] and not _equal(one, other)
    ]
    if not pairs:
        return False
    (body, start, middle), (_, _, end) = rng.choice(pairs)
    body[start:end] = [*body[middle:end], *body[start:middle]]
    return True


_Unit = tuple[list[ast.stmt], int, int]


def _equal(one: _Unit, other: _Unit) -> bool:
    texts = [[ast.dump(s) for s in body[start:end]] for body, start, end in (one, other)]
    return texts[0] == texts[1]


def _units(tree: ast.Module) -> list[_Unit]:
    units: list[_Unit] = []
    for body in bodies(tree):
        for start, statement in enumerate(body):
            convs = calls(statement, CONVOLUTIONS)
            width = argument(convs[0], "in_channels") if convs else None
            if len(convs) != 1 or not isinstance(width, ast.Name):
                continue
            end = _noted(body, start, width.id, argument(convs[0], "out_channels"))
            if end:
                units.append((body, start, end))
    return units


def _noted(body: list[ast.stmt], start: int, name: str, width: ast.expr | None) -> int | None:
    """End of the statements up to `name = width`, if that comes before the next convolution."""
    for i in range(start + 1, min(start + 4, len(body))):
        statement = body[i]
        if calls(statement, CONVOLUTIONS):
            return None
        if (
            isinstance(statement, ast.Assign)
            and isinstance(statement.targets[0], ast.Name)
            and statement.targets[0].id == name
        ):
            same = width is not None and ast.dump(statement.value) == ast.dump(width)
            return i + 1 if same else None
    return None


def mutate_count(tree: ast.Module, rng: Random) -> bool:
    """Repeat one time more or less: literal counts of loops and of blocks."""
    found: list[ast.Constant] = []
    for node in ast.walk(tree):
        values: list[ast.expr] = []
        if isinstance(node, ast.Call):
            values += node.args if layer(node) == "range" and len(node.args) == 1 else []
            values += [k.value for k in node.keywords if k.arg in _COUNTED]
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            values += [node.value] if node.targets[0].id in _COUNTED else []
        constants = [value for value in values if isinstance(value, ast.Constant)]
        found += [c for c in constants if type(c.value) is int and c.value > 0]
    if not found:
        return False
    count = rng.choice(found)
    if isinstance(count.value, int):
        count.value += 1 if count.value == 1 or rng.random() < 0.5 else -1
    return True


def add_skip(tree: ast.Module, rng: Random) -> bool:
    """Add the input of a layer to its output in `forward`, where the shapes are equal.

    `x = self.block(x)` -> `skip = self.block(x); x = skip + x if skip.shape == x.shape else skip`
    """
    options: list[tuple[list[ast.stmt], int]] = []
    for function in ast.walk(tree):
        if not (isinstance(function, ast.FunctionDef) and function.name == "forward"):
            continue
        for body in bodies(ast.Module(body=[function], type_ignores=[])):
            options += [(body, i) for i, s in enumerate(body) if _is_layer_of_itself(s)]
    used = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
    names = ["skip", *(f"skip{i}" for i in range(2, len(used) + 3))]
    name = next(n for n in names if n not in used)
    if not options:
        return False
    body, i = rng.choice(options)
    old = body[i]
    if not (isinstance(old, ast.Assign) and isinstance(old.targets[0], ast.Name)):
        return False
    x = old.targets[0].id
    added = ast.parse(f"{x} = {name} + {x} if {name}.shape == {x}.shape else {name}").body
    new = ast.Assign(targets=[ast.Name(name, ast.Store())], value=old.value)
    body[i : i + 1] = [ast.fix_missing_locations(ast.copy_location(new, old)), *added]
    return True


def _is_layer_of_itself(statement: ast.stmt) -> bool:
    """Whether a statement is `x = self.<...>(x)`."""
    if not (isinstance(statement, ast.Assign) and len(statement.targets) == 1):
        return False
    target, value = statement.targets[0], statement.value
    return (
        isinstance(target, ast.Name)
        and isinstance(value, ast.Call)
        and isinstance(value.func, ast.Attribute)
        and isinstance(value.func.value, ast.Name)
        and value.func.value.id == "self"
        and len(value.args) == 1
        and isinstance(value.args[0], ast.Name)
        and value.args[0].id == target.id
    )


def _names(head: ast.Call) -> tuple[str, str]:
    if layer(head) == "Linear":
        return "in_features", "out_features"
    return "in_channels", "out_channels"


def _width(head: ast.Call, which: int) -> ast.expr | None:
    return argument(head, _names(head)[which])


def _is_grouped(head: ast.Call) -> bool:
    return integer(head, "groups", 1) != 1


def _make_size_keeping(conv: ast.Call) -> None:
    """Stride 1 and the padding that keeps the size, as far as the kernel is literal."""
    if layer(conv) != "Conv2d" or keeps_size(conv):
        return
    kernel = integer(conv, "kernel_size", 0)
    if not kernel or kernel % 2 == 0:
        kernel = 3
        set_argument(conv, "kernel_size", ast.Constant(kernel))
    for name, value in (("stride", 1), ("dilation", 1)):
        if integer(conv, name, value) != value:
            set_argument(conv, name, ast.Constant(value))
    set_argument(conv, "padding", ast.Constant(kernel // 2))
