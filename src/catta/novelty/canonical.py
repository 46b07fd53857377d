"""Identity of a network: a versioned hash of source from which all mere spelling is gone.

Two texts are the same network when they differ only in formatting, comments, docstrings,
annotations of functions and local variables, names of local variables and parameters, or in the way
they import (`import torch.nn as nn`, `from torch import nn`). Names of classes, functions and
attributes stay: networks that differ there are told apart here, and brought together by MinHash and
by the fingerprint of the traced graph.

The text is what `ast.unparse` writes, which is stable for the constructs networks are made of;
should a future Python write it differently, the version in front of the hash has to change.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterable

from catta.novelty.scopes import (
    COMPREHENSIONS,
    FUNCTIONS,
    PLAIN,
    Bindings,
    Children,
    Scope,
    bound_by,
    names_of,
    outside,
    parameters,
)
from catta.novelty.syntax import InvalidSource, edit_blocks, parse, unparse, without_constant

_LOCAL = re.compile(r"v\d+")
_SHORT = {  # the names everybody uses; tried in this order
    "F": ("torch.nn.functional", re.compile(r"(?<![\w.])torch\.nn\.functional(?!\w)")),
    "nn": ("torch.nn", re.compile(r"(?<![\w.])torch\.nn(?!\w)")),
}


def network_id(source: str | ast.Module) -> str:
    """Identity of a network, `n1:` and 32 hexadecimal digits of a SHA-256.

    Args:
        source: Text of a Python module, or its tree as `parse` returns it, which is used up.

    Raises:
        InvalidSource: If the text does not parse.
    """
    return hash_identity(identity_text(source))


def hash_identity(text: str) -> str:
    """As `network_id`, for a text that `identity_text` returned already."""
    return "n1:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def identity_text(source: str | ast.Module) -> str:
    """The canonical form that is hashed and cut into shingles; not meant to be run.

    Local variables, and parameters that no call in the module passes by keyword, are named `v0`,
    `v1`, ... in the order in which they are bound; imported names are written with their module
    (`nn.Conv2d`, `F.relu`, `torch.cat`, `math.log`); unused imports are gone.

    Args:
        source: Text of a Python module, or its tree as `parse` returns it, which is used up.

    Returns:
        Text of a module; `identity_text` of it is itself.

    Raises:
        InvalidSource: If the text does not parse.
    """
    tree = parse(source) if isinstance(source, str) else source
    try:
        canonical = _Canonical(tree)
        canonical.rewrite()
    except RecursionError:
        raise InvalidSource("The source is nested too deeply.") from None
    return _with_imports(unparse(tree), canonical.used, canonical.short)


def _with_imports(text: str, used: set[str], short: set[str]) -> str:
    """Shorten `torch.nn` to `nn` where that is free; put the imports in use before the text."""
    lines: list[str] = []
    if "torch" in used:
        for name, (module, pattern) in _SHORT.items():
            if name in short:
                text, count = pattern.subn(name, text)
                lines += [f"import {module} as {name}"] if count else []
        if lines and not re.search(r"(?<![\w.])torch(?!\w)", text):
            used = used - {"torch"}
    lines += [f"import {root}" for root in used]
    return "\n".join([*sorted(lines), text])


class _Canonical:
    """Rewrites a tree in place."""

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree
        self.used: set[str] = set()
        self.keywords: set[str] = set()
        self.children = Children()
        bound = Bindings(tree.body, Children())  # before statements go
        self.imports = _resolvable(tree, bound)
        local, seen = self._survey()
        top = {*bound.variables, *bound.kept}
        self.reserved = {n for n in self.keywords | top | (seen - local) if _LOCAL.fullmatch(n)}
        self.module = Scope(None, names={n: n for n in top} | self.imports)
        taken = {n for n in top | self.keywords if self.imports.get(n) != _module_of(n)}
        self.short = _SHORT.keys() - taken

    def _survey(self) -> tuple[set[str], set[str]]:
        """Drop what is not code; return the names bound in some block, and all names."""
        bound: set[str] = set()
        seen: set[str] = set()
        stack: list[ast.AST] = [self.tree]
        while stack:
            node = stack.pop()
            if isinstance(node, ast.Name):
                seen.add(node.id)
                if isinstance(node.ctx, ast.Store):
                    bound.add(node.id)
                continue
            if isinstance(node, ast.Attribute):
                stack.append(node.value)
                continue
            if isinstance(node, ast.arg):
                node.annotation = None
                bound.add(node.arg)
            elif isinstance(node, ast.Call):
                # PyTorch's own parameters have nothing to do with the names of this module's.
                if node.keywords and _root(node.func) not in self.imports:
                    self.keywords.update(k.arg for k in node.keywords if k.arg)
            elif not isinstance(node, ast.expr):
                if isinstance(node, FUNCTIONS):
                    node.returns = None
                bound.update(names_of(node))
                if "body" in node._fields:
                    # In the body of a class, an annotation makes a field.
                    is_class = isinstance(node, ast.ClassDef)
                    edit_blocks(node, without_constant if is_class else _plain)
            stack += self.children[node]
        return bound, seen

    def rewrite(self) -> None:
        edit_blocks(self.tree, self._without_import)
        self._visit(self.tree.body, self.module)

    def _without_import(self, statement: ast.stmt) -> ast.stmt | None:
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
                return None
            statement.names = [a for a in statement.names if bound_by(a) not in self.imports]
            return statement if statement.names else None
        return statement

    def _visit(self, nodes: Iterable[ast.AST], scope: Scope) -> None:
        stack = list(nodes)
        while stack:
            node = stack.pop()
            if isinstance(node, ast.Name):
                node.id = self._write(node.id, scope)
            elif isinstance(node, ast.Attribute):
                stack.append(node.value)
            elif type(node) in PLAIN:
                stack += self.children[node]
            elif isinstance(node, FUNCTIONS):
                stack.extend(outside(node))
                self._function(node.args, node.body, scope)
            elif isinstance(node, ast.Lambda):
                stack.extend(outside(node))
                self._function(node.args, [node.body], scope)
            elif isinstance(node, ast.ClassDef):
                stack.extend(outside(node))
                self._class(node, scope)
            elif isinstance(node, COMPREHENSIONS):
                self._comprehension(node, scope)
            else:
                _rename_fields(node, scope)
                stack.extend(self.children[node])

    def _write(self, name: str, scope: Scope) -> str:
        owner = scope.owner(name)
        if owner is None:
            return name
        if owner is self.module and name in self.imports:
            self.used.add(self.imports[name].partition(".")[0])
        return owner.names[name]

    def _function(
        self, args: ast.arguments, body: list[ast.stmt] | list[ast.expr], outer: Scope
    ) -> None:
        scope = Scope(outer, next=outer.next)
        bound = Bindings(body, self.children)
        for arg in parameters(args):
            if arg.arg in self.keywords:
                scope.names[arg.arg] = arg.arg
            else:
                self._bind(arg.arg, scope)
            arg.arg = scope.names[arg.arg]
        for name in bound.kept:
            scope.names.setdefault(name, name)
        for name, is_global in bound.foreign.items():
            if is_global:
                scope.names[name] = self.module.names.get(name, name)
        for name in bound.variables:
            if name not in scope.names and name not in bound.foreign:
                self._bind(name, scope)
        self._visit(body, scope)

    def _class(self, node: ast.ClassDef, outer: Scope) -> None:
        bound = Bindings(node.body, self.children)
        names = {n: n for n in (*bound.variables, *bound.kept)}
        self._visit(node.body, Scope(outer, is_class=True, names=names, next=outer.next))

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp, outer: Scope
    ) -> None:
        first, *others = node.generators
        self._visit([first.iter], outer)  # evaluated outside, where the variables do not exist
        scope = Scope(outer, next=outer.next)
        for name in Bindings([g.target for g in node.generators], self.children).variables:
            self._bind(name, scope)
        results = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        self._visit([first.target, *first.ifs, *others, *results], scope)

    def _bind(self, name: str, scope: Scope) -> None:
        while (new := f"v{scope.next}") in self.reserved:
            scope.next += 1
        scope.next += 1
        scope.names[name] = new


def _module_of(name: str) -> str | None:
    return _SHORT[name][0] if name in _SHORT else None


def _resolvable(tree: ast.Module, bound: Bindings) -> dict[str, str]:
    """Names imported at top level and bound nowhere else there, with the dotted path they mean."""
    paths: dict[str, str] = {}
    ambiguous: set[str] = {"*", *bound.variables}
    for statement in tree.body:
        if isinstance(statement, ast.Import):
            found = {bound_by(a): a.name if a.asname else bound_by(a) for a in statement.names}
        elif isinstance(statement, ast.ImportFrom):
            if statement.level:
                ambiguous.update(bound_by(a) for a in statement.names)
                continue
            found = {bound_by(a): f"{statement.module}.{a.name}" for a in statement.names}
        else:
            ambiguous |= Bindings([statement], Children()).kept
            continue
        ambiguous.update(n for n, path in found.items() if paths.get(n, path) != path)
        paths |= found
    return {n: path for n, path in paths.items() if n not in ambiguous}


def _root(node: ast.expr) -> str | None:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def _plain(statement: ast.stmt) -> ast.stmt | None:
    if not isinstance(statement, ast.AnnAssign):
        return without_constant(statement)
    if statement.value is None:
        return None
    new = ast.Assign(targets=[statement.target], value=statement.value)
    return ast.copy_location(new, statement)


def _rename_fields(node: ast.AST, scope: Scope) -> None:
    """Rename where a bound name is a plain string in the tree."""
    if isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
        node.name = scope.resolve(node.name)
    elif isinstance(node, ast.MatchMapping) and node.rest:
        node.rest = scope.resolve(node.rest)
    elif isinstance(node, ast.Nonlocal):
        node.names = [scope.resolve(n) for n in node.names]
