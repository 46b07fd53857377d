"""Code and differences with colours, by classes: the page's policy forbids inline styles."""

from __future__ import annotations

import difflib
from typing import Any

from catta.novelty import InvalidSource, normalize

LIGHT, DARK = "default", "github-dark"
"""Styles of Pygments whose texts have a contrast of at least 4.5 to the ground of the pages."""


def highlighted(source: str) -> Any:
    """Python as HTML that is safe: Pygments escapes what is not its own."""
    from pygments.lexers import PythonLexer

    return _html(source, PythonLexer())


def difference(before: str, after: str, names: tuple[str, str]) -> Any:
    """A unified difference of two normalised sources, as safe HTML; None where there is none.

    Args:
        before: Source of the known network.
        after: Source of the new one.
        names: What they are called, in the same order.
    """
    lines = difflib.unified_diff(
        _lines(before), _lines(after), fromfile=names[0], tofile=names[1], lineterm="", n=3
    )
    return highlighted_difference("\n".join(lines))


def highlighted_difference(text: str) -> Any:
    """A unified difference as safe HTML; None of an empty one."""
    from pygments.lexers import DiffLexer

    return _html(text, DiffLexer()) if text else None


def style_sheet() -> str:
    """The colours, for light and dark."""
    from pygments.formatters import HtmlFormatter

    light, dark = (
        HtmlFormatter(style=style).get_style_defs(".code")  # pyright: ignore[reportArgumentType]
        for style in (LIGHT, DARK)
    )
    ground = ".code { background: var(--panel); }"
    return (
        f"{light}\n{ground}\n@media (prefers-color-scheme: dark) {{\n{dark}\n{ground}\n"
        ".code .gd { background: none; } .code .gi { background: none; }\n}\n"
    )


def _lines(source: str) -> list[str]:
    try:
        return normalize(source).splitlines()
    except InvalidSource:  # a published text that no parser of today reads
        return source.splitlines()


def _html(text: str, lexer: Any) -> Any:
    from markupsafe import Markup
    from pygments import highlight
    from pygments.formatters import HtmlFormatter

    body = highlight(text, lexer, HtmlFormatter(nowrap=True))
    return Markup(body)  # noqa: S704 - Pygments escapes
