"""Whether a module keeps the network contract, as far as its text tells.

`class Net(torch.nn.Module)` at top level, made by `Net(in_shape, out_shape, prm, device)`, called
as `net(x)`.
"""

from __future__ import annotations

import ast

from catta.evaluation.static_policy import dotted

_ARGUMENTS = ("in_shape", "out_shape", "prm", "device")


def find_breach_of_contract(tree: ast.Module) -> str | None:
    """What of the contract a module does not keep.

    Args:
        tree: Syntax tree of the module.

    Returns:
        One sentence about the first breach, or None.
    """
    classes = {s.name: s for s in tree.body if isinstance(s, ast.ClassDef)}
    net = classes.get("Net")
    if net is None:
        return "The module defines no class Net at top level."
    family, torch_base = _family(net, classes, _imports(tree))
    if torch_base is None:
        return "The class Net does not derive from torch.nn.Module."
    init = _method(family, "__init__")
    if init is None:
        return f"The class Net defines no __init__(self, {', '.join(_ARGUMENTS)})."
    if not _takes(init, len(_ARGUMENTS)):
        return f"Net.__init__ cannot be called with ({', '.join(_ARGUMENTS)})."
    forward = _method(family, "forward")
    if forward is None:
        # A container such as nn.Sequential brings its own.
        return "The class Net defines no forward(self, x)." if torch_base == "Module" else None
    return None if _takes(forward, 1) else "Net.forward cannot be called with one input."


def _imports(tree: ast.Module) -> dict[str, str]:
    """Names imported at top level with the dotted path they stand for."""
    paths: dict[str, str] = {}
    for statement in tree.body:
        if isinstance(statement, ast.Import):
            for a in statement.names:
                root = a.name.partition(".")[0]
                paths[a.asname or root] = a.name if a.asname else root
        elif isinstance(statement, ast.ImportFrom):
            for a in statement.names:
                if a.name == "*" and statement.module == "torch.nn":
                    paths["Module"] = "torch.nn.Module"
                paths[a.asname or a.name] = f"{statement.module}.{a.name}"
    return paths


def _family(
    net: ast.ClassDef, classes: dict[str, ast.ClassDef], imports: dict[str, str]
) -> tuple[list[ast.ClassDef], str | None]:
    """`Net` with its local bases, nearest first, and the class of torch.nn that they end at."""
    family: list[ast.ClassDef] = []
    torch_base: str | None = None
    waiting = [net]
    while waiting:
        current = waiting.pop(0)
        if current in family:
            continue
        family.append(current)
        for base in current.bases:
            name = dotted(base)
            local = classes.get(name)
            root, _, rest = name.partition(".")
            path = imports.get(root, root) + (f".{rest}" if rest else "")
            if local is not None:
                waiting.append(local)
            elif path.startswith("torch.nn.") and torch_base in (None, "Module"):
                torch_base = path.rpartition(".")[2]
    return family, torch_base


def _method(family: list[ast.ClassDef], name: str) -> ast.FunctionDef | ast.Assign | None:
    for owner in family:
        for statement in reversed(owner.body):
            if isinstance(statement, ast.FunctionDef) and statement.name == name:
                return statement
            if isinstance(statement, ast.Assign) and any(
                isinstance(t, ast.Name) and t.id == name for t in statement.targets
            ):
                return statement
    return None


def _takes(method: ast.FunctionDef | ast.Assign, count: int) -> bool:
    """Whether a method can be called with `count` positional arguments besides `self`."""
    if isinstance(method, ast.Assign):
        return True  # made elsewhere; the build check will tell
    args = method.args
    positional = len(args.posonlyargs) + len(args.args) - 1
    required = positional - len(args.defaults)
    if any(default is None for default in args.kw_defaults):
        return False
    return required <= count and (args.vararg is not None or positional >= count)
