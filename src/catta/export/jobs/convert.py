"""The jobs of the worker that converts: a network becomes a file of torch.export's or of ONNX's."""

# torch ships partly typed: what it leaves unknown is not our mistake.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportPrivateImportUsage=false

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
import torch.onnx
from torch.export import Dim, ExportedProgram

from catta.evaluation.child import Output
from catta.export.jobs.network import SingleOutput, example, network_of, problem_of

INPUT, OUTPUT = "input", "output"
MOST_IN_A_BATCH = 4_096

_TRACED_BATCH = 2


class ConversionFailedError(Exception):
    """torch.onnx could not translate a graph."""


def perform(job: Mapping[str, Any], data: Mapping[str, np.ndarray]) -> Output:
    """Do one job: `pt2` or `onnx`.

    Args:
        job: `kind`, `source`, `problem`, `recipe`; `half` for weights of 16 bits.
        data: Weights.

    Returns:
        Whether batches may be of any size (`dynamic`); the bytes of the `file`.

    Raises:
        Exception: Whatever the network raises, and what no operator of the format stands for.
    """
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    program, dynamic = exported(job, data)
    content = _pt2(program) if job["kind"] == "pt2" else _onnx(program)
    return {"dynamic": dynamic}, {"file": np.frombuffer(content, dtype=np.uint8)}


def exported(
    job: Mapping[str, Any], data: Mapping[str, np.ndarray]
) -> tuple[ExportedProgram, bool]:
    """The network of a job as a graph, and whether its batches may be of any size.

    Where the network's own code fixes the batch, it is 1.
    """
    problem = problem_of(job, data)
    network = SingleOutput(network_of(job, data), half=job.get("half") is True).eval()
    shapes = {0: Dim("batch", min=1, max=MOST_IN_A_BATCH)}
    with torch.no_grad():
        network(example(problem, _TRACED_BATCH))  # layers made at the first input
        try:
            inputs = (example(problem, _TRACED_BATCH),)
            return torch.export.export(network, inputs, dynamic_shapes=(shapes,)), True
        except Exception:  # noqa: BLE001 - it raises much; without its own batch it may work
            return torch.export.export(network, (example(problem, 1),)), False


def _pt2(program: ExportedProgram) -> bytes:
    buffer = io.BytesIO()
    torch.export.save(program, buffer)
    return buffer.getvalue()


def _onnx(program: ExportedProgram) -> bytes:
    try:
        with torch.no_grad():
            converted = torch.onnx.export(
                program,
                dynamo=True,
                external_data=False,
                verbose=False,
                input_names=[INPUT],
                output_names=[OUTPUT],
            )
    except Exception as error:
        raise ConversionFailedError(_cause(error)) from error
    if converted is None:
        raise ConversionFailedError("torch.onnx returned nothing")
    return converted.model_proto.SerializeToString()


def _cause(error: BaseException) -> str:
    """The first line of what lies at the bottom of an error: torch.onnx wraps it in advice."""
    while error.__cause__ is not None:
        error = error.__cause__
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
