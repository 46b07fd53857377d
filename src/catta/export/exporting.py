"""From a network to a file that was compared with it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catta.errors import UsageError
from catta.export.comparing import Agreement, Judge, agreement
from catta.export.protocols import Converted, Exporter
from catta.export.registry import exporter, runtime
from catta.export.subjects import Subject, expect_exportable
from catta.export.workplace import Workplace

CALIBRATE = 200
"""Images of the training split that static ranges are measured with."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reference:
    """What PyTorch makes of a subject, for all of its files.

    Attributes:
        outputs: Scores of the first inputs of the validation split.
        accuracy: The recipe's metric on the validation split.
    """

    outputs: NDArray[np.float32]
    accuracy: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Exported:
    """A file, and how it compares with the network that it came of.

    Attributes:
        subject: The network.
        format: Name of the format.
        quantization: What its weights and activations became.
        content: The file's bytes.
        sha256: Of the bytes, in hexadecimal digits.
        dynamic: Whether it takes batches of any size.
        accuracy_before: The recipe's metric on the validation split, by PyTorch.
        accuracy_after: The same, by the file.
        agreement: How far its outputs lie from PyTorch's.
        details: What the format has to tell.
    """

    subject: Subject
    format: str
    quantization: str
    content: bytes
    sha256: str
    dynamic: bool
    accuracy_before: float
    accuracy_after: float
    agreement: Agreement
    details: Mapping[str, Any] = field(default_factory=dict[str, Any])


def find_exporter(name: str, quantization: str) -> Exporter:
    """The exporter of a format that has a quantization.

    Raises:
        UsageError: There is no such format, it has no such quantization, or an extra is missing.
    """
    found = exporter(name)
    if quantization not in found.quantizations:
        raise UsageError(
            f"quantization of {name} must be one of {', '.join(found.quantizations)}, "
            f"not {quantization!r}"
        )
    return found


def reference_of(subject: Subject, workplace: Workplace) -> Reference:
    """What PyTorch makes of a subject.

    Raises:
        UsageError: Networks for its task have no file.
        ExportError: The network fails, say because the weights are not its own.
    """
    expect_exportable(subject.recipe.task)
    judge, pytorch = Judge(subject, workplace), runtime("pytorch")
    return Reference(outputs=judge.outputs(pytorch), accuracy=judge.accuracy(pytorch))


def export(
    subject: Subject,
    chosen: Exporter,
    quantization: str = "none",
    *,
    workplace: Workplace,
    calibrate: int = CALIBRATE,
    reference: Reference | None = None,
) -> Exported:
    """Make a file of a network, run it, and compare.

    Args:
        subject: The network, its weights and its data.
        chosen: The format; see `find_exporter`.
        quantization: One of the format's.
        workplace: Where everything runs that is not trusted.
        calibrate: How many training images static ranges are measured with.
        reference: What PyTorch makes of it, if that is known.

    Raises:
        UsageError: There is nothing to calibrate with.
        ExportError: It cannot be converted, or the file cannot be run.
    """
    if calibrate < 1:
        raise UsageError(f"calibrate must be at least 1, not {calibrate}")
    known = reference or reference_of(subject, workplace)
    converted: Converted = chosen.convert(
        subject, quantization, calibrate=calibrate, workplace=workplace
    )
    judge, runs = Judge(subject, workplace), runtime(chosen.runtime)
    outputs = judge.outputs(runs, converted.content, count=len(known.outputs))
    return Exported(
        subject=subject,
        format=chosen.name,
        quantization=quantization,
        content=converted.content,
        sha256=hashlib.sha256(converted.content).hexdigest(),
        dynamic=converted.dynamic,
        accuracy_before=known.accuracy,
        accuracy_after=judge.accuracy(runs, converted.content),
        agreement=agreement(known.outputs, outputs),
        details=converted.details,
    )
