"""PyTorch as a runtime: the network itself, eagerly, or a file of torch.export's."""

# torch ships partly typed: what it leaves unknown is not our mistake.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from catta.evaluation.child import Output
from catta.export.jobs.network import SingleOutput, network_of, problem_of
from catta.export.jobs.running import FILE, perform_with


class _Eager:
    """A module, called as users call it."""

    version: str = str(torch.__version__)

    def __init__(
        self, network: nn.Module, sample: tuple[int, ...], *, integer: bool, batch: int | None
    ) -> None:
        self._network = network
        self.sample = sample
        self.integer = integer
        self.batch = batch

    def __call__(self, inputs: NDArray[Any]) -> NDArray[Any]:
        with torch.inference_mode():
            return self._network(torch.from_numpy(inputs)).numpy()


def perform(job: Mapping[str, Any], data: Mapping[str, np.ndarray]) -> Output:
    """See `perform_with`."""
    return perform_with(_load, job, data)


def _load(job: Mapping[str, Any], data: Mapping[str, np.ndarray], threads: int) -> _Eager:
    torch.set_num_threads(threads)
    if FILE in data:
        return _file(data[FILE])
    problem = problem_of(job, data)
    network = SingleOutput(network_of(job, data)).eval()
    return _Eager(network, problem.sample, integer=len(problem.sample) == 1, batch=None)


def _file(content: np.ndarray) -> _Eager:
    program = torch.export.load(io.BytesIO(content.tobytes()))
    inputs: Any = program.example_inputs[0][0] if program.example_inputs else None
    fixed = not program.range_constraints
    return _Eager(
        program.module(),
        tuple(inputs.shape[1:]),
        integer=not inputs.is_floating_point(),
        batch=int(inputs.shape[0]) if fixed else None,
    )
