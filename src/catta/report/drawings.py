"""Drawings by Graphviz as files beside the pages; where they cannot be had, the reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from catta import plots
from catta.errors import CattaError
from catta.graphs import Graph

if TYPE_CHECKING:
    import pandas as pd

DRAWN = 300
"""Networks of which a graph is drawn: the layout of each takes a process and some tenths of a
second. The others have their table."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawn:
    """A drawing in the folder, or why there is none.

    Attributes:
        path: Within the folder; None where there is none.
        reason: One sentence in that case.
        width: In pixels, so that the page keeps the place free; 0 where unknown.
        height: As `width`.
    """

    path: str | None
    reason: str = ""
    width: int = 0
    height: int = 0


def draw_graph(graph: Graph, title: str, folder: Path, name: str) -> Drawn:
    """The operators of a network, with shapes on the edges."""
    return _drawn(lambda: plots.network_graph(graph, title=title), folder, name)


def draw_lineage(frame: pd.DataFrame, names: Mapping[str, str], folder: Path, name: str) -> Drawn:
    """The admitted networks of a run and what they come from; see `catta.plots.lineage`."""
    return _drawn(lambda: plots.lineage(frame, names=names, title=""), folder, name)


def _drawn(make: Any, folder: Path, name: str) -> Drawn:
    try:
        content: bytes = make().render("svg")
    except CattaError as error:
        return Drawn(path=None, reason=f"{error}.")
    path = folder / "graphs" / f"{name}.svg"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    width, height = _size(content)
    return Drawn(path=f"graphs/{name}.svg", width=width, height=height)


def _size(content: bytes) -> tuple[int, int]:
    """Pixels of a drawing, which Graphviz gives in points: `width="62pt" height="44pt"`."""
    start = content.find(b"<svg")
    found: list[int] = []
    for key in (b'width="', b'height="'):
        _, _, rest = content[start : start + 400].partition(key)
        number, unit, _ = rest.partition(b'pt"')
        try:
            found.append(round(float(number) * 4 / 3) if unit else 0)
        except ValueError:
            found.append(0)
    return found[0], found[1]
