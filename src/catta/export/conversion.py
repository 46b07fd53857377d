"""The parent's side of a conversion in the sandbox, and what its failures mean to a user."""

from __future__ import annotations

import re

from catta.errors import ExportError
from catta.export.subjects import Subject
from catta.export.workplace import Workplace

PERFORM = "catta.export.jobs.convert:perform"
FILE = "file"

_OPERATOR = re.compile(r"(?:aten|torchvision|prims|higher_order)[.:]+[\w.:]+")


def convert_in_sandbox(
    subject: Subject, kind: str, workplace: Workplace, *, half: bool = False
) -> tuple[bytes, bool]:
    """The bytes of a file, which nobody has looked at yet, and whether batches may be of any size.

    Args:
        subject: The network.
        kind: Kind of the job, see `catta.export.jobs.convert`.
        workplace: Where.
        half: Whether its weights become 16 bits wide.

    Raises:
        ExportError: It cannot be converted.
    """
    job = {**subject.job(), "kind": kind, "half": half}
    name = subject.network.name
    try:
        reply = workplace.run(PERFORM, job, inputs=subject.data.inputs, arrays=subject.arrays())
    except ExportError as error:
        raise ExportError(
            f"{name} cannot be exported to {kind}: {explained(str(error))}"
        ) from error
    content = reply.arrays.get(FILE)
    if content is None or content.dtype != "uint8" or content.ndim != 1 or not content.size:
        raise ExportError(f"{name} cannot be exported to {kind}: no file came back")
    return content.tobytes(), reply.header.get("dynamic") is True


def explained(error: str) -> str:
    """What a failure of torch.export or torch.onnx means, and what to change."""
    if "DispatchError" in error or "No ONNX function" in error or "UnsupportedOperator" in error:
        found = _OPERATOR.search(error)
        named = f"the operator {found[0]}" if found else "one of its operators"
        return f"ONNX has nothing for {named}; replace it in the network, or try --format pt2"
    if "data-dependent" in error or "DataDependent" in error or "GuardOnData" in error:
        return (
            "what it computes depends on the values of its inputs, which no file follows; "
            f"make its forward the same for all inputs ({error})"
        )
    if "ConstraintViolation" in error or "Constraints violated" in error:
        return f"its forward works for one shape only; make it independent of the batch ({error})"
    return error
