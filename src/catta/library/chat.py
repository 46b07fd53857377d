"""Prompt-completion pairs for fine-tuning: what a network would have been the answer to."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from catta.errors import UsageError
from catta.generation import build_prompt, training_example
from catta.novelty import parse, strip
from catta.processes import map_batches, usable_cpus
from catta.records import Caps, Example, Problem, Prompt

TASK = "img-classification"
"""What the prompts ask for."""

_SHAPES = re.compile(r"(\d{1,4})x(\d{1,5})x(\d{1,5}):(\d{1,6})")


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """A pair, and the row of `catta.data` that it was made of; or why there is none."""

    row: dict[str, Any]
    example: Example | None = None
    reason: str | None = None


def parse_shapes(text: str) -> Problem:
    """What a classifier is asked for, from `3x32x32:10`: channels, height, width, classes.

    Raises:
        UsageError: The text is not of that form.
    """
    match = _SHAPES.fullmatch(text)
    if match is None or "0" in {part.lstrip("0") or "0" for part in match.groups()}:
        raise UsageError(f"shapes: {text!r} is not of the form 3x32x32:10")
    channels, height, width, classes = map(int, match.groups())
    return Problem(task=TASK, sample=(channels, height, width), outputs=classes)


def pairs(
    frame: Any, problem: Problem, caps: Caps, *, workers: int | None = None
) -> Iterator[Pair]:
    """A pair for each network, in the words in which Catta's own loop asks.

    Each prompt asks for the accuracy that the network reached, rounded down. Networks that are
    known to be above the caps have none, nor have pretrained ones: their text alone would not
    reach it. What was never built is taken to keep the caps.

    Args:
        frame: `catta.data` with statistics; of several rows of a network the best one counts.
        problem: What goes in and comes out.
        caps: The limits that the prompts state.
        workers: Processes; default: one a processor.
    """
    ranked = frame.sort_values("accuracy", ascending=False, kind="stable")
    unique = ranked[ranked["nn_code"].notna()].drop_duplicates("nn_id").sort_index()
    rows: list[dict[str, Any]] = unique.to_dict(orient="records")
    reasons = [_reason(row, caps) for row in rows]
    asked = [
        (_prompt(row, problem, caps), row["nn_code"])
        for row, why in zip(rows, reasons, strict=True)
        if why is None
    ]
    examples = (
        example
        for batch in map_batches(_example, asked, workers=workers or usable_cpus())
        for example in batch
    )
    for row, why in zip(rows, reasons, strict=True):
        example = next(examples) if why is None else None
        if example is None:
            yield Pair(row=row, reason=why or "it does not parse")
        else:
            yield Pair(row=row, example=example)


def as_chat(pair: Pair) -> dict[str, Any]:
    """A pair as the conversational form that trainers read, and what it is about."""
    if pair.example is None:
        raise ValueError("there is no example")
    return {
        "prompt": [{"role": "user", "content": pair.example.prompt}],
        "completion": [{"role": "assistant", "content": pair.example.completion}],
        **{name: pair.row[name] for name in ("nn", "nn_id", "dataset", "metric", "accuracy")},
    }


def _reason(row: dict[str, Any], caps: Caps) -> str | None:
    known = row["nn_stats_meta"]
    if isinstance(known, dict) and known.get("pretrained"):
        return "it is pretrained"
    sizes = ((row["nn_trainable_params"], caps.parameters), (row["nn_flops"], caps.flops))
    if any(size is not None and size > cap for size, cap in sizes):
        return "it is above the caps"
    return None


def _prompt(row: dict[str, Any], problem: Problem, caps: Caps) -> Prompt:
    return build_prompt(problem, caps, accuracy=math.floor(100 * row["accuracy"]) / 100)


def _example(asked: tuple[Prompt, str]) -> Example | None:
    """The answer to a prompt, or None where the source does not parse."""
    prompt, source = asked
    try:
        tree = parse(source)
        strip(tree)
        return training_example(prompt, tree)
    except ValueError:  # of either step
        return None
