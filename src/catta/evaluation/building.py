"""The parent's side of a build check: asks the sandbox, and judges what comes back."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from catta.evaluation.expected import MalformedError
from catta.evaluation.worker import Reply, Worker
from catta.records import BuildFacts, Caps, Outcome, Recipe, Shapes, Stage, Verdict

BUILD_SECONDS = 20.0
BUILD_MEMORY_MB = 3_072
_LARGEST = 2**53  # what every database keeps
_GRAPH = re.compile(r"g1:[0-9a-f]{32}")


def build_check(
    worker: Worker, source: str, *, shapes: Shapes, recipe: Recipe, caps: Caps
) -> tuple[Verdict | None, BuildFacts | None]:
    """Instantiate a network and run a tiny batch forward and backward.

    Returns:
        No verdict where it passed; facts wherever it built, also over the caps.
    """
    job = {
        "kind": "build",
        "source": source,
        "shapes": shapes.model_dump(),
        "recipe": recipe.model_dump(),
    }
    reply = worker.run(job, seconds=BUILD_SECONDS, memory_mb=BUILD_MEMORY_MB)
    verdict = _failure(reply, Stage.BUILD)
    if verdict is not None:
        return verdict, None
    try:
        facts = _facts(reply.header)
    except MalformedError as error:
        return _invalid(Stage.BUILD, str(error)), None
    if facts.parameters > caps.parameters:
        reason = f"{facts.parameters:,} parameters exceed the cap of {caps.parameters:,}"
        return _invalid(Stage.BUILD, reason), facts
    if facts.flops > caps.flops:
        reason = f"{facts.flops:,} FLOPs exceed the cap of {caps.flops:,}"
        return _invalid(Stage.BUILD, reason), facts
    return None, facts


def first_fit(
    worker: Worker, sources: Sequence[str], *, shapes: Shapes, recipe: Recipe, caps: Caps
) -> tuple[int, BuildFacts] | None:
    """Index of the first of several versions of a network that keeps the caps, and its facts.

    None where none does, or where that version passes no build check.
    """
    job = {
        "kind": "fit",
        "sources": list(sources),
        "shapes": shapes.model_dump(),
        "recipe": recipe.model_dump(),
        "caps": caps.model_dump(),
    }
    reply = worker.run(job, seconds=BUILD_SECONDS, memory_mb=BUILD_MEMORY_MB)
    if reply.failure is not None:
        return None
    try:
        index, facts = _count(reply.header, "index"), _facts(reply.header)
    except MalformedError:
        return None
    return (index, facts) if index < len(sources) and caps.share(facts) <= 1 else None


def _failure(reply: Reply, stage: Stage) -> Verdict | None:
    if reply.failure is None:
        return None
    return Verdict(outcome=reply.failure, stage=stage, error=reply.error)


def _facts(header: Mapping[str, Any]) -> BuildFacts:
    parameters, flops = _count(header, "parameters"), _count(header, "flops")
    graph, seconds = header.get("graph"), header.get("seconds")
    if not isinstance(graph, str) or not _GRAPH.fullmatch(graph):
        raise MalformedError("the build check returned no graph")
    if not isinstance(seconds, float) or not math.isfinite(seconds):
        raise MalformedError("the build check returned no time")
    return BuildFacts(parameters=parameters, flops=flops, graph=graph, seconds=seconds)


def _count(header: Mapping[str, Any], name: str) -> int:
    value = header.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < _LARGEST:
        raise MalformedError(f"the build check returned no number of {name}")
    return value


def _invalid(stage: Stage, error: str) -> Verdict:
    return Verdict(outcome=Outcome.INVALID, stage=stage, error=error)
