"""Small static pictures of a run, one panel each: cycles from left to right."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from catta.records import Candidate, Stage
from catta.report.drawing import Scale, extent, points

WIDTH, HEIGHT = 360, 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 352, 10, 172

Tick = tuple[float, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """One bar or a part of one, with what it says when it is pointed at."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """One panel.

    Attributes:
        title: What it shows.
        text: The same in a sentence, for those who do not see it.
        x_ticks: Places and texts below.
        y_ticks: Places and texts at the left.
        columns: Bars.
        whiskers: Intervals: x, upper and lower end.
        line: Points of a line.
        dots: Places of its points.
        jitter: Places of single values.
        medians: Their medians: left and right end, y.
        threshold: Height of a level, if there is one.
        legend: Kinds of columns and what they are.
    """

    title: str
    text: str
    x_ticks: Sequence[Tick]
    y_ticks: Sequence[Tick]
    columns: Sequence[Column] = ()
    whiskers: Sequence[tuple[float, float, float]] = ()
    line: str = ""
    dots: Sequence[tuple[float, float]] = ()
    jitter: Sequence[tuple[float, float]] = ()
    medians: Sequence[tuple[float, float, float]] = ()
    threshold: float | None = None
    legend: Sequence[tuple[str, str]] = field(default=())


@dataclass(frozen=True, kw_only=True, slots=True)
class Slots:
    """Where the cycles stand."""

    cycles: Sequence[int]

    @property
    def width(self) -> float:
        """Of one cycle."""
        return (_RIGHT - _LEFT) / max(1, len(self.cycles))

    def middle(self, place: int) -> float:
        """Of the cycle at a place, from 0."""
        return round(_LEFT + (place + 0.5) * self.width, 2)

    @property
    def ticks(self) -> list[Tick]:
        """At most a dozen, evenly."""
        step = -(-len(self.cycles) // 12) or 1
        return [
            (self.middle(place), str(number))
            for place, number in enumerate(self.cycles)
            if place % step == 0
        ]


def rates(
    title: str,
    cycles: Sequence[int],
    values: Sequence[float],
    ends: Sequence[tuple[float, float]],
) -> Picture:
    """A rate for each cycle, with its interval."""
    slots, scale = Slots(cycles=cycles), _scale(0.0, 1.0)
    dots = [
        (slots.middle(place), scale(value))
        for place, value in enumerate(values)
        if math.isfinite(value)
    ]
    return Picture(
        title=title,
        text=f"{title}, by cycle, with 95 % intervals; the table of cycles has the numbers.",
        x_ticks=slots.ticks,
        y_ticks=[(scale(share), f"{share:.0%}") for share in (0.0, 0.25, 0.5, 0.75, 1.0)],
        whiskers=[
            (slots.middle(place), scale(end[1]), scale(end[0]))
            for place, end in enumerate(ends)
            if math.isfinite(end[0])
        ],
        line=points(dots),
        dots=dots,
    )


def accuracies(cycles: Sequence[int], candidates: Sequence[Candidate], threshold: float) -> Picture:
    """The accuracy of each candidate that was trained, and the median of each cycle."""
    slots = Slots(cycles=cycles)
    by_cycle = [
        [c.accuracy for c in candidates if c.cycle == number and c.accuracy is not None]
        for number in cycles
    ]
    low, high = extent([*(v for values in by_cycle for v in values), threshold])
    scale = _scale(max(0.0, low), min(1.0, high) if high <= 1.06 else high)
    jitter: list[tuple[float, float]] = []
    medians: list[tuple[float, float, float]] = []
    for place, values in enumerate(by_cycle):
        middle, half = slots.middle(place), slots.width * 0.34
        for number, value in enumerate(values):  # in the order in which they were generated
            share = (number + 0.5) / len(values) * 2 - 1
            jitter.append((round(middle + half * share, 2), scale(value)))
        if values:
            medians.append((middle - half, middle + half, scale(median(values))))
    return Picture(
        title="Accuracy of the candidates",
        text="Validation accuracy of each trained candidate, by cycle; the chart and the table "
        "below have the numbers.",
        x_ticks=slots.ticks,
        y_ticks=[(place, text) for _, place, text in scale.ticks()],
        jitter=jitter,
        medians=medians,
        threshold=scale(threshold) if math.isfinite(threshold) else None,
        legend=(("red", "median of the cycle; dashed: threshold of admission"),),
    )


def stacked(
    title: str,
    cycles: Sequence[int],
    parts: Sequence[Mapping[str, float]],
    names: Sequence[str],
    unit: str = "",
) -> Picture:
    """Amounts of several kinds for each cycle, on top of each other."""
    slots = Slots(cycles=cycles)
    highest = max((sum(part.values()) for part in parts), default=0.0) or 1.0
    scale = _scale(0.0, highest)
    columns: list[Column] = []
    for place, part in enumerate(parts):
        base = 0.0
        for number, name in enumerate(names):
            amount = part.get(name, 0.0)
            if amount:
                top = scale(base + amount)
                columns.append(
                    Column(
                        x=round(slots.middle(place) - slots.width * 0.34, 2),
                        y=top,
                        width=round(slots.width * 0.68, 2),
                        height=round(scale(base) - top, 2),
                        kind=f"s{number % 8}",
                        text=f"cycle {cycles[place]}, {name}: {amount:,.0f}{unit}",
                    )
                )
            base += amount
    used = [(f"s{n % 8}", name) for n, name in enumerate(names) if any(p.get(name) for p in parts)]
    return Picture(
        title=title,
        text=f"{title}, by cycle; the table of cycles has the numbers.",
        x_ticks=slots.ticks,
        y_ticks=[(place, text) for _, place, text in scale.ticks(3)],
        columns=columns,
        legend=used,
    )


def of_run(
    rows: Sequence[Mapping[str, Any]], candidates: Sequence[Candidate], threshold: float
) -> tuple[Picture, ...]:
    """The panels of a run that has candidates, from the rows of its table of cycles."""
    cycles = [row["cycle"] for row in rows]
    stages = [stage.value for stage in Stage]
    timings = [dict(row["timings"]) for row in rows]
    names = list(dict.fromkeys(name for timing in timings for name in timing))
    return (
        rates(
            "Valid networks",
            cycles,
            [row["valid_rate"] for row in rows],
            [(row["valid_low"], row["valid_high"]) for row in rows],
        ),
        accuracies(cycles, candidates, threshold),
        stacked("Failures by stage", cycles, [row["stages"] for row in rows], stages),
        stacked(
            "Admitted", cycles, [{"admitted": row["admitted"]} for row in rows], ["", "admitted"]
        ),
        rates(
            "Above the threshold",
            cycles,
            [row["above_rate"] for row in rows],
            [(row["above_low"], row["above_high"]) for row in rows],
        ),
        stacked("Seconds by step", cycles, timings, names, " s"),
    )


def _scale(low: float, high: float) -> Scale:
    return Scale(low=low, high=high, start=_BOTTOM, end=_TOP)
