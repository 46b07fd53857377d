"""A plot as a file: vector or pixels, whole or not at all."""

from __future__ import annotations

import os
import tempfile
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from catta.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = ("svg", "png", "pdf")
_PIXELS_PER_INCH = 160


@runtime_checkable
class Renders(Protocol):
    """A drawing that is not matplotlib's, such as one of Graphviz."""

    def render(self, form: str) -> bytes:
        """It, as a file of a format."""
        ...


def form_of(path: Path) -> str:
    """The format that a file's name asks for.

    Raises:
        UsageError: It is none of `FORMATS`, or there is no such directory.
    """
    form = path.suffix.lower().removeprefix(".")
    if form not in FORMATS:
        raise UsageError(f"{path}: the name of a plot ends with .{', .'.join(FORMATS)}")
    if path.is_dir():
        raise UsageError(f"{path} is a directory; name a file")
    if not path.absolute().parent.is_dir():
        raise UsageError(f"{path}: there is no directory {path.absolute().parent}")
    return form


def rendered(plot: Axes | Figure | Renders, form: str) -> bytes:
    """A plot as the content of a file; the same plot gives the same bytes."""
    if isinstance(plot, Renders):
        return plot.render(form)
    from catta.plots.style import styled

    figure: Any = getattr(plot, "figure", None) or plot
    written = BytesIO()
    dates = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}
    with styled():
        figure.savefig(written, format=form, dpi=_PIXELS_PER_INCH, metadata=dates[form])
    return written.getvalue()


def save(plot: Axes | Figure | Renders, path: str | Path) -> Path:
    """Write a plot to a file, whose name ends with .svg, .png or .pdf; whole or not at all.

    Args:
        plot: What a function of `catta.plots` returned.
        path: The file; one that is there is replaced.

    Raises:
        UsageError: The name has another ending, or its directory is not there.
    """
    target = Path(path)
    content = rendered(plot, form_of(target))
    descriptor, name = tempfile.mkstemp(dir=target.absolute().parent, prefix=".catta-")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        temporary.chmod(0o644)  # mkstemp makes it private; a plot is meant to be shared
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return target
