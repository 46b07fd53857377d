"""The parent's side of an inspection: asks the sandbox and judges what comes back."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, cast

from catta.evaluation.graphs import unpacked
from catta.evaluation.problem_shapes import PROBLEM_SHAPES
from catta.evaluation.worker import Worker
from catta.graphs import Graph
from catta.records import Inspection, InspectionOutcome, Structure

SECONDS = 30.0
MEMORY_MB = 3_072
VERSION = 2
"""Raised when an inspection may find something else in the same network."""

_LARGEST = 2**53  # what every database keeps
_MOST_OPERATORS = 500
_OPERATOR = re.compile(r"\w{1,100}", re.ASCII)
_GRAPH = re.compile(r"g1:[0-9a-f]{32}")


class _MalformedError(Exception):
    """What a worker sent is not what was asked for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Inspected:
    """What an inspection brought.

    Attributes:
        inspection: The facts, or why there are none.
        graph: What one forward pass goes through; None without facts, or if it is too large.
    """

    inspection: Inspection
    graph: Graph | None = None


def inspect_network(worker: Worker, network_id: str, source: str, task: str) -> Inspected:
    """Find the smallest input that a network works with, and what it is like there.

    It is instantiated as LEMUR does, for an input of each size in turn, and called in training and
    in evaluation mode; it is not trained.

    Args:
        worker: Where its code runs.
        network_id: Its identity.
        source: Its text.
        task: What it is for; a task that is not known has the outcome UNSUPPORTED.
    """

    def ended(outcome: InspectionOutcome, error: str | None) -> Inspected:
        return Inspected(
            inspection=Inspection(
                network_id=network_id, task=task, outcome=outcome, error=error, version=VERSION
            )
        )

    shape = PROBLEM_SHAPES.get(task)
    if shape is None:
        return ended(InspectionOutcome.UNSUPPORTED, f"networks for {task} are not inspected")
    job = {"kind": "inspect", "source": source, "task": task, "sizes": list(shape.sizes)}
    reply = worker.run(job, seconds=SECONDS, memory_mb=MEMORY_MB)
    if reply.failure is not None:
        return ended(InspectionOutcome(reply.failure), reply.error)
    try:
        structure = _structure(reply.header, shape.sizes)
        graph = unpacked(reply.arrays)
    except (_MalformedError, ValueError) as error:
        return ended(InspectionOutcome.INVALID, str(error))
    found = Inspection(
        network_id=network_id,
        task=task,
        outcome=InspectionOutcome.OK,
        structure=structure,
        version=VERSION,
    )
    return Inspected(inspection=found, graph=graph)


def _structure(header: Mapping[str, Any], sizes: tuple[int, ...]) -> Structure:
    names = {field.name for field in fields(Structure)}
    if set(header) != names or header["resolution"] not in sizes:
        raise _MalformedError("the inspection returned something else than what was asked for")
    values = {name: _plain(name, value) for name, value in header.items()}
    return Structure(**values)


def _plain(name: str, value: Any) -> Any:
    match name:
        case "operators":
            return _operators(value)
        case "attention" | "residual" | "pretrained" | "computed":
            good = isinstance(value, bool)
        case "graph":
            good = value is None or (isinstance(value, str) and _GRAPH.fullmatch(value) is not None)
        case "seconds":
            good = isinstance(value, float) and math.isfinite(value)
        case _:
            good = _is_count(value)
    if not good:
        raise _MalformedError(f"the inspection returned no valid {name}")
    return value


def _operators(value: Any) -> dict[str, int]:
    if not isinstance(value, dict) or len(cast("dict[str, Any]", value)) > _MOST_OPERATORS:
        raise _MalformedError("the inspection returned no operators")
    found = cast("dict[str, Any]", value)
    if not all(_OPERATOR.fullmatch(name) and _is_count(count) for name, count in found.items()):
        raise _MalformedError("the inspection returned operators that are none")
    return found


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _LARGEST
