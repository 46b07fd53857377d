"""ExecuTorch's runtime on the processor."""

# ExecuTorch ships partly typed: what it leaves unknown is not our mistake.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingImports=false
# pyright: reportPrivateUsage=false

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from executorch.extension.pybindings import portable_lib
from executorch.runtime import Runtime, Verification
from numpy.typing import NDArray

from catta.evaluation.child import Output
from catta.export.jobs.running import FILE, perform_with

_INT64 = 4
"""ExecuTorch's number of the type of tokens."""


class _Program:
    """A program, ready to run."""

    version: str = importlib.metadata.version("executorch")

    def __init__(self, content: bytes) -> None:
        self._kept = Runtime.get().load_program(
            content, verification=Verification.InternalConsistency
        )
        method = self._kept.load_method("forward")
        if method is None:
            raise ValueError("the program has no method forward")
        self._method = method
        first = method.metadata.input_tensor_meta(0)
        self._largest, *sample = first.sizes()
        self.sample = tuple(int(n) for n in sample)
        self.integer = first.dtype() == _INT64
        # One sample at a time is what a fixed batch is exported with.
        self.batch = 1 if self._largest == 1 else None

    def __call__(self, inputs: NDArray[Any]) -> NDArray[Any]:
        parts = torch.from_numpy(np.ascontiguousarray(inputs)).split(self._largest)
        found = [self._method.execute([part])[0] for part in parts]
        return torch.cat(found).numpy() if len(found) > 1 else found[0].numpy()


def perform(job: Mapping[str, Any], data: Mapping[str, np.ndarray]) -> Output:
    """See `perform_with`."""
    return perform_with(_load, job, data)


def _load(job: Mapping[str, Any], data: Mapping[str, np.ndarray], threads: int) -> _Program:
    portable_lib._unsafe_reset_threadpool(threads)
    return _Program(data[FILE].tobytes())
