"""`python -m catta.export.quantize_process DIRECTORY QUANTIZATION DYNAMIC`: quantizes a model.

In the directory it finds `model.onnx` and, for static quantization, `images.npy`; it leaves
`quantized.onnx`. ONNX Runtime's quantizer keeps its intermediate models in files, which no sandbox
of ours lets a process write.
"""

# ONNX Runtime ships without types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quant_pre_process,
    quantize_dynamic,
    quantize_static,
)
from onnxruntime.quantization.onnx_model import ONNXModel
from onnxruntime.transformers.float16 import convert_float_to_float16

_BATCH = 25
_DYNAMIC_OPERATORS = ["MatMul", "Gemm", "Attention", "LSTM", "Gather"]
"""Not convolutions, of which ONNX Runtime has no fast kernel with dynamic ranges on x86."""


class _Images(CalibrationDataReader):
    """Images in batches."""

    def __init__(self, name: str, images: NDArray[Any], batch: int) -> None:
        self._batches: Iterator[NDArray[Any]] = (
            images[start : start + batch] for start in range(0, len(images), batch)
        )
        self._name = name

    def get_next(self) -> dict[str, NDArray[Any]]:
        """The next batch; empty where there is none."""
        batch = next(self._batches, None)
        return {} if batch is None else {self._name: batch}


def main() -> None:
    """Quantize the model of a directory."""
    place, quantization, dynamic = Path(sys.argv[1]), sys.argv[2], sys.argv[3] == "1"
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    source, target = place / "model.onnx", place / "quantized.onnx"
    if quantization == "fp16":
        halved = ONNXModel(convert_float_to_float16(onnx.load(source), keep_io_types=True))
        halved.topological_sort()
        onnx.save(halved.model, target)
        return
    prepared = place / "prepared.onnx"
    quant_pre_process(source, prepared, skip_symbolic_shape=True)
    if quantization == "int8-dynamic":
        quantize_dynamic(
            prepared,
            target,
            op_types_to_quantize=_DYNAMIC_OPERATORS,
            per_channel=True,
            weight_type=QuantType.QInt8,
        )
        return
    images = np.load(place / "images.npy", allow_pickle=False)
    name = onnx.load(prepared, load_external_data=False).graph.input[0].name
    quantize_static(
        prepared,
        target,
        _Images(name, images, _BATCH if dynamic else 1),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        reduce_range=False,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        calibrate_method=CalibrationMethod.MinMax,
    )


if __name__ == "__main__":
    main()
