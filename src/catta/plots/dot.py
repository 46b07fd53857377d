"""Drawings by Graphviz: texts taken literally, one look, and what to say where it is missing."""

from __future__ import annotations

import subprocess
from importlib import import_module
from typing import TYPE_CHECKING, Any

from catta.errors import CattaError, UsageError

if TYPE_CHECKING:
    from graphviz import Digraph

FONT = "DejaVu Sans"
INK, QUIET, FAINT = "#1A1A1A", "#5F6368", "#B5BAC0"
_LONGEST = 60
_HEAD = 160
_PIXELS_PER_INCH = 110
_SECONDS = 60


class Drawing:
    """A drawing that Graphviz lays out: `render` gives a file's content, `source` its DOT text."""

    def __init__(self, digraph: Digraph) -> None:
        self._digraph = digraph

    @property
    def source(self) -> str:
        """The drawing in Graphviz' language."""
        return self._digraph.source

    def render(self, form: str) -> bytes:
        """The content of a file: `svg`, `png` or `pdf`.

        Raises:
            UsageError: The program `dot` is not installed.
            CattaError: It failed, or took longer than a minute.
        """
        if form == "png":
            command = ["dot", "-Tpng", f"-Gdpi={_PIXELS_PER_INCH}"]
        else:
            command = ["dot", f"-T{form}"]
        try:
            done = subprocess.run(
                command, input=self.source.encode(), capture_output=True, timeout=_SECONDS,
                check=False,
            )  # fmt: skip
        except FileNotFoundError as error:
            raise UsageError(
                "plots: the program dot of Graphviz is not installed; install it with: "
                "apt-get install graphviz (Debian, Ubuntu) or brew install graphviz (macOS)"
            ) from error
        except subprocess.TimeoutExpired as error:
            raise CattaError(f"dot did not lay the drawing out in {_SECONDS} s") from error
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip().splitlines()
            raise CattaError(f"dot failed: {said[0] if said else done.returncode}")
        return done.stdout


def digraph(*, direction: str, **attributes: str) -> Digraph:
    """An empty drawing in Catta's style.

    Args:
        direction: `TB` (downwards) or `LR` (to the right).
        attributes: More attributes of the graph.

    Raises:
        UsageError: The package graphviz is not installed.
    """
    library = _graphviz()
    words = {"fontname": FONT, "fontcolor": INK}
    return library.Digraph(
        graph_attr={
            "rankdir": direction,
            "bgcolor": "white",
            "pad": "0.2",
            "labelloc": "t",
            "labeljust": "l",
            "fontsize": "13",
            "charset": "UTF-8",
            **words,
            **attributes,
        },
        node_attr={
            "shape": "box",
            "style": "rounded,filled",
            "fillcolor": "white",
            "fontsize": "10",
            "color": QUIET,
            "margin": "0.12,0.06",
            "height": "0.3",
            "penwidth": "0.9",
            **words,
        },
        edge_attr={
            "color": QUIET,
            "fontcolor": QUIET,
            "fontsize": "8",
            "fontname": FONT,
            "arrowsize": "0.6",
            "penwidth": "0.9",
        },
    )


def literal(*lines: object, longest: int = _LONGEST) -> Any:
    """A label of lines, in which nothing is an escape, an entity or markup."""
    library = _graphviz()
    shown = (str(library.escape(_short(line, longest).replace("&", "&amp;"))) for line in lines)
    return library.nohtml("\\n".join(text for text in shown if text))


def head(*lines: str) -> Any:
    """The label of a drawing: lines that begin at the left."""
    shown = (str(literal(line, longest=_HEAD)) for line in lines)
    return _graphviz().nohtml("".join(f"{text}\\l" for text in shown if text))


def _graphviz() -> Any:
    try:
        return import_module("graphviz")
    except ImportError as error:
        raise UsageError(
            "plots: graphviz is not installed; install it with: pip install 'catta[report]'"
        ) from error


def _short(text: object, longest: int) -> str:
    """One line without characters that no XML may hold; the middle of a long one is left out."""
    line = " ".join(str(text).split())
    line = "".join(c if c.isprintable() else "\ufffd" for c in line)
    if len(line) <= longest:
        return line
    tail = (longest - 1) // 3
    return f"{line[: longest - 1 - tail]}…{line[-tail:]}"


def tip(text: str) -> str:
    """A text for an attribute such as a tooltip."""
    return str(literal(text, longest=200))
