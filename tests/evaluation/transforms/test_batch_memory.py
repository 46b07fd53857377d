"""Memory of a batch is taken again only when nobody has the batch any more."""

import pytest
import torch

from catta.evaluation.transforms import memory
from catta.evaluation.transforms.memory import BatchMemory


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(memory, "LARGE", 64)


def test_memory_is_taken_again_when_it_is_free():
    batches = BatchMemory()
    first = batches.empty((4, 8))
    place = first.data_ptr()
    assert first.shape == (4, 8)
    assert first.dtype == torch.float32
    del first
    assert batches.empty((2, 16)).data_ptr() == place
    assert batches.empty((4, 9)).shape == (4, 9)


@pytest.mark.parametrize(
    "keep",
    [
        lambda batch: batch,
        lambda batch: batch[1:, :3],
        lambda batch: batch.numpy(),
        lambda batch: batch.untyped_storage(),
        lambda batch: (batch * torch.ones(8, requires_grad=True)).grad_fn,  # saved for backward
        lambda batch: torch.nn.Parameter(batch),
    ],
)
def test_what_somebody_has_is_left_alone(keep):
    batches = BatchMemory()
    batch = batches.empty((4, 8))
    place = batch.data_ptr()
    kept = keep(batch)
    del batch
    others = [batches.empty((4, 8)) for _ in range(5)]
    assert place not in {other.data_ptr() for other in others}
    assert len({other.data_ptr() for other in others}) == 5
    assert kept is not None


def test_small_batches_are_torch_s_own(monkeypatch):
    monkeypatch.setattr(memory, "LARGE", 1 << 20)
    batches = BatchMemory()
    batch = batches.empty((4, 8))
    assert batch.shape == (4, 8)
    assert batches._arrays == []
