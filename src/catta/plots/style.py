"""How every plot looks: on white, quiet, readable in grey, by the colour-blind and in print.

The colours are six of Okabe and Ito's; each group also has a marker and a dash pattern of its own,
and bars have hatches, so that nothing is told by hue alone.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PALETTE = ("#0072B2", "#E69F00", "#009E73", "#000000", "#56B4E9", "#D55E00")
"""The first four differ from each other by at least 11 in CIE lightness (0..100), so that they stay
apart in grey; so do all neighbours."""
MARKERS = ("o", "s", "^", "D", "v", "P")
DASHES: tuple[Any, ...] = (
    "-",
    (0, (5, 1.6)),
    (0, (1.2, 1.4)),
    (0, (6, 1.5, 1.2, 1.5)),
    (0, (9, 1.2, 3, 1.2)),
    (0, (3, 3)),
)
HATCHES = ("", "////", "....", "\\\\\\\\", "xxxx", "++++")
COLOURS = "viridis"
"""The colour map: its lightness only rises."""

INK, QUIET, GRID, FAINT = "#1A1A1A", "#5F6368", "#E3E5E8", "#B5BAC0"
ALONE = "catta-plot"
"""Mark of a figure that has one plot: its title stands at the edge of the figure."""
_FONT = "DejaVu Sans"  # comes with matplotlib: the same text has the same width everywhere

STYLE: dict[str, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": [_FONT],
    "font.size": 9.0,
    "text.color": INK,
    "text.usetex": False,
    "axes.edgecolor": FAINT,
    "axes.facecolor": "white",
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.labelcolor": INK,
    "axes.labelsize": 9.0,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 11.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlecolor": INK,
    "axes.formatter.useoffset": False,
    "figure.facecolor": "white",
    "figure.dpi": 100,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "hatch.linewidth": 0.6,
    "legend.fontsize": 8.5,
    "legend.edgecolor": "none",
    "legend.framealpha": 0.85,
    "xtick.color": FAINT,
    "xtick.labelcolor": QUIET,
    "xtick.labelsize": 8.5,
    "ytick.color": FAINT,
    "ytick.labelcolor": QUIET,
    "ytick.labelsize": 8.5,
    "pdf.fonttype": 42,
    "svg.fonttype": "none",  # text stays text: it can be searched, selected and read aloud
    "svg.hashsalt": "catta",  # the same plot is the same file
}


@contextmanager
def styled() -> Generator[None]:
    """Matplotlib's settings are Catta's in the block, and what they were before behind it."""
    with mpl.rc_context():
        mpl.rcdefaults()
        settings: Any = mpl.rcParams
        settings.update(STYLE)
        yield


def new_figure(width: float = 7.2, height: float = 4.2) -> Figure:
    """An empty figure of so many inches, which no global state knows of."""
    with styled():
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(figure)
    return figure


def new_axes(width: float = 7.2, height: float = 4.2) -> Axes:
    """Axes in a figure of their own; `axes.figure` is the figure."""
    figure = new_figure(width, height)
    figure.set_gid(ALONE)
    with styled():
        return figure.add_subplot()


@dataclass(frozen=True, slots=True)
class Look:
    """How the curve of one group is told from the others."""

    colour: str
    marker: str
    dashes: Any
    hatch: str


def look(place: int) -> Look:
    """The look of the group at a place, from 0; two groups below 36 never share one."""
    turn = place % len(PALETTE)
    other = (turn + place // len(PALETTE)) % len(PALETTE)
    return Look(PALETTE[turn], MARKERS[other], DASHES[other], HATCHES[other])


def lightness(colour: Any) -> float:
    """CIE lightness L* of a colour, 0 (black) to 100 (white): what is left of it in grey."""
    from matplotlib.colors import to_rgb

    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return 116 * luminance ** (1 / 3) - 16 if luminance > 0.008856 else 903.3 * luminance


def ink_on(colour: Any) -> str:
    """White or dark text, whichever can be read on a colour."""
    return "white" if lightness(colour) < 58 else INK
