"""Sources of small networks for the digits, good ones and others."""

from __future__ import annotations

from typing import Any

from catta.records import Network, Recipe
from catta.training import recipe_for
from catta.training.subjects import named

_MODULE = """
import os
import time
import torch
from torch import nn

def supported_hyperparameters():
    return {{"lr", "width"}}

class Net(nn.Module):
    def __init__(self, in_shape, out_shape, prm, device):
        super().__init__()
        self.classes = out_shape[0]
{init}
        self.layer = nn.Linear(in_shape[1] * in_shape[2] * in_shape[3], out_shape[0])

    def forward(self, x):
{forward}
        return self.layer(x.flatten(1))
{extra}
"""

_RECIPE = """
    def train_setup(self, prm):
        self.optimizer = torch.optim.SGD(self.parameters(), lr=prm["lr"], momentum=0.9)

    def learn(self, train_data):
{learn}
        for x, y in train_data:
            self.optimizer.zero_grad()
            nn.functional.cross_entropy(self(x), y).backward()
            self.optimizer.step()
"""


def linear(*, init: str = "pass", forward: str = "pass", extra: str = "") -> str:
    """A linear network that does more in `__init__` or `forward`: one line each."""
    return _MODULE.format(init=" " * 8 + init, forward=" " * 8 + forward, extra=extra)


def own(learn: str = "pass", **lines: str) -> str:
    """A linear network that trains itself and does more in `learn`."""
    return linear(extra=_RECIPE.format(learn=" " * 8 + learn), **lines)


GOOD = linear()
DROPS = linear(forward="x = torch.dropout(x, 0.3, self.training)")
SLOW = linear(forward="self.training and time.sleep(0.1); x = torch.dropout(x, 0.3, self.training)")
FOREVER = "while True: time.sleep(0.01)"

SMALL: dict[str, Any] = {
    "dataset": "digits",
    "resolution": 8,
    "train_samples": 300,
    "validation_samples": 100,
    "layout": "contiguous",
}


class Lines:
    """An observer that keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.epochs: list[int] = []

    def message(self, text: str) -> None:
        self.lines.append(text)

    def epoch(self, measured: Any, total: int) -> None:
        self.epochs.append(measured.epoch)


def small(source: str, **settings: Any) -> tuple[Network, Recipe]:
    """A network and a recipe for few digits."""
    values = {**SMALL, **settings}
    task = values.pop("task", "img-classification")
    if task == "txt-generation":
        values.pop("resolution")
    if "train_setup" in source:
        values.pop("layout")
    return named("net", source), recipe_for(task, source, **values)
