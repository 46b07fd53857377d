"""What a plot says in words: names taken literally, units, numbers of observations."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from matplotlib import font_manager, ft2font

from catta.plots.style import ALONE, FAINT, INK, QUIET

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.legend import Legend

UNKNOWN = "�"
NOTE = "note"
"""Mark of the text that says what a plot is made of."""
_LONGEST = 34
_EDGE = 0.11
_TITLE_LINE, _NOTE_LINE = 0.23, 0.155
_TITLE_CHARACTER, _NOTE_CHARACTER = 0.104, 0.0675
"""Inches: the edge of a figure, the heights of lines, the widths of characters on average."""

_LABELS = {
    "accuracy": "accuracy (0 to 1)",
    "seconds": "time since the training began (s)",
    "epoch": "epoch",
    "parameters": "parameters",
    "nn_total_params": "parameters",
    "flops": "FLOPs of one sample",
    "nn_flops": "FLOPs of one sample",
    "latency": "latency on a device (as published)",
    "latency_ms": "latency (ms)",
    "peak_memory_mb": "peak memory (MiB)",
    "lr": "learning rate",
    "batch": "batch size",
    "importance": "importance (share of the variance)",
    "jaccard": "Jaccard similarity (0 to 1)",
    "nn": "network",
}


def label(column: str) -> str:
    """What an axis says of a column, with its unit."""
    return _LABELS.get(column, plain(column.replace("_", " ")))


def plain(text: object) -> str:
    """One line that the font can show: what it has no picture for becomes a question mark.

    A control character would end an SVG before its time, a missing picture is a warning.
    """
    known = _characters()
    line = " ".join(str(text).split())
    return "".join(c if c.isprintable() and ord(c) in known else UNKNOWN for c in line)


def short(text: object, longest: int = _LONGEST) -> str:
    """A name of at most so many characters; the middle of a longer one is left out.

    Names of networks begin with their family and end with what tells them apart.
    """
    line = plain(text)
    if len(line) <= longest:
        return line
    tail = (longest - 1) // 3
    return f"{line[: longest - 1 - tail]}…{line[-tail:]}"


def count(number: int, noun: str) -> str:
    """`1,234 trials`, `1 trial`."""
    return f"{number:,} {noun if number == 1 else _plural(noun)}"


def describe(
    axes: Axes, title: str, note: str = "", *, x: str | None = None, y: str | None = None
) -> None:
    """Say what is seen: a title, below it in grey what it is made of, and the axes' labels.

    In a figure of its own a plot has title and note at the figure's edge, whatever room the names
    beside the axes take; on axes of somebody else's they stand above the axes.
    """
    figure: Any = axes.get_figure(root=True)
    alone = figure.get_gid() == ALONE
    width, height = figure.get_size_inches()
    room = width - 2 * _EDGE if alone else _cell(axes) * width - 0.6
    titles = _lines(title, room / _TITLE_CHARACTER)
    notes = _lines(note, room / _NOTE_CHARACTER)
    head = (_TITLE_LINE * titles.count("\n") + _TITLE_LINE) * bool(titles)
    below = _NOTE_LINE * (notes.count("\n") + 1) * bool(notes)
    words: dict[str, Any] = {"parse_math": False, "linespacing": 1.25}
    grey: dict[str, Any] = {"fontsize": 8.5, "color": QUIET, "gid": NOTE, **words}
    if alone:
        left, top = _EDGE / width, 1 - _EDGE / height
        corner: dict[str, Any] = {"ha": "left", "va": "top", "in_layout": False}
        figure.suptitle(titles, x=left, y=top, fontsize=11.5, fontweight="bold", **corner, **words)
        figure.text(left, top - head / height, notes, **corner, **grey)
        free = 1 - (1.5 * _EDGE + head + below) / height
        figure.get_layout_engine().set(rect=(0, 0, 1, max(free, 0.3)))
    else:
        axes.set_title(titles, loc="left", pad=8 + 72 * below, fontsize=10, **words)
        above: dict[str, Any] = {"xytext": (0, 6), "textcoords": "offset points", "va": "bottom"}
        axes.annotate(notes, (0, 1), xycoords="axes fraction", **above, **grey)
    if x is not None:
        axes.set_xlabel(x, parse_math=False)
    if y is not None:
        axes.set_ylabel(y, parse_math=False)


def _cell(axes: Axes) -> float:
    """The share of a figure's width that axes have with all that belongs to them."""
    spec = axes.get_subplotspec()
    if spec is None:
        return axes.get_position().width
    return len(spec.colspan) / spec.get_gridspec().ncols


def amount(value: float) -> str:
    """A number of any size in a few characters: `0.05`, `20`, `3,000`, `2 M`."""
    for limit, unit in ((1e9, " G"), (1e6, " M")):
        if abs(value) >= limit:
            return f"{value / limit:,.4g}{unit}"
    return f"{value:,.3g}" if abs(value) < 1_000 else f"{value:,.0f}"


def _lines(text: str, width: float) -> str:
    """A text in lines of so many characters, at most three of them."""
    lines = textwrap.wrap(plain(text), max(12, int(width)))
    return "\n".join(lines[:3]) + ("…" if len(lines) > 3 else "")


def name_ticks(axis: Any, places: Sequence[float], names: Sequence[object], **words: Any) -> None:
    """Write names at places of an axis (`axes.xaxis`, `axes.yaxis`), taken literally."""
    axis.set_ticks(list(places), [short(name, 40) for name in names], parse_math=False, **words)


def legend(axes: Axes, *, title: str | None = None, **words: Any) -> Legend | None:
    """A legend of what has a label, its names taken literally; None if nothing has one."""
    handles, names = axes.get_legend_handles_labels()
    if not handles:
        return None
    made = axes.legend(handles, names, title=title, alignment="left", **words)
    for text in (*made.get_texts(), made.get_title()):
        text.set_parse_math(False)
    return made


def nothing(axes: Axes, title: str, sentence: str) -> Axes:
    """Axes that say in one sentence why there is nothing on them."""
    describe(axes, title)
    axes.set_axis_off()
    axes.text(
        0.5,
        0.5,
        plain(sentence),
        transform=axes.transAxes,
        ha="center",
        va="center",
        color=QUIET,
        wrap=True,
        parse_math=False,
        bbox={"boxstyle": "round,pad=1", "facecolor": "none", "edgecolor": FAINT},
    )
    return axes


def write(axes: Axes, x: float, y: float, text: object, **words: Any) -> None:
    """Write a short text at a place of the data, taken literally."""
    look: dict[str, Any] = {"fontsize": 8, "color": INK, "annotation_clip": False, **words}
    axes.annotate(plain(text), (x, y), parse_math=False, **look)


def _plural(noun: str) -> str:
    return f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"


@cache
def _characters() -> frozenset[int]:
    font = ft2font.FT2Font(font_manager.findfont("DejaVu Sans"))
    return frozenset(font.get_charmap())
