"""A checkpoint is there as a whole, or that of the epoch before it."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from catta.errors import FetchError
from catta.records import EpochMeasurement
from catta.training import checkpoints
from catta.training.checkpoints import Checkpoint

FIRST = EpochMeasurement(epoch=1, loss=2.0, accuracy=0.25, seconds=1.5, metrics={"acc": 0.25})
SECOND = EpochMeasurement(
    epoch=2, loss=1.0, accuracy=0.5, seconds=1.5, gradient_norm=0.1, metrics={"acc": 0.5}
)
STATE = np.arange(200, dtype=np.uint8)


@pytest.fixture
def checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkpoint:
    monkeypatch.setenv("CATTA_CACHE", str(tmp_path / "cache"))
    return Checkpoint("n1:0", "r1:0")


def files(checkpoint: Checkpoint) -> list[str]:
    return sorted(p.name for p in checkpoint.path.parent.iterdir() if p.name != ".lock")


def test_the_last_state_comes_back(checkpoint: Checkpoint) -> None:
    assert checkpoint.load() is None
    checkpoint.save([FIRST], STATE)
    checkpoint.save([FIRST, SECOND], STATE + 1)
    saved = Checkpoint("n1:0", "r1:0").load()
    assert saved is not None
    assert saved[0] == [FIRST, SECOND]
    assert np.array_equal(saved[1], STATE + 1)
    assert files(checkpoint) == [checkpoint.path.name]
    checkpoint.remove()
    checkpoint.remove()
    assert checkpoint.load() is None


def test_each_network_and_recipe_has_its_own(checkpoint: Checkpoint) -> None:
    checkpoint.save([FIRST], STATE)
    assert Checkpoint("n1:1", "r1:0").load() is None
    assert Checkpoint("n1:0", "r1:1").load() is None


@pytest.mark.parametrize("keep", [0, 1, 100, -1])
def test_a_file_that_is_cut_short_is_none(checkpoint: Checkpoint, keep: int) -> None:
    checkpoint.save([FIRST], STATE)
    checkpoint.path.write_bytes(checkpoint.path.read_bytes()[:keep])
    assert checkpoint.load() is None


@pytest.mark.parametrize("header", [{}, {"epochs": 3}, {"epochs": [{"loss": 1.0}]}])
def test_a_file_that_holds_something_else_is_none(checkpoint: Checkpoint, header: Any) -> None:
    checkpoint.save([FIRST], STATE)
    checkpoint.path.write_bytes(checkpoints.wire.encode(header, {"state": STATE}))
    assert checkpoint.load() is None


def test_a_full_disk_leaves_the_one_before(
    checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint.save([FIRST], STATE)

    def full(self: Path, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        with pytest.raises(FetchError, match="the disk is full"):
            checkpoint.save([FIRST, SECOND], STATE)
    saved = checkpoint.load()
    assert saved is not None
    assert saved[0] == [FIRST]
    assert files(checkpoint) == [checkpoint.path.name]
