"""An adapter on disk: a directory as peft writes it, in half precision, whole or not there."""

from __future__ import annotations

import tempfile
from pathlib import Path

import torch
from peft import PeftModel

from catta.fetch import sha256_of, storing
from catta.models import ADAPTER_WEIGHTS


def save_adapter(model: PeftModel, output: Path, *, base: str) -> str:
    """Write the adapter of a model to a directory, which is replaced as a whole if it exists.

    Args:
        model: Its trainable weights are cast to float16 in place.
        output: The directory.
        base: Name of the base model, kept in the adapter's configuration instead of a path.

    Returns:
        SHA-256 of the weights file.

    Raises:
        FetchError: The directory cannot be written, or the disk is full.
    """
    for parameter in model.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.to(torch.float16)
    model.peft_config["default"].base_model_name_or_path = base
    with storing(output.parent):
        output.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=output.parent, prefix=".adapter-") as scratch:
            made = Path(scratch) / "new"
            # Saving embedding layers is not wanted, and finding out whether to would ask the hub.
            model.save_pretrained(str(made), save_embedding_layers=False)
            (made / "README.md").unlink(missing_ok=True)  # peft's template of a model card
            (made / ADAPTER_WEIGHTS).chmod(0o644)  # written for its owner only, but it is no secret
            weights_hash = sha256_of(made / ADAPTER_WEIGHTS)
            if output.exists():
                output.rename(Path(scratch) / "old")
            made.rename(output)
    return weights_hash
