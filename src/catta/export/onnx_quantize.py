"""Quantization of ONNX models in a process of its own: one that breaks it breaks nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catta.errors import ExportError
from catta.evaluation.wire import MAX_ARRAYS

SECONDS = 900.0
_LAST_LINE = 300


def quantized(
    content: bytes, quantization: str, *, images: NDArray[Any] | None, dynamic: bool
) -> bytes:
    """A model with narrower weights, or weights and activations.

    Args:
        content: A model that was checked.
        quantization: `fp16`, `int8-dynamic` or `int8-static`.
        images: Inputs that the ranges of activations are measured with, for `int8-static`.
        dynamic: Whether the model takes batches of any size.

    Raises:
        ExportError: It cannot be quantized; the disk is full.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="catta-quantize-") as place:
            return _in(Path(place), content, quantization, images, dynamic)
    except OSError as error:
        raise ExportError(f"quantization needs temporary files: {error.strerror}") from error


def _in(
    place: Path,
    content: bytes,
    quantization: str,
    images: NDArray[Any] | None,
    dynamic: bool,
) -> bytes:
    (place / "model.onnx").write_bytes(content)
    if images is not None:
        np.save(place / "images.npy", images)
    process = "catta.export.quantize_process"
    command = [sys.executable, "-P", "-m", process, str(place), quantization, str(int(dynamic))]
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(place),
        "TMPDIR": str(place),
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=SECONDS, env=environment, cwd=place, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ExportError(f"quantization took longer than {SECONDS:.0f} s") from error
    result = place / "quantized.onnx"
    if done.returncode != 0 or not result.exists() or result.stat().st_size > MAX_ARRAYS:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        reason = lines[-1][:_LAST_LINE] if lines else f"its process ended ({done.returncode})"
        raise ExportError(f"{quantization} failed: {reason}")
    return result.read_bytes()
