"""What the parent makes of an inspection; it believes nothing that a worker sends."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest

from catta.evaluation import Reply, inspect_network
from catta.evaluation.graphs import packed
from catta.graphs import Graph, GraphNode
from catta.records import InspectionOutcome, Outcome
from catta.testing.store_records import STRUCTURE

GRAPH = Graph((GraphNode("input", shape=(3, 8)), GraphNode("output", (0,), (3, 8))))
GOOD = replace(STRUCTURE, graph="g1:" + 32 * "a")


class Scripted:
    """Stands for a worker."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        self.jobs: list[Mapping[str, Any]] = []

    def run(self, job: Mapping[str, Any], *, seconds: float, memory_mb: int) -> Reply:
        self.jobs.append(job)
        return self.reply


def inspect(reply: Reply, task: str = "img-classification") -> Any:
    worker: Any = Scripted(reply)
    found = inspect_network(worker, "n1:x", "source", task).inspection
    assert (found.network_id, found.task) == ("n1:x", task)
    return found


def test_a_good_answer() -> None:
    assert inspect(Reply(header=asdict(GOOD))).structure == GOOD
    unknown = asdict(replace(GOOD, graph=None))
    assert inspect(Reply(header=unknown)).structure.graph is None


def test_the_graph_comes_along() -> None:
    worker: Any = Scripted(Reply(header=asdict(GOOD), arrays=packed(GRAPH)))
    assert inspect_network(worker, "n1:x", "source", "img-classification").graph == GRAPH


@pytest.mark.parametrize(
    "arrays",
    [
        {"other": np.zeros(3, dtype=np.uint8)},
        {name: np.zeros(3, dtype=np.uint8) for name in packed(GRAPH)},
        {name: found.astype(np.float32) for name, found in packed(GRAPH).items()},
        packed(GRAPH) | {"more": np.zeros(3, dtype=np.uint8)},
    ],
)
def test_a_hostile_graph(arrays: dict[str, Any]) -> None:
    found = inspect(Reply(header=asdict(GOOD), arrays=arrays))
    assert (found.outcome, found.structure) == (InspectionOutcome.INVALID, None)


@pytest.mark.parametrize("outcome", [Outcome.TIMEOUT, Outcome.OUT_OF_MEMORY, Outcome.CRASHED])
def test_a_failure(outcome: Outcome) -> None:
    found = inspect(Reply(failure=outcome, error="why"))
    assert (found.outcome.value, found.error, found.structure) == (outcome.value, "why", None)


def test_a_task_that_is_not_supported_runs_nothing() -> None:
    worker: Any = Scripted(Reply())
    found = inspect_network(worker, "n1:x", "source", "txt-image").inspection
    assert found.outcome is InspectionOutcome.UNSUPPORTED
    assert worker.jobs == []


@pytest.mark.parametrize(
    "change",
    [
        {"parameters": -1},
        {"flops": 2**60},
        {"depth": True},
        {"layers": 1.5},
        {"resolution": 33},
        {"graph": "g1:no"},
        {"attention": 1},
        {"seconds": float("nan")},
        {"operators": {"a b": 1}},
        {"operators": {"add": -1}},
        {"operators": [1]},
        {"operators": {f"op{n}": 1 for n in range(501)}},
        {"more": 1},
    ],
)
def test_a_hostile_answer(change: dict[str, Any]) -> None:
    found = inspect(Reply(header=asdict(GOOD) | change))
    assert (found.outcome, found.structure) == (InspectionOutcome.INVALID, None)
    assert "inspection returned" in found.error
