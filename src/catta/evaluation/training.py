"""The fixed recipe: the evaluator owns the optimizer, the schedule and the loop."""

# torch ships partly typed: what it leaves unknown is not our mistake.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import contextlib
import math
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import LRScheduler, OneCycleLR

from catta.evaluation.objectives import Objective
from catta.evaluation.objectives.objective import Samples
from catta.records import Recipe

# Larger batches fall out of the cache: 500 images take up to 1.4 times as long on a CPU.
PREDICT_BATCH = 125
_LOOK_EVERY = 32


@dataclass(frozen=True, kw_only=True, slots=True)
class EpochReport:
    """How one epoch of a training went.

    Attributes:
        loss: Mean over the batches.
        seconds: Wall-clock time of the training, without prediction.
        samples: Number of samples that were trained on.
        learning_rate: Of the last step; None where no optimizer of torch took one.
        gradient_norm: Mean norm of the gradient before clipping; None as above.
    """

    loss: float | None
    seconds: float
    samples: int
    learning_rate: float | None
    gradient_norm: float | None


class DivergedError(Exception):
    """The training loss is no longer finite."""


def seed_everything(seed: int) -> None:
    """Seed all that a network's initialisation and dropout may draw from."""
    torch.manual_seed(seed)
    random.seed(seed)
    np.random.seed(seed % 2**32)


def fastest_layout(
    network: nn.Module, inputs: Tensor, targets: Any, objective: Objective
) -> torch.memory_format:
    """The memory layout to train in: channels last wherever the network bears it.

    An epoch of a convolutional network takes two thirds of the time then. What breaks is a
    `view` across the channels of a feature map, some two networks in a hundred; only a trial
    shows it. Values do not change, beyond the order of summation.

    Args:
        network: Used up: its statistics and its layout change; build another one.
        inputs: A small batch, of at least 2 samples.
        targets: What belongs to it.
        objective: What is trained for.
    """
    if inputs.dim() != 4:
        return torch.contiguous_format
    images = inputs.contiguous(memory_format=torch.channels_last)
    try:
        network.to(memory_format=torch.channels_last)
        network.train()
        objective.loss(network, images, targets).backward()
        with torch.inference_mode():
            network.eval()
            objective.predict(network, images)
    except Exception:  # noqa: BLE001 - a candidate may raise anything; it gets the plain layout
        return torch.contiguous_format
    return torch.channels_last


@torch.inference_mode()
def predict(
    network: nn.Module,
    inputs: Tensor,
    objective: Objective,
    *,
    layout: torch.memory_format = torch.contiguous_format,
    device: torch.device | None = None,
    transformed: Callable[[Tensor], Tensor] | None = None,
) -> dict[str, Tensor]:
    """What a network says in evaluation mode; the first axis of each array is that of `inputs`.

    Args:
        network: Already on the device.
        inputs: Of all samples.
        objective: What the task asks for.
        layout: Memory layout of batches of images.
        device: Where batches are moved to.
        transformed: What becomes of a batch before that; it gets a copy.
    """
    network.eval()
    batches = iter(inputs.split(PREDICT_BATCH))
    if transformed is not None:
        batches = (transformed(batch.clone()) for batch in batches)
    parts = [objective.predict(network, placed(batch, layout, device)) for batch in batches]
    return {name: torch.cat([part[name].cpu() for part in parts]) for name in parts[0]}


def placed(
    inputs: Tensor, layout: torch.memory_format, device: torch.device | None = None
) -> Tensor:
    """A batch where and as the network wants it."""
    if inputs.dim() == 4:
        inputs = inputs.contiguous(memory_format=layout)
    return inputs if device is None else inputs.to(device)


def make_optimizer(network: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """AdamW or SGD over the trainable parameters, as the recipe says."""
    parameters = _trainable(network)
    # One kernel for all parameters: small networks spend a fifth of a step in the optimizer.
    fused = all(p.is_floating_point() for p in parameters)
    if recipe.optimizer == "adamw":
        return torch.optim.AdamW(
            parameters, lr=recipe.lr, weight_decay=recipe.weight_decay, fused=fused
        )
    return torch.optim.SGD(
        parameters,
        lr=recipe.lr,
        momentum=recipe.momentum,
        weight_decay=recipe.weight_decay,
        fused=fused,
    )


def make_schedule(
    optimizer: torch.optim.Optimizer, recipe: Recipe, steps: int
) -> LRScheduler | None:
    """One-cycle (Smith and Topin, 2019) up to the recipe's rate, or None for a constant rate.

    The momentum of SGD stays what the recipe says; AdamW's first beta cycles against the rate.
    """
    if recipe.schedule == "constant":
        return None
    return OneCycleLR(
        optimizer,
        max_lr=recipe.lr,
        total_steps=max(steps, 2),
        cycle_momentum=recipe.optimizer == "adamw",
    )


def batches_of(count: int, size: int, generator: torch.Generator) -> Iterator[Tensor]:
    """Shuffled indices in batches; a last batch of one sample is left out (batch norm)."""
    for indices in torch.randperm(count, generator=generator).split(size):
        if len(indices) > 1 or size == 1:
            yield indices


def steps_of(count: int, recipe: Recipe) -> int:
    """Optimizer steps of a whole training on `count` samples."""
    full, rest = divmod(count, recipe.batch)
    return recipe.epochs * (full + (rest > 1))


class FixedRecipe:
    """A training whose optimizer, schedule and loop are the evaluator's.

    The same network, data, recipe, layout and number of threads give the same weights.
    """

    def __init__(
        self,
        network: nn.Module,
        samples: Samples,
        objective: Objective,
        recipe: Recipe,
        *,
        layout: torch.memory_format = torch.contiguous_format,
        device: torch.device | None = None,
    ) -> None:
        """Prepare to train a network in place.

        Args:
            network: On the device already.
            samples: The training split, in the memory of the processor.
            objective: What is trained for.
            recipe: Everything that fixes the training.
            layout: Memory layout of weights and batches of images.
            device: Where batches are moved to.
        """
        if layout is torch.channels_last:
            network.to(memory_format=layout)
        self._network = network
        self._samples = samples
        self._objective = objective
        self._recipe = recipe
        self._layout = layout
        self._device = device
        self._parameters = _trainable(network)
        self.optimizer = make_optimizer(network, recipe)
        self.schedule = make_schedule(self.optimizer, recipe, steps_of(len(samples["x"]), recipe))
        self.generator = torch.Generator().manual_seed(recipe.seed)

    def epoch(self) -> EpochReport:
        """One pass over the training data.

        Raises:
            DivergedError: The loss is not finite.
        """
        begin = time.perf_counter()
        self._network.train()
        total, norms = torch.zeros(()), torch.zeros(())
        count = seen = 0
        for indices in batches_of(len(self._samples["x"]), self._recipe.batch, self.generator):
            loss, norm = self._step(indices)
            total += loss
            norms += norm
            count += 1
            seen += len(indices)
            # Looked at rarely: reading a value costs little on a CPU and a stall on a GPU.
            if count % _LOOK_EVERY == 0 and not math.isfinite(total.item()):
                break
        mean = total.item() / max(count, 1)
        if not math.isfinite(mean):
            raise DivergedError("the training loss is not finite")
        return EpochReport(
            loss=mean,
            seconds=time.perf_counter() - begin,
            samples=seen,
            learning_rate=float(self.optimizer.param_groups[0]["lr"]),
            gradient_norm=norms.item() / max(count, 1),
        )

    def _step(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """Train on one batch; returns its loss and the norm of the gradient before clipping."""
        inputs, targets = self._objective.batch(self._samples, indices)
        inputs = placed(inputs, self._layout, self._device)
        if self._device is not None:
            targets = targets.to(self._device)
        with self._precision():
            loss = self._objective.loss(self._network, inputs, targets)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self._parameters, self._recipe.clip)
        self.optimizer.step()
        if self.schedule is not None:
            self.schedule.step()
        return loss.detach().cpu(), norm.detach().cpu()

    def _precision(self) -> contextlib.AbstractContextManager[Any]:
        if not self._recipe.amp:
            return contextlib.nullcontext()
        kind = "cpu" if self._device is None else self._device.type
        return torch.autocast(kind, dtype=torch.bfloat16)


def _trainable(network: nn.Module) -> list[nn.Parameter]:
    return [p for p in network.parameters() if p.requires_grad]
