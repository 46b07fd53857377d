"""The fixed recipe: the evaluator owns the optimizer, the schedule and the loop."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.lr_scheduler import LRScheduler, OneCycleLR

from catta.records import Recipe

PREDICT_BATCH = 500


class DivergedError(Exception):
    """The training loss is no longer finite."""


def seed_everything(seed: int) -> None:
    """Seed what a network's initialisation and dropout draw from."""
    torch.manual_seed(seed)


def make_optimizer(network: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """AdamW or SGD over the trainable parameters, as the recipe says."""
    parameters = [p for p in network.parameters() if p.requires_grad]
    if recipe.optimizer == "adamw":
        return torch.optim.AdamW(parameters, lr=recipe.lr, weight_decay=recipe.weight_decay)
    return torch.optim.SGD(
        parameters, lr=recipe.lr, momentum=recipe.momentum, weight_decay=recipe.weight_decay
    )


def make_schedule(
    optimizer: torch.optim.Optimizer, recipe: Recipe, steps: int
) -> LRScheduler | None:
    """One-cycle (Smith and Topin, 2019) up to the recipe's rate, or None for a constant rate."""
    if recipe.schedule == "constant":
        return None
    return OneCycleLR(optimizer, max_lr=recipe.lr, total_steps=max(steps, 2))


def batches(count: int, size: int, generator: torch.Generator) -> Iterator[Tensor]:
    """Shuffled indices in batches; a last batch of one sample is left out (batch norm)."""
    for indices in torch.randperm(count, generator=generator).split(size):
        if len(indices) > 1 or count == 1:
            yield indices


def train_epoch(
    network: nn.Module,
    images: Tensor,
    labels: Tensor,
    recipe: Recipe,
    *,
    optimizer: torch.optim.Optimizer,
    schedule: LRScheduler | None,
    generator: torch.Generator,
) -> float:
    """One pass over the training data.

    Args:
        network: Trained in place.
        images: Float32 of shape (N, C, H, W).
        labels: Int64 of shape (N,).
        recipe: Batch size and gradient clipping.
        optimizer: Steps once a batch.
        schedule: Steps once a batch, if there is one.
        generator: Draws the order.

    Returns:
        Mean training loss.

    Raises:
        DivergedError: The loss is not finite.
    """
    network.train()
    parameters = [p for p in network.parameters() if p.requires_grad]
    total = torch.zeros(())
    count = 0
    for indices in batches(len(images), recipe.batch, generator):
        loss = functional.cross_entropy(network(images[indices]), labels[indices])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, recipe.clip)
        optimizer.step()
        if schedule is not None:
            schedule.step()
        total += loss.detach()
        count += 1
        # Looked at rarely: reading a value costs little on a CPU and a stall on a GPU.
        if count % 32 == 0 and not math.isfinite(total.item()):
            break
    mean = total.item() / max(count, 1)
    if not math.isfinite(mean):
        raise DivergedError("the training loss is not finite")
    return mean


@torch.inference_mode()
def predict(network: nn.Module, images: Tensor) -> Tensor:
    """Scores of shape (N, classes) in evaluation mode, as float32."""
    network.eval()
    scores = [network(batch) for batch in images.split(PREDICT_BATCH)]
    return torch.cat(scores).float()


def steps_of(count: int, recipe: Recipe) -> int:
    """Optimizer steps of a whole training on `count` samples."""
    full, rest = divmod(count, recipe.batch)
    return recipe.epochs * (full + (rest > 1 or count == 1))


def train(
    network: nn.Module, images: Tensor, labels: Tensor, recipe: Recipe
) -> Iterator[tuple[float, float]]:
    """Train epoch by epoch; yields mean loss and seconds after each."""
    optimizer = make_optimizer(network, recipe)
    schedule = make_schedule(optimizer, recipe, steps_of(len(images), recipe))
    generator = torch.Generator().manual_seed(recipe.seed)
    for _ in range(recipe.epochs):
        begin = time.perf_counter()
        loss = train_epoch(
            network,
            images,
            labels,
            recipe,
            optimizer=optimizer,
            schedule=schedule,
            generator=generator,
        )
        yield loss, time.perf_counter() - begin
