"""The text of a pruned network: its parent's, and a table of the layers that became narrower.

It is a network like any other: it needs neither the parent nor what pruned it.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

from catta.errors import ExportError

_PARENT = "Unpruned"

_ADDED = '''

_WIDTHS = {{
{table}
}}


def _narrower(layer, widths):
    """A layer with the settings of another one and other widths."""
    if isinstance(layer, (torch.nn.Conv1d, torch.nn.Conv2d)):
        return type(layer)(
            widths[0], widths[1], layer.kernel_size, layer.stride, layer.padding, layer.dilation,
            widths[2], layer.bias is not None, layer.padding_mode,
        )
    if isinstance(layer, torch.nn.ConvTranspose2d):
        return type(layer)(
            widths[0], widths[1], layer.kernel_size, layer.stride, layer.padding,
            layer.output_padding, widths[2], layer.bias is not None, layer.dilation,
            layer.padding_mode,
        )
    if isinstance(layer, torch.nn.Linear):
        return type(layer)(widths[0], widths[1], layer.bias is not None)
    if isinstance(layer, torch.nn.GroupNorm):
        return type(layer)(widths[0], widths[1], layer.eps, layer.affine)
    if isinstance(layer, torch.nn.LayerNorm):
        return type(layer)(widths, layer.eps, layer.elementwise_affine)
    if isinstance(layer, torch.nn.PReLU):
        return type(layer)(widths[0])
    return type(layer)(
        widths[0], layer.eps, layer.momentum, layer.affine, layer.track_running_stats
    )


class Net({parent}):
    """The network above, with fewer channels."""

    def __init__(self, in_shape, out_shape, prm, device):
        super().__init__(in_shape, out_shape, prm, device)
        for name, widths in _WIDTHS.items():
            owner, _, last = name.rpartition(".")
            layer = self.get_submodule(name)
            self.get_submodule(owner).add_module(last, _narrower(layer, widths).to(device))
'''


def pruned_source(source: str, widths: Mapping[str, tuple[int, ...]]) -> str:
    """Text of a network whose layers are narrower.

    Args:
        source: Text of the parent.
        widths: What becomes narrower, by the name of the layer; what the constructor takes.

    Raises:
        ExportError: The text defines no `Net`, or uses the names that this needs.
    """
    tree = ast.parse(source)
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    used |= {node.name for node in tree.body if isinstance(node, (ast.ClassDef, ast.FunctionDef))}
    parent = next(name for name in _names() if name not in used)
    if used & {"_WIDTHS", "_narrower"}:
        tree = _without_former_names(tree, used)
    renamed = _Renamed({"Net": parent})
    tree = renamed.visit(tree)
    if not renamed.found:
        raise ExportError("the network defines no class Net that can be pruned")
    _import_torch(tree)
    ast.fix_missing_locations(tree)
    table = "\n".join(f"    {name!r}: {tuple(found)!r}," for name, found in widths.items())
    return ast.unparse(tree) + _ADDED.format(table=table, parent=parent)


class _Renamed(ast.NodeTransformer):
    """Renames classes, functions and variables of a module."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names
        self.found = False

    def visit_Name(self, node: ast.Name) -> ast.Name:
        node.id = self._names.get(node.id, node.id)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        if node.name in self._names:
            self.found = True
            node.name = self._names[node.name]
        return self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.name = self._names.get(node.name, node.name)
        return self.generic_visit(node)


def _names() -> list[str]:
    return [_PARENT, *(f"{_PARENT}{number}" for number in range(2, 100))]


def _without_former_names(tree: ast.Module, used: set[str]) -> ast.Module:
    """The text of a network that was pruned before, whose own table gets another name."""
    number = next(n for n in range(2, 100) if f"_WIDTHS{n}" not in used)
    names = {"_WIDTHS": f"_WIDTHS{number}", "_narrower": f"_narrower{number}"}
    return _Renamed(names).visit(tree)


def _import_torch(tree: ast.Module) -> None:
    """Import torch by that name, behind what has to come first."""
    place = 0
    for number, node in enumerate(tree.body):
        text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
        if text or future:
            place = number + 1
        else:
            break
    known = any(
        isinstance(node, ast.Import)
        and any(one.name == "torch" and one.asname is None for one in node.names)
        for node in tree.body
    )
    if not known:
        tree.body.insert(place, ast.Import(names=[ast.alias(name="torch")]))
