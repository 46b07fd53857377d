"""Throughput of a training, beside two loops that one might write instead.

    python benchmarks/train.py [--images 4000] [--rounds 3] [--threads N]

All three train the same networks for one epoch by the default recipe, with as many threads, on the
same images of Fashion-MNIST's size at 32 x 32. `plain` is the usual loop: a DataLoader with two
worker processes over PIL images and torchvision's transforms. `by hand` goes over tensors that are
loaded already, as fast as a loop is without further thought. Of the rounds, taken in turns so that
the load of the machine meets all alike, the best one counts; what counts are the ratios. The ratio
of the time on processors, workers included, is shown too: other programs hardly change that one.
"""

from __future__ import annotations

import argparse
import os
import resource
import time
import warnings
from collections.abc import Callable

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from catta.evaluation.objectives import objective_of
from catta.evaluation.training import FixedRecipe, fastest_layout, seed_everything
from catta.records import Problem, Recipe

PROBLEM = Problem(sample=(1, 32, 32), outputs=10)
FASTER_THAN_PLAIN, SLOWER_THAN_BY_HAND = 3.0, 1.1


def convolutional() -> nn.Module:
    layers: list[nn.Module] = []
    for before, after in ((1, 8), (8, 16), (16, 32)):
        layers += [nn.Conv2d(before, after, 3, stride=2, padding=1), nn.BatchNorm2d(after)]
        layers.append(nn.ReLU())
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10))


def pooled() -> nn.Module:
    layers: list[nn.Module] = []
    for before, after in ((1, 16), (16, 32), (32, 64)):
        layers += [nn.Conv2d(before, after, 3, padding=1), nn.BatchNorm2d(after), nn.ReLU()]
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


class Pictures(Dataset[tuple[Tensor, int]]):
    """Images as a dataset of torchvision holds them; transformed one by one."""

    def __init__(self, images: np.ndarray, labels: np.ndarray) -> None:
        self._images, self._labels = images, labels
        steps = [transforms.Resize(32), transforms.ToTensor(), transforms.Normalize(0.5, 0.5)]
        self._transform = transforms.Compose(steps)

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        image = self._transform(Image.fromarray(self._images[index]))
        return image, int(self._labels[index])


def loop(network: nn.Module, batches: object, steps: int, recipe: Recipe) -> None:
    """One epoch as one would write it."""
    network.train()
    optimizer = torch.optim.AdamW(network.parameters(), recipe.lr, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, recipe.lr, total_steps=steps)
    for images, labels in batches:  # type: ignore[attr-defined]
        optimizer.zero_grad()
        loss = functional.cross_entropy(network(images), labels)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), recipe.clip)
        optimizer.step()
        schedule.step()
        loss.item()


def plain(make: Callable[[], nn.Module], data: Pictures, recipe: Recipe) -> None:
    loader = DataLoader(data, recipe.batch, shuffle=True, num_workers=2)
    loop(make(), loader, len(loader), recipe)


def by_hand(make: Callable[[], nn.Module], images: Tensor, labels: Tensor, recipe: Recipe) -> None:
    orders = torch.randperm(len(images)).split(recipe.batch)
    loop(make(), ((images[o], labels[o]) for o in orders), len(orders), recipe)


def catta(make: Callable[[], nn.Module], images: Tensor, labels: Tensor, recipe: Recipe) -> None:
    """What the job of a training does, the trial of the memory layout included."""
    objective = objective_of(PROBLEM)
    layout = fastest_layout(make(), images[:2], labels[:2], objective)
    samples = {"x": images, "y": labels}
    FixedRecipe(make(), samples, objective, recipe, layout=layout).epoch()


def cost(train: Callable[[], None]) -> tuple[float, float]:
    """Seconds of wall clock, and on processors."""
    seed_everything(0)
    begin, used = time.perf_counter(), processor_seconds()
    train()
    return time.perf_counter() - begin, processor_seconds() - used


def processor_seconds() -> float:
    """Of this process and of its children that have ended."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--images", type=int, default=4_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.set_flush_denormal(True)
    warnings.filterwarnings("ignore", message=".*worker processes.*")  # more than there are cores
    recipe = Recipe(train_samples=arguments.images)
    randomness = np.random.default_rng(0)
    raw = randomness.integers(0, 256, (arguments.images, 28, 28)).astype(np.uint8)
    numbers = randomness.integers(0, 10, arguments.images).astype(np.int64)
    data = Pictures(raw, numbers)
    images, labels = torch.stack([data[i][0] for i in range(len(data))]), torch.from_numpy(numbers)
    print(
        f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors, "
        f"{arguments.threads} threads"
    )
    for make in (convolutional, pooled):
        catta(make, images[:500], labels[:500], recipe)  # the first pass is slower
        costs: dict[str, list[tuple[float, float]]] = {"plain": [], "by hand": [], "catta": []}
        for _ in range(arguments.rounds):
            costs["plain"].append(cost(lambda make=make: plain(make, data, recipe)))
            costs["by hand"].append(cost(lambda make=make: by_hand(make, images, labels, recipe)))
            costs["catta"].append(cost(lambda make=make: catta(make, images, labels, recipe)))
        report(make.__name__, len(images), costs)


def report(network: str, images: int, costs: dict[str, list[tuple[float, float]]]) -> None:
    """One line for a network: images per second, and both ratios."""
    wall = {name: min(w for w, _ in found) for name, found in costs.items()}
    used = {name: min(u for _, u in found) for name, found in costs.items()}
    shown = "   ".join(f"{name} {images / seconds:7,.0f}" for name, seconds in wall.items())
    print(
        f"{network:14} images/s: {shown}\n"
        f"{'':14} {wall['plain'] / wall['catta']:.2f} times as fast as plain (wanted: "
        f"{FASTER_THAN_PLAIN:.0f}), of processors {used['plain'] / used['catta']:.2f}; "
        f"{wall['catta'] / wall['by hand']:.2f} of the time by hand (wanted: at most "
        f"{SLOWER_THAN_BY_HAND}), of processors {used['catta'] / used['by hand']:.2f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
