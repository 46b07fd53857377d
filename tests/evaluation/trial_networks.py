"""Sources of small networks, and a set of images that they can tell apart."""

import numpy as np

from catta.records import Problem, Recipe

CLASSES = 4
PROBLEM = Problem(sample=(1, 8, 8), outputs=CLASSES)
RECIPE = Recipe(
    resolution=8, train_samples=400, validation_samples=80, epochs=2, batch=16, lr=1e-2, seconds=30
)

_MODULE = """import torch
import torch.nn as nn
import torch.nn.functional as F
{extra}

class Net(nn.Module):

    def __init__(self, in_shape, out_shape, prm, device):
        super().__init__()
{init}

    def forward(self, x):
{forward}
"""

_INIT = """
self.conv = nn.Conv2d(in_shape[1], 8, 3, padding=1)
self.norm = nn.BatchNorm2d(8)
self.drop = nn.Dropout(prm['dropout'])
self.head = nn.Linear(8 * 4 * 4, out_shape[0])
"""

_FORWARD = """
x = F.max_pool2d(F.relu(self.norm(self.conv(x))), 2)
return self.head(self.drop(torch.flatten(x, 1)))
"""


def module(*, init: str = _INIT, forward: str = _FORWARD, extra: str = "") -> str:
    """A module whose `Net` has these lines in its two methods."""
    return _MODULE.format(init=_indent(init), forward=_indent(forward), extra=extra)


def _indent(lines: str) -> str:
    return "\n".join(" " * 8 + line for line in lines.strip().splitlines())


GOOD = module()
WITH_VIEW = module(forward=_FORWARD.replace("torch.flatten(x, 1)", "x.view(x.size(0), -1)"))


def quadrants(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Noise with one bright quadrant, which is the class: images and labels."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, CLASSES, count).astype(np.int64)
    images = generator.normal(0.0, 0.5, (count, 1, 8, 8)).astype(np.float32)
    for image, label in zip(images, labels, strict=True):
        row, column = 4 * (label // 2), 4 * (label % 2)
        image[0, row : row + 4, column : column + 4] += 1.0
    return images, labels
