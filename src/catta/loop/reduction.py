"""Reduce a published network to its architecture.

LEMUR's networks bring their own training (`train_setup`, `learn`). In the loop the evaluator owns
the training, and what a language model is taught should be nothing but the architecture: shorter,
faster to generate, and more often valid.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from catta.evaluation import find_pretrained
from catta.novelty import InvalidSource, blocks, parse, strip, unparse

_WORD = re.compile(r"[^\W\d]\w*")
_TRAINING = frozenset({"train_setup", "learn"})
_HOOKS = frozenset({"forward", "train", "eval", "to", "extra_repr", "apply", "parameters", "reset"})


def imports_of(source: str) -> set[str]:
    """Top-level names of all modules that a source imports, wherever it does (`.` if relative).

    Raises:
        InvalidSource: If the text does not parse.
    """
    modules: set[str] = set()
    for node in ast.walk(parse(source)):
        if isinstance(node, ast.Import):
            modules.update(a.name.partition(".")[0] for a in node.names)
        elif isinstance(node, ast.ImportFrom):
            modules.add("." if node.level else (node.module or "").partition(".")[0])
    return modules


def uses_pretrained(source: str) -> bool:
    """Whether a network fetches or loads weights that somebody trained before.

    Raises:
        InvalidSource: If the text does not parse.
    """
    return find_pretrained(parse(source)) is not None


def reduce_to_architecture(source: str) -> str:
    """Reduce a network to its architecture, in canonical form.

    Gone are docstrings, comments, `supported_hyperparameters`, `train_setup`, `learn`, methods and
    attributes of `Net` that only those used, and whatever of the module `Net` does not need then.

    Args:
        source: Text of a module that defines `class Net`.

    Returns:
        The reduced module; reducing it again changes nothing.

    Raises:
        InvalidSource: If the text does not parse or defines no `class Net`.
    """
    tree = parse(source)
    strip(tree)
    net = next((s for s in tree.body if isinstance(s, ast.ClassDef) and s.name == "Net"), None)
    if net is None:
        raise InvalidSource("The source defines no class Net.")
    for owner in blocks(tree):
        if isinstance(owner, ast.ClassDef):
            _shorten_super(owner)
    _drop_training(net, tree)
    tree.body = _needed(tree.body)
    return unparse(tree)


def _shorten_super(owner: ast.ClassDef) -> None:
    """`super(Net, self)` -> `super()`, so that the model has one form to learn."""
    for node in ast.walk(owner):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "super"
            and [a.id for a in node.args if isinstance(a, ast.Name)] == [owner.name, "self"]
        ):
            node.args = []


def _drop_training(net: ast.ClassDef, tree: ast.Module) -> None:
    dropped = [s for s in net.body if _name(s) in _TRAINING]
    net.body = [s for s in net.body if _name(s) not in _TRAINING]
    functions = [s for s in tree.body if s is not net and _name(s) is not None]
    mentioned = {s: _attributes([s]) for s in [*net.body, *functions]}
    while dead := _dead_methods(net, mentioned):
        dropped += dead
        net.body = [s for s in net.body if s not in dead]
        mentioned = {s: names for s, names in mentioned.items() if s not in dead}
    init = next((s for s in net.body if _name(s) == "__init__"), None)
    if isinstance(init, ast.FunctionDef):
        removed = {name for s in dropped if (name := _name(s))}
        _drop_setup(init, tree, served=_attributes(dropped), removed=removed)
    net.body = net.body or [ast.Pass()]


def _dead_methods(net: ast.ClassDef, mentioned: Mapping[ast.stmt, set[str]]) -> list[ast.stmt]:
    """Plain methods of `Net` whose name nothing else in the module mentions."""
    mentions = Counter(itertools.chain.from_iterable(mentioned.values()))
    return [
        method
        for method in net.body
        if (name := _name(method)) is not None
        and not name.startswith("__")
        and name not in _HOOKS
        and mentions[name] == (name in mentioned[method])
    ]


def _drop_setup(
    init: ast.FunctionDef, tree: ast.Module, *, served: set[str], removed: set[str]
) -> None:
    """Drop the statements of `__init__` that only served the training, and what only those used."""
    body = init.body
    init.body = []
    used_elsewhere, loaded_elsewhere = _attributes(tree.body, loaded_only=True), _loaded(init)
    used = {s: _attributes([s], loaded_only=True) for s in body}
    loaded = {s: _loaded(s) for s in body}

    def kept(statements: list[ast.stmt]) -> list[ast.stmt]:
        attributes = used_elsewhere.union(*(used[s] for s in statements))
        names = loaded_elsewhere.union(*(loaded[s] for s in statements))
        return [s for s in statements if not serves_training(s, attributes, names)]

    def serves_training(statement: ast.stmt, attributes: set[str], names: set[str]) -> bool:
        if isinstance(statement, ast.Expr):
            call = statement.value
            return isinstance(call, ast.Call) and _of_self(call.func) in removed
        if not isinstance(statement, (ast.Assign, ast.AnnAssign)) or statement.value is None:
            return False
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        if len(targets) != 1:
            return False
        if isinstance(targets[0], ast.Name):
            calls = any(isinstance(n, ast.Call) for n in ast.walk(statement.value))
            return targets[0].id not in names and not calls
        attribute = _of_self(targets[0])
        return attribute in served and attribute not in attributes

    while len(rest := kept(body)) < len(body):
        body = rest
    init.body = body or [ast.Pass()]


def _loaded(node: ast.AST) -> set[str]:
    """Names that are read inside a node."""
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}


def _needed(body: list[ast.stmt]) -> list[ast.stmt]:
    """The top-level statements that `Net` needs, directly or through others."""
    candidates = [s for s in body if not _is_main(s)]
    bound = [set(_bound(s)) for s in candidates]
    needed = {"Net"}
    kept: set[int] = set()
    while True:
        new = {i for i, names in enumerate(bound) if names & needed and i not in kept}
        if not new:
            break
        kept |= new
        for i in new:
            if not isinstance(candidates[i], (ast.Import, ast.ImportFrom)):
                needed |= set(_mentioned(candidates[i]))
    result: list[ast.stmt] = []
    for i, statement in enumerate(candidates):
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            future = isinstance(statement, ast.ImportFrom) and statement.module == "__future__"
            statement.names = [a for a in statement.names if future or _bound_by(a) & needed]
            if statement.names:
                result.append(statement)
        elif i in kept:
            result.append(statement)
    return result


def _bound(statement: ast.stmt) -> Iterator[str]:
    """Names that a top-level statement binds or changes."""
    if isinstance(statement, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
        yield statement.name
    elif isinstance(statement, (ast.Import, ast.ImportFrom)):
        yield from itertools.chain.from_iterable(map(_bound_by, statement.names))
    elif isinstance(statement, ast.Expr):
        # `CONFIG.update(...)` changes what it is called on; a bare `print(...)` changes nothing.
        if isinstance(statement.value, ast.Call) and isinstance(
            statement.value.func, ast.Attribute
        ):
            yield from _root(statement.value.func)
    else:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id
            elif isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(
                node.ctx, ast.Store
            ):
                yield from _root(node)
            elif isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.Import, ast.ImportFrom)):
                yield from _bound(node)


def _mentioned(statement: ast.stmt) -> Iterator[str]:
    for node in ast.walk(statement):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from _WORD.findall(node.value)  # a quoted annotation is a string


def _attributes(statements: Iterable[ast.stmt], *, loaded_only: bool = False) -> set[str]:
    """Names used as attributes, or in a string, as `getattr` would; not those of `torch`."""
    names: set[str] = set()
    for statement in statements:
        for node in ast.walk(statement):
            if isinstance(node, ast.Attribute):
                of_torch = isinstance(node.value, ast.Name) and node.value.id in ("torch", "nn")
                if not of_torch and not (loaded_only and isinstance(node.ctx, ast.Store)):
                    names.add(node.attr)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                names.add(node.value)
    return names


def _name(statement: ast.stmt) -> str | None:
    is_definition = isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
    return statement.name if is_definition else None


def _of_self(node: ast.expr) -> str | None:
    """The attribute of `self.<attribute>`."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return node.attr if node.value.id == "self" else None
    return None


def _root(node: ast.expr) -> Iterator[str]:
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    if isinstance(node, ast.Name):
        yield node.id


def _bound_by(alias: ast.alias) -> set[str]:
    if alias.name == "*":
        return {"Net"}  # it may bring anything, so it is always needed
    return {alias.asname or alias.name.partition(".")[0]}


def _is_main(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.If)
        and isinstance(statement.test, ast.Compare)
        and isinstance(statement.test.left, ast.Name)
        and statement.test.left.id == "__name__"
    )
