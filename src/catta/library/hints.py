"""Why a question about similarity has no answer, and which similarity would have one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from catta.library.similarity import BANDS


def no_groups(
    anchor: str | None,
    bounds: tuple[float, float],
    bands: Mapping[str, int],
    *,
    fitting: int,
    others: int,
    improve: bool,
) -> str:
    """A sentence for the user who was given no groups.

    Args:
        anchor: The network that groups were to begin with; None where several were tried.
        bounds: The least similarity, and the one that is too much.
        bands: By band, how many networks are like the anchor, or how many of the anchors that were
            tried have such a neighbour.
        fitting: The same, within the bounds.
        others: How many had to stand beside the first.
        improve: Whether the others had to be better.
    """
    what = _asked(bounds)
    around = "the networks that were tried" if anchor is None else anchor
    if fitting:
        better = ", better ones" if improve else ""
        less = "improve=False, or fewer columns" if improve else "fewer columns"
        return (
            f"{around}: there are networks with {what}, but not {others} that go together as "
            f"`same` and `differ` say{better}; try {less}"
        )
    if not bands:
        return f"{around}: there is no other network to compare with among these rows"
    return f"{around}: no network has {what}; there are some in {_listed(bands, anchor)}"


def _asked(bounds: tuple[float, float]) -> str:
    name = next((name for name, limits in BANDS.items() if limits == bounds), None)
    limits = f"a similarity of {bounds[0]:g} to {bounds[1]:g}"
    return limits if name is None else f"{limits} (band {name})"


def _listed(bands: Mapping[str, int], anchor: str | None) -> str:
    unit: Sequence[str] = ("network", "networks") if anchor else ("anchor", "anchors")
    return ", ".join(f"{name} ({n:,} {unit[n != 1]})" for name, n in bands.items())
