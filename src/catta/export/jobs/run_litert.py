"""LiteRT's interpreter on the processor."""

# LiteRT ships without types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingImports=false

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from catta.evaluation.child import Output
from catta.export.jobs.running import FILE, perform_with


class _Model:
    """A model, ready to run."""

    version: str = importlib.metadata.version("ai-edge-litert")

    def __init__(self, content: bytes, threads: int) -> None:
        self._interpreter = Interpreter(model_content=content, num_threads=threads)
        (first,) = self._interpreter.get_input_details()
        self._input: int = first["index"]
        self._type: Any = first["dtype"]
        size, *sample = (int(n) for n in first["shape_signature"])
        self.sample = tuple(sample)
        # Static quantization goes as far as inputs and outputs: scale 0 stands for none.
        self._scale, self._zero = first["quantization"]
        self.integer = bool(np.issubdtype(self._type, np.integer)) and not self._scale
        self.batch = size if size > 0 else None
        self._ready: int | None = None

    def __call__(self, inputs: NDArray[Any]) -> NDArray[Any]:
        interpreter = self._interpreter
        if self._ready != len(inputs):
            interpreter.resize_tensor_input(self._input, inputs.shape)
            interpreter.allocate_tensors()
            self._ready = len(inputs)
        interpreter.set_tensor(self._input, self._quantized(inputs))
        interpreter.invoke()
        last = interpreter.get_output_details()[0]
        found = interpreter.get_tensor(last["index"])
        scale, zero = last["quantization"]
        return (found.astype(np.float32) - zero) * np.float32(scale) if scale else found

    def _quantized(self, inputs: NDArray[Any]) -> NDArray[Any]:
        if not self._scale:
            return inputs.astype(self._type, copy=False)
        limits = np.iinfo(self._type)
        steps = np.round(inputs / self._scale) + self._zero
        return np.clip(steps, limits.min, limits.max).astype(self._type)


def perform(job: Mapping[str, Any], data: Mapping[str, np.ndarray]) -> Output:
    """See `perform_with`."""
    return perform_with(_load, job, data)


def _load(job: Mapping[str, Any], data: Mapping[str, np.ndarray], threads: int) -> _Model:
    return _Model(data[FILE].tobytes(), threads)
