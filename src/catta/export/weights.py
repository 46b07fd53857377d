"""Reading trained weights that `catta train --weights` wrote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError
from safetensors import SafetensorError, safe_open

from catta.errors import UsageError
from catta.evaluation.wire import MAX_ARRAYS
from catta.records import Network, Recipe


@dataclass(frozen=True, kw_only=True, slots=True)
class Weights:
    """Weights of a training.

    Attributes:
        weights: Parameters and buffers by name, float32 and int64.
        recipe: What they were trained under.
    """

    weights: Mapping[str, NDArray[Any]]
    recipe: Recipe


def read_weights(file: Path, network: Network) -> Weights:
    """The weights in a safetensors file, which have to be those of a network.

    Raises:
        UsageError: The file cannot be read, is none of Catta's, or has the weights of another
            network.
    """
    try:
        if file.stat().st_size > MAX_ARRAYS:
            raise UsageError(f"{file} is larger than what enters a sandbox, {MAX_ARRAYS >> 20} MiB")
        with safe_open(file, framework="numpy") as opened:
            metadata = opened.metadata() or {}
            weights = {name: _plain(opened.get_tensor(name)) for name in opened.keys()}  # noqa: SIM118
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror or error}") from error
    except (SafetensorError, TypeError, ValueError) as error:
        raise UsageError(f"{file} holds no weights that `catta train --weights` wrote") from error
    try:
        identity, recipe = metadata["network"], Recipe.model_validate_json(metadata["recipe"])
    except (KeyError, ValidationError) as error:
        raise UsageError(
            f"{file} does not say which network and recipe it is of: write it with "
            "`catta train --weights`"
        ) from error
    if identity != network.id:
        raise UsageError(
            f"{file} has the weights of another network, {metadata.get('name', identity)}, "
            f"not of {network.name}"
        )
    if not weights:
        raise UsageError(f"{file} holds no weights")
    return Weights(weights=weights, recipe=recipe)


def _plain(array: NDArray[Any]) -> NDArray[Any]:
    return array.astype(np.float32 if array.dtype.kind == "f" else np.int64, copy=False)
