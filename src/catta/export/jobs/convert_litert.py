"""The job of the worker that converts to LiteRT: export, quantize, lower."""

# torch and litert-torch ship partly typed: what they leave unknown is not our mistake.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingImports=false

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping
from typing import Any

import litert_torch
import numpy as np
import torch
from litert_torch.quantize.pt2e_quantizer import PT2EQuantizer, get_symmetric_quantization_config
from litert_torch.quantize.quant_config import QuantConfig
from torch import Tensor, nn
from torch.export import Dim
from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e

from catta.evaluation.child import Output
from catta.export.jobs.network import SingleOutput, example, network_of, problem_of
from catta.export.jobs.shared_convolutions import keep_shared_convolutions

_TRACED_BATCH = 2
_CALIBRATION_BATCH = 8


def perform(job: Mapping[str, Any], data: Mapping[str, np.ndarray]) -> Output:
    """Convert.

    Args:
        job: `source`, `problem`, `recipe`; `quantization`; `largest`, the samples of a batch at
            most.
        data: Weights, and `calibration`, images (N, C, H, W) that ranges are measured with.

    Returns:
        Whether batches may be of any size up to the largest (`dynamic`); the bytes of the `file`.

    Raises:
        Exception: Whatever the network raises, and what no operator of the format stands for.
    """
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    problem = problem_of(job, data)
    network = SingleOutput(network_of(job, data)).eval()
    few, one = example(problem, _TRACED_BATCH), example(problem, 1)
    shapes = ({0: Dim("batch", min=1, max=int(job["largest"]))},)
    with torch.no_grad():
        network(few)  # layers made at the first input
        try:
            content, dynamic = _converted(network, few, shapes, job, data), True
        except Exception:  # noqa: BLE001 - it raises much; without its own batch it may work
            content, dynamic = _converted(network, one, None, job, data), False
    return {"dynamic": dynamic}, {"file": np.frombuffer(content, dtype=np.uint8)}


def _converted(
    network: nn.Module,
    inputs: Tensor,
    shapes: tuple[dict[int, Any], ...] | None,
    job: Mapping[str, Any],
    data: Mapping[str, np.ndarray],
) -> bytes:
    config, module = None, network
    if job["quantization"] != "none":
        dynamic = job["quantization"] == "int8-dynamic"
        quantizer = PT2EQuantizer().set_global(
            get_symmetric_quantization_config(is_per_channel=True, is_dynamic=dynamic)
        )
        program = torch.export.export(network, (inputs,), dynamic_shapes=shapes)
        prepared = prepare_pt2e(keep_shared_convolutions(program.module()), quantizer)
        images = inputs if dynamic else torch.from_numpy(data["calibration"])
        for part in images.split(len(inputs) if shapes is None else _CALIBRATION_BATCH):
            prepared(part)
        module = convert_pt2e(prepared, fold_quantize=False)
        config = QuantConfig(pt2e_quantizer=quantizer)
    model: Any = litert_torch.convert(module, (inputs,), quant_config=config, dynamic_shapes=shapes)
    return model.model_content()
