"""What every runtime does with a file inside the sandbox: outputs, predictions, latency.

A runtime brings the function that loads a file; see `Load`.
"""

# torch ships partly typed: what it leaves unknown is not our mistake.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Generator, Mapping
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from catta.evaluation.child import Output
from catta.evaluation.train_job import Work, work_of
from catta.evaluation.training import PREDICT_BATCH, predict
from catta.records import Recipe

FILE = "file"
_HIGHEST_TOKEN = 2


class Loaded(Protocol):
    """A file in a runtime's hands.

    Attributes:
        version: Of the runtime.
        sample: Shape of one input, without the batch axis.
        integer: Whether inputs are int64 (tokens) and not float32.
        batch: The only size of batches that it takes; None for any.
    """

    version: str
    sample: tuple[int, ...]
    integer: bool
    batch: int | None

    def __call__(self, inputs: NDArray[Any]) -> NDArray[Any]:
        """The output of one batch, (B, ...) float32."""
        ...


Load = Callable[[Mapping[str, Any], Mapping[str, np.ndarray], int], Loaded]
"""From a job, its arrays (`file`, or weights) and a number of threads to something that runs."""


def perform_with(load: Load, job: Mapping[str, Any], data: Mapping[str, np.ndarray]) -> Output:
    """Do one job: `outputs`, `predict` or `bench`.

    Args:
        load: The runtime's.
        job: `kind`, `threads`; for the first two `problem`, `recipe`, `transform`; for `outputs`
            the `count` of inputs; for `bench` the numbers `batch`, `warmup` and `runs`.
        data: What is loaded, and the arrays of the dataset.

    Raises:
        Exception: Whatever the runtime or the network raises.
    """
    before = _peak_mb()
    begin = time.perf_counter()
    loaded = load(job, data, int(job["threads"]))
    if job["kind"] == "bench":
        seconds = time.perf_counter() - begin
        return _bench(loaded, job, load_seconds=seconds, memory_before=before)
    work = work_of({**job, "predict": "validation"}, data, Recipe.model_validate(job["recipe"]))
    if job["kind"] == "outputs":
        return {"version": loaded.version}, {"outputs": _outputs(loaded, work, int(job["count"]))}
    if job["kind"] == "predict":
        return {"version": loaded.version}, _predictions(loaded, work)
    raise ValueError(f"unknown job {job['kind']!r}")


class _Network(nn.Module):
    """A file as a network, so that a task's objective can ask it; fixed batches one by one."""

    def __init__(self, loaded: Loaded) -> None:
        super().__init__()
        self._loaded = loaded

    def forward(self, inputs: Tensor) -> Tensor:
        plain = inputs.contiguous().numpy()
        size = self._loaded.batch or len(plain)
        parts = [self._loaded(part) for part in _batches(plain, size)]
        return torch.from_numpy(np.concatenate(parts)[: len(plain)])


def _batches(inputs: NDArray[Any], size: int) -> Generator[NDArray[Any]]:
    """Batches of exactly `size`; the last one is filled up with its own last sample."""
    for start in range(0, len(inputs), size):
        part = inputs[start : start + size]
        missing = size - len(part)
        yield np.concatenate([part, *[part[-1:]] * missing]) if missing else part


def _outputs(loaded: Loaded, work: Work, count: int) -> NDArray[np.float32]:
    """Of the first inputs of the validation split and, where these are too few, of training."""
    network = _Network(loaded)
    parts: list[Tensor] = []
    inputs = work.inputs[:count]
    if len(inputs) < count and work.transformed is None:
        inputs = torch.cat([inputs, work.samples["x"][: count - len(inputs)]])
    with torch.inference_mode():
        for batch in inputs.split(PREDICT_BATCH):
            ready = batch if work.transformed is None else work.transformed(batch.clone())
            parts.append(network(ready).float())
    return np.ascontiguousarray(torch.cat(parts).numpy())


def _predictions(loaded: Loaded, work: Work) -> dict[str, np.ndarray]:
    with torch.inference_mode():
        found = predict(_Network(loaded), work.inputs, work.objective, transformed=work.transformed)
    return {name: np.ascontiguousarray(value.numpy()) for name, value in found.items()}


def _bench(
    loaded: Loaded, job: Mapping[str, Any], *, load_seconds: float, memory_before: float
) -> Generator[tuple[dict[str, Any], dict[str, np.ndarray]], None, Any]:
    """Run a batch of noise again and again.

    Yields:
        Once, when the passes that are timed begin.

    Returns:
        What it took, and the wall-clock `seconds` of each pass, (runs,) float32.
    """
    batch, runs = int(job["batch"]), int(job["runs"])
    generator = np.random.default_rng(0)
    shape = (batch, *loaded.sample)
    inputs: NDArray[Any] = (
        generator.integers(0, _HIGHEST_TOKEN, shape)
        if loaded.integer
        else generator.standard_normal(shape, np.float32)
    )
    if loaded.batch not in (None, batch):
        raise ValueError(f"the file takes batches of {loaded.batch} only, not of {batch}")
    for _ in range(int(job["warmup"])):
        loaded(inputs)
    yield {"begins": True}, {}
    seconds = np.empty(runs, np.float32)
    cpu = time.process_time()
    for number in range(runs):
        begin = time.perf_counter()
        loaded(inputs)
        seconds[number] = time.perf_counter() - begin
    return {
        "version": loaded.version,
        "cpu_seconds": time.process_time() - cpu,
        "load_seconds": load_seconds,
        "peak_memory_mb": max(_peak_mb() - memory_before, 0.0),
        "sample": list(loaded.sample),
    }, {"seconds": seconds}


def _peak_mb() -> float:
    """Largest resident memory of this process so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
