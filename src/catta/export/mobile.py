"""The parent's side of conversions to the formats of phones."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Mapping
from typing import Any

from catta.errors import ExportError
from catta.evaluation.wire import MAX_ARRAYS
from catta.export.conversion import FILE, explained
from catta.export.protocols import INT8_STATIC, Converted
from catta.export.subjects import Subject
from catta.export.workplace import Workplace

LARGEST_BATCH = 8
"""Samples of a batch, at most: memory for as many is planned in advance."""

_CALIBRATION = "calibration"


def convert_for_device(
    subject: Subject,
    kind: str,
    perform: str,
    workplace: Workplace,
    *,
    quantization: str,
    calibrate: int,
    package: str,
    check: Callable[[bytes], None],
    told: Mapping[str, Any] | None = None,
) -> Converted:
    """A file, with the version of what made it.

    Args:
        subject: The network.
        kind: Name of the format.
        perform: Job that converts.
        workplace: Where.
        quantization: One of the format's.
        calibrate: How many images ranges are measured with.
        package: Distribution that makes the file.
        check: Refuses what is no file of this format.
        told: What else the job needs.

    Raises:
        ExportError: It cannot be converted, or what came back is no file of this format.
    """
    job = {**subject.job(), **(told or {}), "quantization": quantization, "largest": LARGEST_BATCH}
    arrays = subject.arrays()
    details: dict[str, Any] = {}
    if quantization == INT8_STATIC:
        arrays[_CALIBRATION] = subject.images(calibrate)
        details["calibrated_with"] = calibrate
    name = subject.network.name
    try:
        reply = workplace.run(perform, job, inputs=subject.data.inputs, arrays=arrays)
    except ExportError as error:
        reason = explained(str(error)).replace("ONNX has", f"{kind} has")
        raise ExportError(f"{name} cannot be exported to {kind}: {reason}") from error
    content = reply.arrays.get(FILE)
    if content is None or content.dtype != "uint8" or content.ndim != 1 or not content.size:
        raise ExportError(f"{name} cannot be exported to {kind}: no file came back")
    file = content.tobytes()
    check(file)
    dynamic = reply.header.get("dynamic") is True
    details["largest_batch"] = LARGEST_BATCH if dynamic else 1
    details[package] = importlib.metadata.version(package)
    return Converted(content=file, dynamic=dynamic, details=details)


def check_size(content: bytes) -> None:
    """Refuse what is too large to enter a sandbox.

    Raises:
        ExportError: It is.
    """
    if len(content) > MAX_ARRAYS:
        raise ExportError(f"the file is larger than what enters a sandbox, {MAX_ARRAYS >> 20} MiB")
