"""How one value looks in a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from catta.records import Run

NONE = "-"
"""Where there is no value."""

_ID_CHARACTERS = 15


def number(value: object) -> str:
    """`1,234`."""
    return f"{value:,}" if isinstance(value, int) else NONE


def counted(count: int, one: str, several: str | None = None) -> str:
    """`1 network`, `2,000 networks`.

    Args:
        count: How many.
        one: What one is called.
        several: What several are called; default: with an s.
    """
    return f"{count:,} {one if count == 1 else several or one + 's'}"


def because(count: int, what: str, reason: str) -> str:
    """`1 file because it is not JSON`, `2 files, each because it is not JSON`.

    Args:
        count: How many.
        what: What one is called.
        reason: A sentence about one of them, with or without a capital and a full stop.
    """
    sentence = reason.removesuffix(".")
    if sentence.startswith(("The ", "It ", "A ")):
        sentence = sentence[0].lower() + sentence[1:]
    return f"{counted(count, what)}{'' if count == 1 else ', each'} because {sentence}"


def accuracy(value: object) -> str:
    """`0.745`."""
    return f"{value:.3f}" if isinstance(value, int | float) else NONE


def percent(value: object) -> str:
    """`88 %` for a share of 0.88."""
    return f"{100 * value:.0f} %" if isinstance(value, int | float) else NONE


def interval(value: object, *, in_percent: bool = False, line: bool = True) -> str:
    """`[0.71, 0.77]`, by default on a line of its own; nothing where there is too little to say."""
    bounds = sequence(value)
    if len(bounds) != 2:
        return ""
    low, high = bounds
    text = f"[{100 * low:.0f}, {100 * high:.0f}]" if in_percent else f"[{low:.2f}, {high:.2f}]"
    return ("\n" if line else " ") + text


def counts(value: object) -> str:
    """`build 2`, `policy 1`, each on a line of its own."""
    return "\n".join(f"{name} {count:,}" for name, count in mapping(value).items()) or NONE


def short(identity: object) -> str:
    """The beginning of an identity, enough to tell networks apart."""
    return str(identity)[:_ID_CHARACTERS] if identity else NONE


def as_int(value: object) -> int:
    """The integer, or 0 where there is none."""
    return value if isinstance(value, int) else 0


def settings(run: Run) -> Mapping[str, Any]:
    """The resolved configuration a run was started with."""
    return mapping(run.config.get("run"))


def mapping(value: object) -> Mapping[str, Any]:
    """The mapping, or an empty one: the corpus may hold runs of other versions."""
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def sequence(value: object) -> Sequence[Any]:
    """The list, or an empty one."""
    return cast("Sequence[Any]", value) if isinstance(value, list | tuple) else ()
