"""How long a network or a file takes, and what else it takes, on this machine."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catta.corpus.edge import EdgeMeasurement
from catta.errors import ExportError, UsageError
from catta.evaluation.wire import Arrays
from catta.export import machine
from catta.export.protocols import Runtime
from catta.export.workplace import Workplace

_MOST_RUNS = 100_000
_VERSION_CHARACTERS = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Passes:
    """How a measurement is made.

    Attributes:
        threads: Numbers of threads; each is measured.
        batches: Samples a pass; each is measured.
        warmup: Passes before those that are timed.
        runs: Passes that are timed.
    """

    threads: tuple[int, ...] = (1,)
    batches: tuple[int, ...] = (1,)
    warmup: int = 20
    runs: int = 200

    def __post_init__(self) -> None:
        """Raise UsageError where that cannot be measured."""
        for name, values in (("threads", self.threads), ("batch", self.batches)):
            if not values or min(values) < 1:
                raise UsageError(f"{name} must be numbers of at least 1")
        if self.warmup < 0:
            raise UsageError(f"warmup must be at least 0, not {self.warmup}")
        if not 1 <= self.runs <= _MOST_RUNS:
            raise UsageError(f"runs must be 1 to {_MOST_RUNS:,}, not {self.runs}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Contestant:
    """What is measured.

    Attributes:
        name: What it is called.
        job: What a job is told of it.
        arrays: The file, or weights.
        inputs: Directory of the dataset's arrays, if the network needs them.
        network_id: The network, if the corpus has it.
        format: Of the file; None for a network itself.
        quantization: If that is known.
        sha256: Of the file.
        file_bytes: Of the file.
    """

    name: str
    job: Mapping[str, Any]
    arrays: Arrays
    inputs: Path | None = None
    network_id: str | None = None
    format: str | None = None
    quantization: str | None = None
    sha256: str | None = None
    file_bytes: int | None = None


def bench(
    contestant: Contestant, runtime: Runtime, passes: Passes, *, workplace: Workplace
) -> list[EdgeMeasurement]:
    """Measure with each number of threads and each size of batches.

    Raises:
        ExportError: It cannot be run.
    """
    return [
        _measure(contestant, runtime, passes, threads, batch, workplace)
        for threads in passes.threads
        for batch in passes.batches
    ]


class _Energy:
    """Reads the meter when the child says that the passes which are timed begin."""

    def __init__(self) -> None:
        self._meter = machine.Meter()
        self._before: dict[str, tuple[int, int]] | None = None

    def begin(self, header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
        del header, arrays
        self._before = self._meter.read()

    def since(self) -> float | None:
        return machine.millijoules(self._before, self._meter.read())


def _measure(
    contestant: Contestant,
    runtime: Runtime,
    passes: Passes,
    threads: int,
    batch: int,
    workplace: Workplace,
) -> EdgeMeasurement:
    energy = _Energy()
    job = {
        **contestant.job,
        "kind": "bench",
        "threads": threads,
        "batch": batch,
        "warmup": passes.warmup,
        "runs": passes.runs,
    }
    try:
        reply = workplace.run(
            runtime.perform,
            job,
            inputs=contestant.inputs,
            arrays=contestant.arrays,
            on_part=energy.begin,
            parts=1,
        )
    except ExportError as error:
        raise ExportError(f"{runtime.name} cannot run {contestant.name}: {error}") from error
    used = energy.since()
    seconds = _seconds(reply.arrays, passes.runs)
    told = reply.header
    median, p95, p99 = (float(np.quantile(seconds, q)) * 1e3 for q in (0.5, 0.95, 0.99))
    return EdgeMeasurement(
        name=contestant.name,
        network_id=contestant.network_id,
        sha256=contestant.sha256,
        format=contestant.format,
        quantization=contestant.quantization,
        runtime=runtime.name,
        runtime_version=_version(told.get("version")),
        device=machine.device(),
        os=machine.system(),
        threads=threads,
        batch=batch,
        sample=_sample(told.get("sample")),
        warmup=passes.warmup,
        runs=passes.runs,
        median_ms=median,
        p95_ms=p95,
        p99_ms=p99,
        cpu_ms=_milliseconds(told.get("cpu_seconds"), passes.runs),
        throughput=batch / max(float(seconds.mean()), 1e-9),
        load_ms=_milliseconds(told.get("load_seconds"), 1),
        peak_memory_mb=_number(told.get("peak_memory_mb")),
        file_bytes=contestant.file_bytes,
        energy_mj=None if used is None else used / (passes.runs * batch),
        details={"load": machine.load()},
    )


def _seconds(arrays: Mapping[str, NDArray[Any]], runs: int) -> NDArray[np.float64]:
    found = arrays.get("seconds")
    if found is None or found.dtype != np.float32 or found.shape != (runs,):
        raise ExportError("the runtime returned no times")
    if not np.isfinite(found).all() or found.min() < 0:
        raise ExportError("the runtime returned times that are none")
    return found.astype(np.float64)


def _number(value: object) -> float | None:
    if isinstance(value, float) and math.isfinite(value) and value >= 0:
        return value
    return None


def _milliseconds(value: object, count: int) -> float | None:
    seconds = _number(value)
    return None if seconds is None else seconds * 1e3 / count


def _version(value: object) -> str:
    text = value if isinstance(value, str) and value.isprintable() else "unknown"
    return text[:_VERSION_CHARACTERS]


def _sample(value: object) -> tuple[int, ...]:
    sizes: Sequence[object] = value if isinstance(value, list) else []
    return tuple(n for n in sizes if isinstance(n, int) and 0 < n < 2**31)
