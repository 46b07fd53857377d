"""Names beside points, as many as have room."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from catta.plots.text import short, write

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

NAME = "name"
"""Mark of a name that was written."""

_SIZE = 7.5
_CHARACTER, _LINE = 0.63, 1.3
"""Width and height of a character, of its size."""
_RIGHT, _UP, _MARK = 7, 6, 4
"""Points between a mark and its name, and half the size of a mark."""
_SIDES = ((1, -1), (-1, 1), (1, 1), (-1, -1))
"""Where a name may stand: to the right (1) or left, above (1) or below."""


class _Place(NamedTuple):
    left: float
    foot: float
    right: float
    top: float

    def touches(self, other: _Place) -> bool:
        """Whether they have a point in common."""
        beside = self.right < other.left or other.right < self.left
        return not (beside or self.top < other.foot or other.top < self.foot)

    def within(self, other: _Place) -> bool:
        """Whether all of it is in the other one."""
        beside = other.left <= self.left and self.right <= other.right
        return beside and other.foot <= self.foot and self.top <= other.top


def name_points(
    axes: Axes, x: NDArray[Any], y: NDArray[Any], names: Sequence[object], longest: int = 24
) -> None:
    """Write names beside points, the last ones first; one that would cover another is left out.

    The axes have their limits and all that takes room beside them.
    """
    figure: Any = axes.get_figure(root=True)
    figure.draw_without_rendering()  # only now it is known where the axes end up
    scale = figure.dpi / 72
    box = axes.get_window_extent()
    frame = _Place(box.x0, box.y0, box.x1, box.y1)
    points = axes.transData.transform(np.column_stack([x, y]))
    half = _MARK * scale
    taken = [_Place(a - half, b - half, a + half, b + half) for a, b in points]
    for place in reversed(range(len(names))):
        name = short(names[place], longest)
        for right, up, around in _around(points[place], name, scale):
            if around.within(frame) and not any(around.touches(other) for other in taken):
                taken.append(around)
                _write(axes, float(x[place]), float(y[place]), name, right, up)
                break


def _around(point: Any, name: str, scale: float) -> Iterator[tuple[int, int, _Place]]:
    width, height = _SIZE * _CHARACTER * scale * len(name), _SIZE * _LINE * scale
    for right, up in _SIDES:
        left = point[0] + _RIGHT * scale * right - (width if right < 0 else 0)
        foot = point[1] + _UP * scale * up - (height if up < 0 else 0)
        yield right, up, _Place(left, foot, left + width, foot + height)


def _write(axes: Axes, x: float, y: float, name: str, right: int, up: int) -> None:
    write(
        axes,
        x,
        y,
        name,
        xytext=(_RIGHT * right, _UP * up),
        textcoords="offset points",
        ha="left" if right > 0 else "right",
        va="bottom" if up > 0 else "top",
        fontsize=_SIZE,
        gid=NAME,
        bbox={"boxstyle": "round,pad=0.1", "facecolor": "white", "alpha": 0.75, "linewidth": 0},
    )
