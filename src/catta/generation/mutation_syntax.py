"""Finding layers in the syntax tree of a network."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from random import Random

Mutation = Callable[[ast.Module, Random], bool]
"""Changes a tree in place at one place that the generator chooses; False where there is none."""

CONVOLUTIONS = frozenset({"Conv2d", "ConvTranspose2d"})
NORMS = frozenset({"BatchNorm2d", "GroupNorm", "InstanceNorm2d"})
ACTIVATIONS = ("ReLU", "GELU", "SiLU", "ELU", "LeakyReLU", "Mish", "Hardswish", "ReLU6", "CELU")
DROPOUTS = frozenset({"Dropout", "Dropout2d"})
POOLS = frozenset({"MaxPool2d", "AvgPool2d"})

# Positions of the arguments that layers are most often given without a name.
POSITIONS: dict[str, tuple[str, ...]] = {
    "Conv2d": (
        *("in_channels", "out_channels", "kernel_size", "stride", "padding"),
        *("dilation", "groups"),
    ),
    "Linear": ("in_features", "out_features"),
    "BatchNorm2d": ("num_features",),
    "InstanceNorm2d": ("num_features",),
    "GroupNorm": ("num_groups", "num_channels"),
    "MaxPool2d": ("kernel_size", "stride", "padding"),
    "AvgPool2d": ("kernel_size", "stride", "padding"),
    "Dropout": ("p",),
    "Dropout2d": ("p",),
}


def layer(node: ast.AST) -> str:
    """`Conv2d` for a call such as `nn.Conv2d(...)`; empty if it is no call of a name."""
    if not isinstance(node, ast.Call):
        return ""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def calls(tree: ast.AST, names: frozenset[str]) -> list[ast.Call]:
    """All calls of layers with one of these names, in the order of the source."""
    return [n for n in ast.walk(tree) if isinstance(n, ast.Call) and layer(n) in names]


def argument(call: ast.Call, name: str) -> ast.expr | None:
    """The value of a layer's argument, given by name or by position."""
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    positions = POSITIONS.get(layer(call), ())
    index = positions.index(name) if name in positions else len(call.args)
    before = call.args[: index + 1]
    if index >= len(call.args) or any(isinstance(a, ast.Starred) for a in before):
        return None
    return call.args[index]


def integer(call: ast.Call, name: str, default: int) -> int | None:
    """The value of an integer argument; its default where it is not given; None if computed."""
    value = argument(call, name)
    if value is None:
        spread = any(k.arg is None for k in call.keywords)
        return None if spread or any(isinstance(a, ast.Starred) for a in call.args) else default
    if isinstance(value, ast.Constant) and type(value.value) is int:
        return value.value
    return None


def set_argument(call: ast.Call, name: str, value: ast.expr) -> None:
    """Give an argument of a layer, where it stands now or else by name."""
    for keyword in call.keywords:
        if keyword.arg == name:
            keyword.value = value
            return
    positions = POSITIONS.get(layer(call), ())
    if name in positions and positions.index(name) < len(call.args):
        call.args[positions.index(name)] = value
    else:
        call.keywords.append(ast.keyword(arg=name, value=value))


def rename_layer(call: ast.Call, name: str, args: list[ast.expr]) -> None:
    """Turn a layer into another one of the same module, with these positional arguments."""
    if isinstance(call.func, ast.Attribute):
        call.func.attr = name
        call.args = args
        call.keywords = []


def sibling(call: ast.Call, name: str, args: list[ast.expr]) -> ast.Call:
    """Another layer of the module that a layer comes from: `nn.Conv2d(...)` -> `nn.<name>(...)`."""
    if not isinstance(call.func, ast.Attribute):
        raise TypeError("the layer is not called through its module")
    func = ast.Attribute(value=call.func.value, attr=name, ctx=ast.Load())
    return ast.Call(func=func, args=args, keywords=[])


def is_through_module(node: ast.AST) -> bool:
    """Whether a layer is called as `nn.X(...)`, so that another name of `nn` can take its place."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)


def layer_lists(tree: ast.AST) -> list[list[ast.expr]]:
    """The lists of layers: arguments of `nn.Sequential`, and lists of layers to come into one."""
    found: list[list[ast.expr]] = []
    for node in ast.walk(tree):
        if layer(node) == "Sequential" and isinstance(node, ast.Call):
            found.append(node.args)
        elif isinstance(node, ast.List) and any(is_through_module(e) for e in node.elts):
            found.append(node.elts)
    return [elements for elements in found if elements]


def bodies(tree: ast.AST) -> Iterator[list[ast.stmt]]:
    """All blocks of statements inside functions."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            for node in ast.walk(function):
                for name in ("body", "orelse"):
                    block = getattr(node, name, None)
                    if isinstance(block, list) and not isinstance(node, ast.ClassDef):
                        yield block


def keeps_size(call: ast.Call) -> bool:
    """Whether a convolution certainly leaves height and width as they are."""
    kernel = integer(call, "kernel_size", 0)
    padding = argument(call, "padding")
    if integer(call, "stride", 1) != 1 or layer(call) != "Conv2d":
        return False
    if isinstance(padding, ast.Constant) and padding.value == "same":
        return True
    dilation = integer(call, "dilation", 1)
    found = integer(call, "padding", 0)
    if not kernel or dilation is None or found is None:
        return False
    return kernel % 2 == 1 and 2 * found == dilation * (kernel - 1)
