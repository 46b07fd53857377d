from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch


@pytest.fixture(autouse=True)
def normal_floating_point() -> Iterator[None]:
    """A trial sets the mode of the whole process, which is its own in a sandbox but not here."""
    yield
    torch.set_flush_denormal(False)
