"""The job of the worker that converts to ExecuTorch: export, quantize, lower to XNNPACK."""

# torch and ExecuTorch ship partly typed: what they leave unknown is not our mistake.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingImports=false
# pyright: reportPrivateUsage=false

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner
from executorch.backends.xnnpack.quantizer.xnnpack_quantizer import (
    XNNPACKQuantizer,
    get_symmetric_quantization_config,
)
from executorch.exir import to_edge_transform_and_lower
from torch.export import Dim, ExportedProgram
from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e

from catta.evaluation.child import Output
from catta.export.jobs.flatbuffers_inside import pack_inside
from catta.export.jobs.network import SingleOutput, example, network_of, problem_of
from catta.export.jobs.shared_convolutions import keep_shared_convolutions

_TRACED_BATCH = 2
_CALIBRATION_BATCH = 8


def perform(job: Mapping[str, Any], data: Mapping[str, np.ndarray]) -> Output:
    """Convert.

    Args:
        job: `source`, `problem`, `recipe`; `quantization`; `largest`, the samples of a batch at
            most; `schema`, the text of the module that packs graphs of XNNPACK's.
        data: Weights, and `calibration`, images (N, C, H, W) that ranges are measured with.

    Returns:
        Whether batches may be of any size up to the largest (`dynamic`); the bytes of the `file`.

    Raises:
        Exception: Whatever the network raises, and what no operator of the format stands for.
    """
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    pack_inside(job["schema"])
    problem = problem_of(job, data)
    network = SingleOutput(network_of(job, data)).eval()
    one, few = example(problem, 1), example(problem, _TRACED_BATCH)
    shapes = ({0: Dim("batch", min=1, max=int(job["largest"]))},)
    with torch.no_grad():
        network(few)  # layers made at the first input
        try:
            program, dynamic = torch.export.export(network, (few,), dynamic_shapes=shapes), True
        except Exception:  # noqa: BLE001 - it raises much; without its own batch it may work
            program, dynamic = torch.export.export(network, (one,)), False
        if job["quantization"] == "int8-static":
            batch = _CALIBRATION_BATCH if dynamic else 1
            module = _quantized(program, data["calibration"], batch)
            inputs, kept = (few, shapes) if dynamic else (one, None)
            program = torch.export.export(module, (inputs,), dynamic_shapes=kept)
        lowered = to_edge_transform_and_lower(program, partitioner=[XnnpackPartitioner()])
        content = lowered.to_executorch().buffer
    return {"dynamic": dynamic}, {"file": np.frombuffer(content, dtype=np.uint8)}


def _quantized(program: ExportedProgram, images: np.ndarray, batch: int) -> torch.nn.Module:
    quantizer = XNNPACKQuantizer()
    quantizer.set_global(get_symmetric_quantization_config(is_per_channel=True))
    prepared = prepare_pt2e(keep_shared_convolutions(program.module()), quantizer)
    for part in torch.from_numpy(images).split(batch):
        prepared(part)
    return convert_pt2e(prepared)
