"""ONNX Runtime on the processor."""

# ONNX Runtime ships without types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from catta.evaluation.child import Output
from catta.export.jobs.running import FILE, perform_with

_ERRORS_ONLY = 3


class _Session:
    """A file of ONNX's, ready to run."""

    version: str = onnxruntime.__version__

    def __init__(self, content: bytes, threads: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = _ERRORS_ONLY
        self._session = onnxruntime.InferenceSession(
            content, options, providers=["CPUExecutionProvider"]
        )
        (first,) = self._session.get_inputs()
        self._input: str = first.name
        size, *sample = first.shape
        self.sample = tuple(int(n) for n in sample)
        self.batch = size if isinstance(size, int) else None
        self.integer = first.type == "tensor(int64)"

    def __call__(self, inputs: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(self._session.run(None, {self._input: inputs})[0])


def perform(job: Mapping[str, Any], data: Mapping[str, np.ndarray]) -> Output:
    """See `perform_with`."""
    return perform_with(_load, job, data)


def _load(job: Mapping[str, Any], data: Mapping[str, np.ndarray], threads: int) -> _Session:
    return _Session(data[FILE].tobytes(), threads)
