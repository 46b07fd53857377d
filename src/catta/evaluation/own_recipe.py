"""The own-recipe track: a network brings `train_setup` and `learn`, as LEMUR's do.

What its training is like is seen from outside: losses where `backward` is called, gradients and
learning rates where an optimizer takes a step.
"""

# torch ships partly typed: what it leaves unknown is not our mistake.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from typing import Any, Self, cast

import torch
from torch import Tensor, nn
from torch.optim.optimizer import register_optimizer_step_pre_hook

from catta.evaluation.instance import ContractError
from catta.evaluation.objectives import Objective
from catta.evaluation.objectives.objective import Samples
from catta.evaluation.training import DivergedError, EpochReport, batches_of
from catta.records import Recipe

# A norm costs about as much as a step of plain SGD.
_MEASURE_EVERY = 16


class Batches:
    """The training data of one epoch: inputs and targets, once.

    As LEMUR's, it is its own iterator: a second loop over it gets nothing.
    """

    def __init__(self, samples: Samples, objective: Objective, indices: list[Tensor]) -> None:
        self._samples = samples
        self._objective = objective
        self._indices = indices
        self._next = 0
        self.seen = 0

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> tuple[Tensor, Any]:
        if self._next >= len(self._indices):
            raise StopIteration
        indices = self._indices[self._next]
        self._next += 1
        self.seen += len(indices)
        return self._objective.batch(self._samples, indices)

    def __len__(self) -> int:
        return len(self._indices)


class OwnRecipe:
    """A training that is the network's own; an epoch is one call of its `learn`."""

    def __init__(
        self, network: nn.Module, samples: Samples, objective: Objective, recipe: Recipe
    ) -> None:
        """Call `train_setup`.

        Raises:
            ContractError: The network has no `train_setup` or no `learn`.
            Exception: Whatever `train_setup` raises.
        """
        if not callable(getattr(network, "train_setup", None)):
            raise ContractError("Net has no train_setup; its own recipe cannot be used")
        if not callable(getattr(network, "learn", None)):
            raise ContractError("Net has no learn; its own recipe cannot be used")
        self._network: Any = network
        self._samples = samples
        self._objective = objective
        self._recipe = recipe
        self.generator = torch.Generator().manual_seed(recipe.seed)
        self._network.train_setup(dict(recipe.hyperparameters))

    def epoch(self) -> EpochReport:
        """One call of `learn`.

        Raises:
            DivergedError: The loss is not finite.
            Exception: Whatever `learn` raises.
        """
        begin = time.perf_counter()
        indices = list(batches_of(len(self._samples["x"]), self._recipe.batch, self.generator))
        batches = Batches(self._samples, self._objective, indices)
        self._network.train()
        with _Watch() as watch:
            returned = self._network.learn(batches)
        loss = watch.loss if watch.loss is not None else _loss_of(returned)
        if loss is not None and not math.isfinite(loss):
            raise DivergedError("the training loss is not finite")
        return EpochReport(
            loss=loss,
            seconds=time.perf_counter() - begin,
            samples=batches.seen,
            learning_rate=watch.learning_rate,
            gradient_norm=watch.gradient_norm,
        )


class _Watch:
    """Notes losses, gradients and learning rates of whatever trains within the block."""

    def __init__(self) -> None:
        self._losses: list[Tensor] = []
        self._norms: list[float] = []
        self._steps = 0
        self.learning_rate: float | None = None
        self._backward: Callable[..., Any] = Tensor.backward
        self._handle: Any = None

    @property
    def loss(self) -> float | None:
        """Mean of what was differentiated."""
        return float(torch.stack(self._losses).mean()) if self._losses else None

    @property
    def gradient_norm(self) -> float | None:
        """Mean norm of the gradients that optimizers saw."""
        return sum(self._norms) / len(self._norms) if self._norms else None

    def __enter__(self) -> Self:
        original, losses = self._backward, self._losses

        def backward(tensor: Tensor, *arguments: Any, **named: Any) -> Any:
            if tensor.numel() == 1:
                losses.append(tensor.detach().float().cpu().reshape(()))
            return original(tensor, *arguments, **named)

        setattr(Tensor, "backward", backward)  # noqa: B010 - a type checker knows it as a method
        self._handle = register_optimizer_step_pre_hook(self._before_step)
        return self

    def __exit__(self, *_: object) -> None:
        setattr(Tensor, "backward", self._backward)  # noqa: B010
        self._handle.remove()

    def _before_step(self, optimizer: Any, *_: object) -> None:
        self.learning_rate = float(optimizer.param_groups[0]["lr"])
        self._steps += 1
        if self._steps % _MEASURE_EVERY != 1:
            return
        gradients = [p.grad for p in _parameters(optimizer) if p.grad is not None]
        if gradients:
            self._norms.append(float(nn.utils.get_total_norm(gradients)))


def _parameters(optimizer: Any) -> Iterator[nn.Parameter]:
    for group in optimizer.param_groups:
        yield from group["params"]


def _loss_of(returned: object) -> float | None:
    """What `learn` returned: nothing, a loss, or an accuracy and a loss."""
    if isinstance(returned, tuple) and returned:
        returned = cast("tuple[object, ...]", returned)[-1]
    if isinstance(returned, Tensor) and returned.numel() == 1:
        return float(returned)
    return float(returned) if isinstance(returned, int | float) else None
