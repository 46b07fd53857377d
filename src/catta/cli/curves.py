"""Curves of a training as a picture in the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from catta.records import EpochMeasurement

_WIDTH, _HEIGHT = 72, 15


def curves(epochs: Sequence[EpochMeasurement], metric: str) -> str:
    """Loss and metric over the epochs, one below the other, in plain characters."""
    values = ("loss", [e.loss for e in epochs]), (metric, [e.accuracy for e in epochs])
    return "\n".join(_curve(name, [e.epoch for e in epochs], found) for name, found in values)


def _curve(name: str, epochs: list[int], values: list[float]) -> str:
    import plotext  # only for those who ask for a picture

    plot: Any = plotext
    plot.clear_figure()
    plot.theme("clear")
    plot.plotsize(_WIDTH, _HEIGHT)
    plot.plot(epochs, values, marker="braille")
    plot.xticks(epochs if len(epochs) <= 12 else epochs[:: len(epochs) // 10])
    plot.title(name)
    plot.xlabel("epoch")
    return str(plot.build())
