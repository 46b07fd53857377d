"""Which names a block of code binds and what a name in it refers to, by Python's scoping rules."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import cast

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_CONSTANT = ast.Constant
_WITHOUT_NODES = {"ctx", "op", "ops", "attr", "id", "name", "arg", "type_comment", "kind", "names"}
# Most nodes bind nothing and open no scope; they are told by their exact type, which is fast.
PLAIN: frozenset[type[ast.AST]] = frozenset(
    {ast.Call, ast.keyword, ast.Expr, ast.Assign, ast.AugAssign, ast.Return, ast.For, ast.If}
    | {ast.Tuple, ast.List, ast.Dict, ast.Subscript, ast.Slice, ast.Starred, ast.JoinedStr}
    | {ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.FormattedValue}
)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(slots=True)
class Scope:
    """One block of code and how the names bound in it are to be written.

    Attributes:
        outer: The block around it; None for the module.
        is_class: Whether it is the body of a class, whose names its methods do not see.
        names: Names bound here to how they are written.
        next: Number of the next variable.
    """

    outer: Scope | None
    is_class: bool = False
    names: dict[str, str] = field(default_factory=dict[str, str])
    next: int = 0

    def owner(self, name: str) -> Scope | None:
        """The block that binds a name used in this one, or None (a builtin, or an error)."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names and (scope is self or not scope.is_class):
                return scope
            scope = scope.outer
        return None

    def resolve(self, name: str) -> str:
        """How a name used in this block is written."""
        owner = self.owner(name)
        return name if owner is None else owner.names[name]


class Bindings:
    """The names that one block binds.

    Attributes:
        variables: Names assigned, in the order of their first appearance (a dict as ordered set).
        kept: Names of functions, classes and imports.
        foreign: Names declared `global` (True) or `nonlocal` (False): they belong to another block.
    """

    __slots__ = ("foreign", "kept", "variables")

    def __init__(self, nodes: Iterable[ast.AST], children: Children) -> None:
        self.variables: dict[str, None] = {}
        self.kept: set[str] = set()
        self.foreign: dict[str, bool] = {}
        stack = list(nodes)
        stack.reverse()
        while stack:
            stack += reversed(self._look(stack.pop(), children))

    def _look(self, node: ast.AST, children: Children) -> list[ast.AST]:
        """Note what a node binds; return the nodes inside it that belong to the same block."""
        if type(node) in PLAIN:
            return children[node]
        if isinstance(node, ast.Name):
            if not isinstance(node.ctx, ast.Load):
                self.variables[node.id] = None
            return []
        if isinstance(node, ast.Attribute):
            return [node.value]
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            self.kept.add(node.name)
            return outside(node)
        if isinstance(node, ast.Lambda):
            return outside(node)
        if isinstance(node, COMPREHENSIONS):
            for inner in ast.walk(node):  # only an assignment expression leaves a comprehension
                if isinstance(inner, ast.NamedExpr):
                    self.variables[inner.target.id] = None
            return []
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            self.kept.update(bound_by(a) for a in node.names)
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            self.foreign.update(dict.fromkeys(node.names, isinstance(node, ast.Global)))
        else:
            self.variables.update(dict.fromkeys(names_of(node)))
        return children[node]


def names_of(node: ast.AST) -> list[str]:
    """Variables that a handler or a pattern binds: there, the tree holds plain strings."""
    if isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)):
        return [node.name] if node.name else []
    if isinstance(node, ast.MatchMapping):
        return [node.rest] if node.rest else []
    return []


def bound_by(alias: ast.alias) -> str:
    """The name that one part of an import statement binds."""
    return alias.asname or alias.name.partition(".")[0]


def parameters(args: ast.arguments) -> Iterator[ast.arg]:
    """All parameters of a function in the order in which they are written."""
    yield from args.posonlyargs
    yield from args.args
    if args.vararg:
        yield args.vararg
    yield from args.kwonlyargs
    if args.kwarg:
        yield args.kwarg


def outside(
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda,
) -> list[ast.AST]:
    """The parts of a definition that belong to the block around it."""
    if isinstance(node, ast.ClassDef):
        return [*node.decorator_list, *node.bases, *node.keywords]
    decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
    defaults = [d for d in node.args.kw_defaults if d is not None]
    return [*decorators, *node.args.defaults, *defaults]


class Children(dict[ast.AST, list[ast.AST]]):
    """As `ast.iter_child_nodes`, by node and remembered, without constants and contexts.

    A tree is walked three times; looking at its fields only once halves the time.
    """

    def __missing__(self, node: ast.AST) -> list[ast.AST]:
        found: list[ast.AST] = []
        for name in _fields(node.__class__):
            value = getattr(node, name, None)
            if value.__class__ is list:
                items = cast("list[object]", value)
                found += [n for n in items if isinstance(n, ast.AST) and type(n) is not _CONSTANT]
            elif isinstance(value, ast.AST) and type(value) is not _CONSTANT:
                found.append(value)
        self[node] = found
        return found


@cache
def _fields(kind: type[ast.AST]) -> tuple[str, ...]:
    return tuple(name for name in kind._fields if name not in _WITHOUT_NODES)
