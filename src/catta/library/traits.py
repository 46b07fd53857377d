"""What the text of a network shows, and its identity; nothing of it is run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from catta.corpus.published import Traits
from catta.evaluation import find_pretrained
from catta.novelty import network_id, parse

_FAMILY = re.compile(r"[^-_.]+")
_PRETRAINED = re.compile(r"hub|zoo|load|pretrained|weights")
"""Every name that `find_pretrained` looks for holds one of these; most sources hold none."""

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def identify(name: str, source: str) -> tuple[str, Traits]:
    """Identity and traits of a network.

    Raises:
        InvalidSource: It does not parse.
    """
    tree = parse(source)
    traits = traits_of(name, source, tree)
    return network_id(tree), traits  # in this order: the identity uses the tree up


def family_of(name: str) -> str:
    """How a name begins: `ga` for `ga-0123`, `ResNet` for `ResNet-rag_1`."""
    match = _FAMILY.match(name)
    return match[0] if match else name


def traits_of(name: str, source: str, tree: ast.Module) -> Traits:
    """What the text of a network shows; `tree` is the source parsed."""
    imports: set[str] = set()
    classes = functions = 0
    for statement in _statements(tree):
        if isinstance(statement, ast.Import):
            imports.update(a.name.partition(".")[0] for a in statement.names)
        elif isinstance(statement, ast.ImportFrom):
            imports.add("." if statement.level else (statement.module or "").partition(".")[0])
        elif isinstance(statement, ast.ClassDef):
            classes += 1
        elif isinstance(statement, _DEFINITIONS):
            functions += 1
    return Traits(
        family=family_of(name),
        imports=tuple(sorted(imports)),
        pretrained=_may_be_pretrained(source) and find_pretrained(tree) is not None,
        classes=classes,
        functions=functions,
        sequential=_mentions("Sequential", source),
        module_list=_mentions("ModuleList", source),
        module_dict=_mentions("ModuleDict", source),
    )


def _statements(tree: ast.Module) -> Iterator[ast.stmt]:
    """All statements; expressions, which are most of a tree, are not looked into."""
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        for field in ("body", "orelse", "finalbody", "handlers", "cases"):
            children = getattr(node, field, None)
            if isinstance(children, list):  # a lambda's or a conditional's is one expression
                stack += children
        if isinstance(node, ast.stmt):
            yield node


def _may_be_pretrained(source: str) -> bool:
    """Spares most networks the walk; Python reads names that are not ASCII as other letters."""
    return not source.isascii() or _PRETRAINED.search(source) is not None


def _mentions(word: str, source: str) -> bool:
    return re.search(rf"\b{word}\b", source) is not None
