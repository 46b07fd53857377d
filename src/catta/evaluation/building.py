"""The parent's side of a build check: asks the sandbox, and judges what comes back."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catta.evaluation.expected import MalformedError
from catta.evaluation.graphs import unpacked
from catta.evaluation.worker import Reply, Worker
from catta.graphs import Graph
from catta.records import BuildFacts, Caps, Outcome, Problem, Recipe, Stage, Verdict

BUILD_SECONDS = 20.0
BUILD_MEMORY_MB = 3_072
_LARGEST = 2**53  # what every database keeps
_GRAPH = re.compile(r"g1:[0-9a-f]{32}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Built:
    """What a build check showed.

    Attributes:
        verdict: None where it passed.
        facts: What it is like; wherever it built, also over the caps.
        graph: What one forward pass goes through; None without facts, or if it is too large.
    """

    verdict: Verdict | None = None
    facts: BuildFacts | None = None
    graph: Graph | None = None


def build_check(
    worker: Worker, source: str, *, problem: Problem, recipe: Recipe, caps: Caps
) -> Built:
    """Instantiate a network and run a tiny batch forward and backward."""
    job = {
        "kind": "build",
        "source": source,
        "problem": problem.model_dump(),
        "recipe": recipe.model_dump(),
    }
    reply = worker.run(job, seconds=BUILD_SECONDS, memory_mb=BUILD_MEMORY_MB)
    verdict = _failure(reply, Stage.BUILD)
    if verdict is not None:
        return Built(verdict=verdict)
    try:
        facts, graph = _facts(reply.header), unpacked(reply.arrays)
    except (MalformedError, ValueError) as error:
        return Built(verdict=_invalid(Stage.BUILD, str(error)))
    return Built(verdict=_exceeds(facts, caps), facts=facts, graph=graph)


@dataclass(frozen=True, kw_only=True, slots=True)
class Fitted:
    """The version of a network that keeps the caps.

    Attributes:
        index: Which of the sources it is.
        facts: What it is like.
        graph: What one forward pass goes through; None if it is too large.
    """

    index: int
    facts: BuildFacts
    graph: Graph | None = None


def first_fit(
    worker: Worker, sources: Sequence[str], *, problem: Problem, recipe: Recipe, caps: Caps
) -> Fitted | None:
    """The first of several versions of a network that keeps the caps.

    None where none does, or where that version passes no build check.
    """
    job = {
        "kind": "fit",
        "sources": list(sources),
        "problem": problem.model_dump(),
        "recipe": recipe.model_dump(),
        "caps": caps.model_dump(),
    }
    reply = worker.run(job, seconds=BUILD_SECONDS, memory_mb=BUILD_MEMORY_MB)
    if reply.failure is not None:
        return None
    try:
        index, facts = _count(reply.header, "index"), _facts(reply.header)
        graph = unpacked(reply.arrays)
    except (MalformedError, ValueError):
        return None
    if index >= len(sources) or caps.share(facts) > 1:
        return None
    return Fitted(index=index, facts=facts, graph=graph)


def _exceeds(facts: BuildFacts, caps: Caps) -> Verdict | None:
    if facts.parameters > caps.parameters:
        reason = f"{facts.parameters:,} parameters exceed the cap of {caps.parameters:,}"
    elif facts.flops > caps.flops:
        reason = f"{facts.flops:,} FLOPs exceed the cap of {caps.flops:,}"
    else:
        return None
    return _invalid(Stage.BUILD, reason)


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
