from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from catta.evaluation.instance import load_state


class Versioned(nn.Module):
    """Refuses a state that does not say of which version it is, as torchvision's MNASNet does."""

    _version = 2

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(2, 2)

    def _load_from_state_dict(self, state: Any, prefix: str, metadata: Any, *rest: Any) -> None:
        if metadata.get("version") != 2:
            raise ValueError("no version")
        super()._load_from_state_dict(state, prefix, metadata, *rest)


def test_weights_without_versions_are_those_of_the_network() -> None:
    given = {name: torch.ones_like(value) for name, value in Versioned().state_dict().items()}
    network = Versioned()
    with pytest.raises(ValueError, match="no version"):
        network.load_state_dict(given)
    load_state(network, given)
    assert all((value == 1).all() for value in network.state_dict().values())


def test_weights_of_another_network_are_refused() -> None:
    with pytest.raises(RuntimeError, match="Missing key"):
        load_state(nn.Linear(2, 2), {"weight": torch.ones(2, 2)})
