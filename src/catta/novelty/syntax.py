"""Reading and writing untrusted source: parse with every guard, strip what is not code, write back.

The parent process never runs a network, but it parses every one, and a parser can be attacked
too: null bytes, lone surrogates, thousand-fold nesting, integers of a million digits, 100 MB of
text. All of that ends here in one error, `InvalidSource`.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Iterator
from typing import cast

MAX_BYTES = 200_000
"""Largest source that is looked at, in bytes of UTF-8: twice what any published network needs."""


class InvalidSource(ValueError):  # noqa: N818 - it names a state of the text, as UnicodeError does
    """The text is not a Python module that Catta can look at; the message is one sentence.

    Attributes:
        line: Number of the line at which the parser gave up, from 1, where it is known.
    """

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


def parse(source: str) -> ast.Module:
    """Parse untrusted source text.

    Args:
        source: Text of a Python module.

    Returns:
        Its syntax tree.

    Raises:
        InvalidSource: If the text does not parse, is larger than `MAX_BYTES`, or is made to break
            the parser.
    """
    if len(source) > MAX_BYTES or len(source.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise InvalidSource(f"The source is larger than {MAX_BYTES:,} bytes.")
    if "\0" in source:
        raise InvalidSource("The source holds null bytes.")
    try:
        with warnings.catch_warnings():
            # An invalid escape such as "\d" is the network's business, not a message for our user.
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except SyntaxError as error:
        where = f" (line {error.lineno})" if error.lineno else ""
        raise InvalidSource(
            f"The source does not parse: {error.msg}{where}.", error.lineno
        ) from None
    except (RecursionError, MemoryError):
        raise InvalidSource("The source is nested too deeply.") from None
    except ValueError as error:
        raise InvalidSource(f"The source does not parse: {error}.") from None


def unparse(tree: ast.AST) -> str:
    """Write a syntax tree as text, one statement a line.

    Raises:
        InvalidSource: If the tree cannot be written (nested too deeply, an integer of too many
            digits, an f-string that this version of Python cannot quote).
    """
    try:
        return ast.unparse(tree)
    except (RecursionError, MemoryError):
        raise InvalidSource("The source is nested too deeply.") from None
    except ValueError as error:
        raise InvalidSource(f"The source cannot be written in canonical form: {error}.") from None


def edit_blocks(node: ast.AST, edit: Callable[[ast.stmt], ast.stmt | None]) -> None:
    """Replace (or, by None, remove) the statements directly inside a node, in place.

    A block that becomes empty gets a `pass`, but for the module's, which may be empty.
    """
    for name in ("body", "orelse", "finalbody"):
        block = getattr(node, name, None)
        if isinstance(block, list) and block:
            statements = cast("list[ast.stmt]", block)
            edited = [new for s in statements if (new := edit(s)) is not None]
            if edited != statements:
                empty = [] if isinstance(node, ast.Module) else [ast.Pass()]
                statements[:] = edited or empty


def without_constant(statement: ast.stmt) -> ast.stmt | None:
    """Drop docstrings and all other statements that are nothing but a constant."""
    is_constant = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return None if is_constant else statement


def normalize(source: str) -> str:
    """Bring source text into the readable form that networks are stored and trained on.

    Comments, docstrings and formatting are gone and every statement stands on a line of its own;
    names are as they were. `normalize(normalize(s)) == normalize(s)`.

    Args:
        source: Text of a Python module.

    Returns:
        The same module in canonical formatting, without a newline at the end.

    Raises:
        InvalidSource: If the text does not parse.
    """
    tree = parse(source)
    strip(tree)
    return unparse(tree)


def strip(tree: ast.Module) -> None:
    """Drop docstrings and all other bare constants, in place; `pass` where a block gets empty."""
    for node in blocks(tree):
        edit_blocks(node, without_constant)


def blocks(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node that can hold statements, outer ones first; expressions hold none."""
    stack = [tree]
    while stack:
        node = stack.pop()
        yield node
        for name in ("body", "handlers", "orelse", "finalbody", "cases"):
            stack += getattr(node, name, ())
