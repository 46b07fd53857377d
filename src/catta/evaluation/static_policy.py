"""What a network may not do: imports, pretrained weights, files, processes, the network."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator

ALLOWED_IMPORTS: frozenset[str] = frozenset(
    {
        *("torch", "torch.nn.*", "torch.fft", "torch.linalg", "torch.special"),
        *(
            "torch.autograd",
            "torch.utils.checkpoint",
            "math",
            "typing",
            "functools",
            "collections.*",
        ),
        *("itertools", "dataclasses", "abc", "enum", "copy", "numbers", "__future__"),
    }
)
"""Modules a network may import; `name.*` stands for a module and its submodules."""

CHECKED_IMPORTS: frozenset[str] = ALLOWED_IMPORTS | {
    "torchvision",
    "torchvision.models.*",
    "torchvision.ops.*",
}
"""Modules that a network of the user's may import as well; candidates of a loop may not."""

_PRETRAINED = frozenset({"hub", "model_zoo", "load_state_dict_from_url", "from_pretrained"})
_FORBIDDEN_CALLS = frozenset(
    {"open", "eval", "exec", "compile", "__import__", "breakpoint", "globals", "locals"}
)
_FORBIDDEN_MODULES = frozenset(
    {"os", "sys", "subprocess", "socket", "shutil", "pathlib", "importlib", "builtins", "ctypes"}
    | {"signal", "threading", "multiprocessing", "pickle", "marshal", "urllib", "requests", "io"}
    | {"inspect", "gc", "posix", "resource"}
)
_WEIGHTS = frozenset({"weights", "weights_backbone"})
_TORCHVISION = frozenset({"models", "ops"})
_TORCH_FORBIDDEN = frozenset(
    {"load", "save", "jit", "package", "serialization", "multiprocessing", "distributed", "compile"}
    | {"classes", "ops", "library", "utils.cpp_extension", "utils.data", "storage", "_C"}
    | {"from_file", "export", "onnx", "profiler"}
)
_ALLOWED_DUNDERS = frozenset(
    {"__init__", "__name__", "__class__", "__len__", "__call__", "__getitem__", "__setitem__"}
    | {"__getattr__", "__setattr__", "__repr__", "__str__", "__iter__", "__next__", "__new__"}
    | {"__post_init__", "__enter__", "__exit__", "__doc__", "__all__", "__contains__", "__add__"}
    | {"__version__", "__main__"}
)
_DUNDER = re.compile(r"__\w+__")
_BY_NAME = frozenset({"getattr", "setattr", "delattr", "hasattr"})


def find_breach_of_policy(
    tree: ast.Module, allowed_imports: Collection[str] = ALLOWED_IMPORTS
) -> str | None:
    """What a network does that it may not do.

    Args:
        tree: Syntax tree of the module.
        allowed_imports: Modules that may be imported; `name.*` allows the submodules too.

    Returns:
        One sentence about the first breach, or None.
    """
    pretrained = find_pretrained(tree)
    if pretrained:
        return pretrained
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            error = next(_forbidden_imports(node, allowed_imports), None)
        elif isinstance(node, ast.Attribute):
            error = _forbidden_attribute(node)
        elif isinstance(node, ast.Name):
            error = _forbidden_name(node)
        elif isinstance(node, ast.Call):
            error = _forbidden_call(node)
        else:
            error = None
        if error:
            return f"{error} (line {getattr(node, 'lineno', '?')})."
    return None


def find_pretrained(tree: ast.Module) -> str | None:
    """Where a network fetches or loads weights that somebody trained before, in one sentence."""
    for node in ast.walk(tree):
        what = None
        if isinstance(node, ast.Attribute):
            name = dotted(node)
            if node.attr in _PRETRAINED or name == "torch.load":
                what = name or node.attr
        elif isinstance(node, ast.Name) and node.id in _PRETRAINED - {"hub"}:
            what = node.id
        elif isinstance(node, ast.ImportFrom):
            names = {a.name for a in node.names} & _PRETRAINED
            from_torch = (node.module or "").partition(".")[0] == "torch"
            what = f"{node.module}.{min(names)}" if names and from_torch else None
            if node.module == "torch" and any(a.name == "load" for a in node.names):
                what = "torch.load"
        elif isinstance(node, ast.Import):
            what = next((a.name for a in node.names if a.name.endswith((".hub", "_zoo"))), None)
        elif isinstance(node, ast.keyword) and _names_weights(node):
            what = f"{node.arg}={ast.unparse(node.value)}"
        if what:
            return f"Pretrained weights are not allowed: {what}."
    return None


def _names_weights(node: ast.keyword) -> bool:
    if node.arg == "pretrained":
        return not (isinstance(node.value, ast.Constant) and not node.value.value)
    if node.arg in _WEIGHTS:  # of torchvision: a name such as "DEFAULT" or ResNet18_Weights.X
        text = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return text or (isinstance(node.value, ast.Attribute) and "Weights" in dotted(node.value))
    return False


def _forbidden_imports(
    node: ast.Import | ast.ImportFrom, allowed: Collection[str]
) -> Iterator[str]:
    if isinstance(node, ast.ImportFrom) and node.level:
        yield "A relative import cannot work in a network"
        return
    modules = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""]
    for module in modules:
        if not any(_allows(entry, module) for entry in allowed):
            yield f"Importing {module} is not allowed"
    if isinstance(node, ast.ImportFrom):
        for alias in node.names:
            full = f"{node.module}.{alias.name}"
            if (
                _forbidden_in_torch(full)
                or alias.name in _FORBIDDEN_MODULES
                or (node.module == "torchvision" and alias.name not in _TORCHVISION)
            ):
                yield f"Importing {full} is not allowed"


def _allows(entry: str, module: str) -> bool:
    if entry.endswith(".*"):
        return module == entry[:-2] or module.startswith(entry[:-1])
    return module == entry


def _forbidden_attribute(node: ast.Attribute) -> str | None:
    if _DUNDER.fullmatch(node.attr) and node.attr not in _ALLOWED_DUNDERS:
        return f"The attribute {node.attr} is not allowed"
    name = dotted(node)
    root, _, rest = name.partition(".")
    beside = root == "torchvision" and rest and rest.partition(".")[0] not in _TORCHVISION
    if beside or _forbidden_in_torch(name):
        return f"{name} is not allowed"
    if node.attr in _FORBIDDEN_MODULES and not name.startswith("self."):
        return f"The attribute {node.attr} is not allowed"
    return None


def _forbidden_in_torch(name: str) -> bool:
    root, _, rest = name.partition(".")
    return root == "torch" and (rest in _TORCH_FORBIDDEN or rest.split(".")[0] in _TORCH_FORBIDDEN)


def _forbidden_name(node: ast.Name) -> str | None:
    if not isinstance(node.ctx, ast.Load):
        return None
    if _DUNDER.fullmatch(node.id) and node.id not in _ALLOWED_DUNDERS:
        return f"The name {node.id} is not allowed"
    return f"{node.id} is not allowed" if node.id in _FORBIDDEN_CALLS else None


def _forbidden_call(node: ast.Call) -> str | None:
    """Attributes by name: a constant name must not be a special one."""
    if not (isinstance(node.func, ast.Name) and node.func.id in _BY_NAME):
        return None
    for argument in node.args[1:2]:
        name = argument.value if isinstance(argument, ast.Constant) else None
        if isinstance(name, str) and name.startswith("__") and name not in _ALLOWED_DUNDERS:
            return f"{node.func.id} of {name} is not allowed"
    return None


def dotted(node: ast.expr) -> str:
    """`a.b.c` for a chain of attributes of a name, else an empty text."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([node.id, *reversed(parts)])
