"""The fixed recipe: the evaluator owns the optimizer, the schedule and the loop."""

# torch ships partly typed: what it leaves unknown is not our mistake.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import math
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.lr_scheduler import LRScheduler, OneCycleLR

from catta.records import Recipe

# Larger batches fall out of the cache: 500 images take up to 1.4 times as long on a CPU.
PREDICT_BATCH = 125
_LOOK_EVERY = 32


class DivergedError(Exception):
    """The training loss is no longer finite."""


def seed_everything(seed: int) -> None:
    """Seed all that a network's initialisation and dropout may draw from."""
    torch.manual_seed(seed)
    random.seed(seed)
    np.random.seed(seed % 2**32)


def fastest_layout(network: nn.Module, images: Tensor) -> torch.memory_format:
    """The memory layout to train in: channels last wherever the network bears it.

    An epoch of a convolutional network takes two thirds of the time then. What breaks is a
    `view` across the channels of a feature map, some two networks in a hundred; only a trial
    shows it. Values do not change, beyond the order of summation.

    Args:
        network: Used up: its statistics and its layout change; build another one.
        images: Float32 of shape (N, C, H, W), N at least 2.
    """
    if images.dim() != 4:
        return torch.contiguous_format
    inputs = images[:2].contiguous(memory_format=torch.channels_last)
    try:
        network.to(memory_format=torch.channels_last)
        network.train()
        network(inputs).float().sum().backward()
        with torch.inference_mode():
            network.eval()
            network(inputs)
    except Exception:  # noqa: BLE001 - a candidate may raise anything; it gets the plain layout
        return torch.contiguous_format
    return torch.channels_last


def train(
    network: nn.Module,
    images: Tensor,
    labels: Tensor,
    recipe: Recipe,
    *,
    layout: torch.memory_format = torch.contiguous_format,
) -> Iterator[tuple[float, float]]:
    """Train epoch by epoch.

    The same network, data, recipe, layout and number of threads give the same weights.

    Args:
        network: Trained in place.
        images: Float32 of shape (N, C, H, W).
        labels: Int64 of shape (N,).
        recipe: Everything that fixes the training.
        layout: Memory layout of weights and batches.

    Yields:
        Mean training loss and seconds of each epoch.

    Raises:
        DivergedError: The loss is not finite.
    """
    if layout is torch.channels_last:
        network.to(memory_format=layout)
    optimizer = make_optimizer(network, recipe)
    trainer = _Trainer(
        network=network,
        recipe=recipe,
        layout=layout,
        optimizer=optimizer,
        schedule=make_schedule(optimizer, recipe, steps_of(len(images), recipe)),
        generator=torch.Generator().manual_seed(recipe.seed),
    )
    for _ in range(recipe.epochs):
        begin = time.perf_counter()
        loss = trainer.epoch(images, labels)
        yield loss, time.perf_counter() - begin


@torch.inference_mode()
def predict(
    network: nn.Module, images: Tensor, *, layout: torch.memory_format = torch.contiguous_format
) -> Tensor:
    """Scores of shape (N, classes) in evaluation mode, as float32."""
    network.eval()
    batches = images.split(PREDICT_BATCH)
    return torch.cat([network(b.contiguous(memory_format=layout)) for b in batches]).float()


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


@dataclass(frozen=True, kw_only=True, slots=True)
class _Trainer:
    """All that one training consists of besides the data."""

    network: nn.Module
    recipe: Recipe
    layout: torch.memory_format
    optimizer: torch.optim.Optimizer
    schedule: LRScheduler | None
    generator: torch.Generator

    def epoch(self, images: Tensor, labels: Tensor) -> float:
        """One pass over the training data; returns the mean loss."""
        self.network.train()
        parameters = _trainable(self.network)
        total = torch.zeros(())
        count = 0
        for indices in batches_of(len(images), self.recipe.batch, self.generator):
            inputs = images[indices].contiguous(memory_format=self.layout)
            loss = functional.cross_entropy(self.network(inputs), labels[indices])
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(parameters, self.recipe.clip)
            self.optimizer.step()
            if self.schedule is not None:
                self.schedule.step()
            total += loss.detach()
            count += 1
            # Looked at rarely: reading a value costs little on a CPU and a stall on a GPU.
            if count % _LOOK_EVERY == 0 and not math.isfinite(total.item()):
                break
        mean = total.item() / max(count, 1)
        if not math.isfinite(mean):
            raise DivergedError("the training loss is not finite")
        return mean


def _trainable(network: nn.Module) -> list[nn.Parameter]:
    return [p for p in network.parameters() if p.requires_grad]
