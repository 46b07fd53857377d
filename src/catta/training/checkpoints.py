"""Checkpoints of trainings that are not finished, in the cache: one a network and recipe."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from catta.evaluation import wire
from catta.fetch import locked, scratch_directory, storing
from catta.paths import cache_dir
from catta.records import EpochMeasurement

_STATE = "state"

Saved = tuple[list[EpochMeasurement], NDArray[np.uint8]]
"""The epochs that are done, and the state after the last of them."""


class Checkpoint:
    """The last state of one training, if there is one.

    The state came out of a sandbox and goes back into one; nothing here looks into it.
    """

    def __init__(self, network_id: str, recipe_id: str) -> None:
        digest = hashlib.sha256(f"{network_id} {recipe_id}".encode()).hexdigest()
        self.path: Path = cache_dir() / "checkpoints" / f"{digest[:32]}.checkpoint"

    def load(self) -> Saved | None:
        """The last state; None where there is none, or one that was cut short."""
        try:
            header, arrays = wire.decode(self.path.read_bytes())
            epochs = [EpochMeasurement(**values) for values in header["epochs"]]
            return epochs, arrays[_STATE]
        except (FileNotFoundError, wire.WireError, KeyError, TypeError):
            return None

    def save(self, epochs: Sequence[EpochMeasurement], state: NDArray[np.uint8]) -> None:
        """Keep a state in the place of the last one; a kill leaves the one or the other.

        Raises:
            FetchError: The disk is full.
        """
        root = self.path.parent
        plain = [{**asdict(e), "metrics": dict(e.metrics)} for e in epochs]
        with locked(root), storing(root), scratch_directory(root) as scratch:
            fresh = scratch / self.path.name
            fresh.write_bytes(wire.encode({"epochs": plain}, {_STATE: state}))
            fresh.replace(self.path)

    def remove(self) -> None:
        """The training is over."""
        with contextlib.suppress(FileNotFoundError):
            self.path.unlink()
