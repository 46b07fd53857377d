"""What a candidate takes on a device: measured through a port, judged and kept.

The loop knows neither formats nor runtimes: whoever starts a run hands in what measures.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Protocol

from catta.corpus import Corpus
from catta.corpus.edge import EdgeMeasurement
from catta.errors import UsageError
from catta.loop.config import RunConfig
from catta.records import Candidate, Network, Outcome, Phase, Stage, Verdict
from catta.tasks import PreparedData

_RUN = "run"
_MEGA = 1e6


class EdgeProbe(Protocol):
    """Measures networks as files on this machine."""

    def measure(self, network: Network) -> EdgeMeasurement | Verdict:
        """What one sample takes, one thread; or why it cannot be measured, at the stage `edge`."""
        ...


MakeProbe = Callable[[RunConfig, PreparedData], AbstractContextManager[EdgeProbe]]
"""Makes what measures the networks of a run; ends it with the context."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Scored:
    """A network's two objectives.

    Attributes:
        accuracy: On the validation split, 0..1; more is better.
        latency_ms: Median of one sample; less is better.
    """

    accuracy: float
    latency_ms: float


def expect_probe(config: RunConfig, make: MakeProbe | None) -> None:
    """Raise UsageError where a run needs to measure and nothing does."""
    if config.measures_edge and make is None:
        raise UsageError(
            "objective latency, max_latency_ms and max_file_mb need what measures networks: "
            "pass edge=catta.export.edge_probe, or use `catta evolve`"
        )


def measured(
    candidate: Candidate, network: Network, probe: EdgeProbe, config: RunConfig
) -> tuple[Candidate, EdgeMeasurement | None]:
    """Measure a screened candidate; refuse it where it takes more than the run allows.

    Returns:
        The candidate, done if it is refused, and what was measured, which says the run.
    """
    begin = time.perf_counter()
    found = probe.measure(network)
    timings = {**candidate.timings, "edge": time.perf_counter() - begin}
    if isinstance(found, Verdict):
        return replace(candidate, phase=Phase.DONE, verdict=found, timings=timings), None
    found = replace(found, details={**found.details, _RUN: candidate.run})
    error = _excess(found, config)
    if error is None:
        return replace(candidate, timings=timings), found
    verdict = Verdict(outcome=Outcome.INVALID, stage=Stage.EDGE, error=error)
    return replace(candidate, phase=Phase.DONE, verdict=verdict, timings=timings), found


def front(
    run: str, cycle: int, admitted: Sequence[int], candidates: Sequence[Candidate], corpus: Corpus
) -> list[int]:
    """Those of the admitted of a cycle that no admitted network of the run dominates.

    Args:
        run: Whose networks.
        cycle: The cycle that closes.
        admitted: Indices of its candidates at or above the threshold.
        candidates: All of the run's until now.
        corpus: What was measured is read from.
    """
    chosen = [
        one
        for one in candidates
        if (one.cycle == cycle and one.index in admitted) or (one.cycle < cycle and one.admitted)
    ]
    latency = _latencies(run, corpus)
    scored = {
        (one.cycle, one.index): Scored(accuracy=one.accuracy, latency_ms=latency[one.network_id])
        for one in chosen
        if one.accuracy is not None and one.network_id in latency
    }
    known = list(scored.values())
    return [
        index
        for index in admitted
        if (mine := scored.get((cycle, index))) is not None
        and not any(dominates(other, mine) for other in known)
    ]


def dominates(one: Scored, other: Scored) -> bool:
    """Whether one is at least as good in both objectives and better in one."""
    no_worse = one.accuracy >= other.accuracy and one.latency_ms <= other.latency_ms
    return no_worse and one != other


def _latencies(run: str, corpus: Corpus) -> dict[str, float]:
    """Median milliseconds by network, as the run itself measured them first."""
    found: dict[str, float] = {}
    for one in corpus.edge.measurements():
        if one.network_id is not None and one.details.get(_RUN) == run:
            found.setdefault(one.network_id, one.median_ms)
    return found


def _excess(found: EdgeMeasurement, config: RunConfig) -> str | None:
    """What a network has too much of, in one sentence."""
    most, size = config.max_latency_ms, config.max_file_mb
    if most is not None and found.median_ms > most:
        return f"takes {found.median_ms:.3f} ms for a sample, more than max_latency_ms, {most:g}"
    if size is not None and found.file_bytes is not None and found.file_bytes > size * _MEGA:
        return f"its file has {found.file_bytes / _MEGA:.3f} MB, more than max_file_mb, {size:g}"
    return None
