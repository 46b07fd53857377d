"""ONNX, through torch.onnx (dynamo), with ONNX Runtime's quantizer."""

# onnx ships partly typed.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from typing import Any

import onnx

from catta.export.conversion import convert_in_sandbox
from catta.export.onnx_check import checked_model
from catta.export.onnx_quantize import quantized
from catta.export.protocols import (
    INT8_STATIC,
    NONE,
    QUANTIZATIONS,
    Converted,
)
from catta.export.subjects import Subject
from catta.export.workplace import Workplace


class OnnxExporter:
    """One file, any batch where the network allows it."""

    name = "onnx"
    suffix = ".onnx"
    quantizations = QUANTIZATIONS
    runtime = "onnxruntime"

    def __init__(self) -> None:
        self._last: tuple[Subject, bytes, bool] | None = None

    def convert(
        self, subject: Subject, quantization: str, *, calibrate: int, workplace: Workplace
    ) -> Converted:
        """See `Exporter`; of one subject, what is quantized is converted once."""
        if self._last is None or self._last[0] is not subject:
            self._last = (subject, *convert_in_sandbox(subject, self.name, workplace))
        _, content, dynamic = self._last
        model = checked_model(content)
        if quantization != NONE:
            images = subject.images(calibrate) if quantization == INT8_STATIC else None
            content = quantized(content, quantization, images=images, dynamic=dynamic)
            model = checked_model(content)
        _sign(model, subject, quantization)
        opset = max(entry.version for entry in model.opset_import if not entry.domain)
        details: dict[str, Any] = {"opset": opset}
        if quantization == INT8_STATIC:
            details["calibrated_with"] = calibrate
        return Converted(content=model.SerializeToString(), dynamic=dynamic, details=details)


class OnnxRuntime:
    """ONNX Runtime on the processor."""

    name = "onnxruntime"
    suffixes = (".onnx",)
    perform = "catta.export.jobs.run_onnxruntime:perform"
    runs_networks = False

    def check(self, content: bytes) -> None:
        """See `Runtime`."""
        checked_model(content)


def _sign(model: onnx.ModelProto, subject: Subject, quantization: str) -> None:
    """Write into a model which network it is; leave out operator sets that it does not use."""
    used = {node.domain for node in model.graph.node} | {""}
    kept = [entry for entry in model.opset_import if entry.domain in used]
    del model.opset_import[:]
    model.opset_import.extend(kept)
    said = {
        "catta.network": subject.network.id,
        "catta.recipe": subject.recipe.id,
        "catta.quantization": quantization,
    }
    onnx.helper.set_model_props(model, said)
