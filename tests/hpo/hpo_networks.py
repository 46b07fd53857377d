"""Tiny networks to tune, and a training that takes no time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from catta.corpus import Corpus
from catta.records import (
    EpochMeasurement,
    Evaluation,
    Network,
    Outcome,
    Problem,
    Recipe,
    Stage,
    Verdict,
)
from catta.training import Trained, find_subject, recipe_for
from catta.training.subjects import named

TINY = """
import torch
from torch import nn


def supported_hyperparameters():
    return {"lr", "momentum", "dropout", "width"}


class Net(nn.Module):
    def __init__(self, in_shape, out_shape, prm, device):
        super().__init__()
        width = 4 + int(28 * prm["width"])
        self.layers = nn.Sequential(
            nn.Flatten(), nn.Linear(in_shape[1] * in_shape[2] * in_shape[3], width), nn.ReLU(),
            nn.Dropout(prm["dropout"]), nn.Linear(width, out_shape[0]),
        )

    def forward(self, x):
        return self.layers(x)
"""

OWN = (
    TINY
    + """
    def train_setup(self, prm):
        self.criterion = nn.CrossEntropyLoss()
        self.optimizer = torch.optim.SGD(self.parameters(), lr=prm["lr"], momentum=prm["momentum"])

    def learn(self, train_data):
        self.train()
        for inputs, labels in train_data:
            self.optimizer.zero_grad()
            loss = self.criterion(self(inputs), labels)
            loss.backward()
            self.optimizer.step()
"""
)

OK = Verdict(outcome=Outcome.OK, stage=Stage.SCORE)
FAILED = Verdict(outcome=Outcome.INVALID, stage=Stage.TRAIN, error="the loss is not finite")

PROBLEM = Problem(sample=(1, 8, 8), outputs=10)

Score = Callable[[Recipe, int], float | None]


def network(source: str = TINY, name: str = "tiny") -> Network:
    return named(name, source)


def base_of(source: str = TINY, **settings: Any) -> Recipe:
    small = {"dataset": "digits", "train_samples": 200, "validation_samples": 100, "resolution": 8}
    return recipe_for("img-classification", source, **{**small, "epochs": 1, **settings})


def zoo_network() -> Network:
    return find_subject("residual")


def evaluation(network: Network, recipe: Recipe, *accuracies: float) -> Evaluation:
    epochs = tuple(
        EpochMeasurement(epoch=e, loss=1.0, accuracy=a, seconds=0.1)
        for e, a in enumerate(accuracies, 1)
    )
    return Evaluation(
        network_id=network.id,
        recipe_id=recipe.id,
        verdict=OK if epochs else FAILED,
        epochs=epochs,
    )


@dataclass
class FakeTraining:
    """Stands in for `train`: scores are a function of the recipe and the epoch; None fails."""

    score: Score = lambda recipe, epoch: recipe.dropout
    recipes: list[Recipe] = field(default_factory=list)
    before: Callable[[], None] = lambda: None

    def __call__(
        self, network: Network, recipe: Recipe, *, corpus: Corpus, observer: Any, **_: Any
    ) -> Trained:
        self.recipes.append(recipe)
        self.before()
        found: list[float] = []
        stopped = False
        for epoch in range(1, recipe.epochs + 1):
            value = self.score(recipe, epoch)
            if value is None:
                found.clear()
                break
            found.append(value)
            made = evaluation(network, recipe, *found)
            if observer.epoch(made.epochs[-1], recipe.epochs) is False and epoch < recipe.epochs:
                stopped = True
                break
        made = evaluation(network, recipe, *found)
        if not stopped:
            with corpus.transaction():
                corpus.networks.add([network])
                corpus.evaluations.add(made, recipe)
        return Trained(
            network=network, recipe=recipe, evaluation=made, problem=PROBLEM, stopped=stopped
        )
