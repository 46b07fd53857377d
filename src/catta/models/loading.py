"""From a directory to a causal language model in memory, in the dtype that suits the device."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeStubs=false
# The model libraries ship partly typed interfaces; what they leave unknown is not our mistake.

from __future__ import annotations

from pathlib import Path

import torch
from peft import PeftModel
from safetensors import SafetensorError
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.utils import logging as transformers_logging

from catta.errors import GenerationError, UsageError
from catta.models.quiet import quiet_peft

_UNUSABLE = (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError)
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def choose_device(device: str | None = None) -> torch.device:
    """The named device, or CUDA where there is one, or the CPU.

    Raises:
        UsageError: There is no such device on this machine.
    """
    if device is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        chosen = torch.device(device)
    except RuntimeError as error:
        raise UsageError(
            f"device: {device!r} is not one of cpu, cuda, cuda:<index>, mps"
        ) from error
    if chosen.type == "cuda" and not torch.cuda.is_available():
        raise UsageError(f"device: {device!r} is not on this machine; use cpu")
    return chosen


def choose_dtype(device: torch.device, dtype: str | None = None) -> torch.dtype:
    """The named dtype, or bfloat16 where the device computes in it natively, or float32.

    Raises:
        UsageError: The name is not one of `float32`, `bfloat16`, `float16`.
    """
    if dtype is not None:
        if dtype not in DTYPES:
            raise UsageError(f"dtype: {dtype!r} is not one of {', '.join(DTYPES)}")
        return DTYPES[dtype]
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    if device.type == "cpu" and has_native_bf16():
        return torch.bfloat16
    return torch.float32


def has_native_bf16() -> bool:
    """Whether this CPU multiplies bfloat16 in hardware (AVX512-BF16 or AMX).

    Elsewhere oneDNN emulates it, and float32 is faster.
    """
    return bool(
        torch.cpu._is_avx512_bf16_supported()  # pyright: ignore[reportPrivateUsage]
    )


def load_model(
    path: Path, *, device: str | None = None, dtype: str | None = None
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """See `catta.models.load`."""
    where = choose_device(device)
    # Remote code is never run: a model that needs it is refused by transformers.
    transformers_logging.disable_progress_bar()
    try:
        tokenizer = AutoTokenizer.from_pretrained(path, local_files_only=True)
        model = AutoModelForCausalLM.from_pretrained(
            path,
            dtype=choose_dtype(where, dtype),
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
        )
    except _UNUSABLE as error:
        reason = str(error).strip().splitlines()
        raise GenerationError(
            f"{path} cannot be loaded as a causal language model: "
            f"{reason[0] if reason else type(error).__name__}"
        ) from error
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    torch.nn.Module.to(model, where)
    return model.eval(), tokenizer


def load_with_adapter(
    path: Path, adapter: Path, *, device: str | None = None, dtype: str | None = None
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """A model with a LoRA adapter merged into its weights: as fast as without; see `load`."""
    where = choose_device(device)
    final = choose_dtype(where, dtype)
    # On a CPU the sum of weights and adapter is rounded once, not twice; a GPU's memory is dearer.
    merging = torch.float32 if where.type == "cpu" else final
    model, tokenizer = load_model(path, device=device, dtype=str(merging).removeprefix("torch."))
    try:
        with quiet_peft():
            merged = PeftModel.from_pretrained(model, adapter).merge_and_unload()
    except _UNUSABLE as error:
        reason = str(error).strip().splitlines()
        raise GenerationError(
            f"adapter {adapter} cannot be loaded: {reason[0] if reason else type(error).__name__}"
        ) from error
    return merged.to(final).eval(), tokenizer
