"""What differs between tasks where a network is trained and asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from torch import Tensor, nn

Samples = Mapping[str, Tensor]
"""Arrays of a split by name, as in `catta.tasks.sources`; images are float32."""


class Objective(Protocol):
    """One task. Everything here runs inside the sandbox and may raise what a network raises."""

    def batch(self, samples: Samples, indices: Tensor) -> tuple[Tensor, Any]:
        """Inputs and targets of some samples, in the form in which LEMUR's loaders give them."""
        ...

    def loss(self, network: nn.Module, inputs: Tensor, targets: Any) -> Tensor:
        """The loss of one batch under the fixed recipe, a scalar."""
        ...

    def predict(self, network: nn.Module, inputs: Tensor) -> dict[str, Tensor]:
        """What a network in evaluation mode says about B inputs; the first axis of each is B.

        Raises:
            ContractError: It does not return what the task asks for.
        """
        ...

    def example(self, batch: int) -> tuple[Tensor, Any]:
        """Random inputs and targets for a trial that the network builds, from torch's generator."""
        ...
