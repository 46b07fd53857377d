"""Trained weights as a file that executes nothing when it is read."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from safetensors.numpy import save

from catta.training.trainer import Trained


def save_weights(file: Path, trained: Trained) -> None:
    """Write the weights of a training to a safetensors file, whole or not at all.

    Its metadata say which network and which recipe they are of.
    """
    metadata = {
        "network": trained.network.id,
        "name": trained.network.name,
        "recipe": trained.recipe.model_dump_json(),
    }
    data = save(dict(trained.weights), metadata=metadata)
    descriptor, name = tempfile.mkstemp(dir=file.absolute().parent, prefix=".catta-")
    try:
        with os.fdopen(descriptor, "wb") as fresh:
            fresh.write(data)
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
