"""Networks that train themselves, and what is seen of that from outside."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from trial_networks import CLASSES, PROBLEM, RECIPE, quadrants

from catta.evaluation.instance import ContractError
from catta.evaluation.objectives import objective_of
from catta.evaluation.own_recipe import Batches, OwnRecipe
from catta.evaluation.training import DivergedError
from catta.records import Recipe

OBJECTIVE = objective_of(PROBLEM)
OWN = RECIPE.model_copy(update={"track": "own"})


def data(count: int = 64) -> dict[str, Tensor]:
    images, labels = quadrants(count, 0)
    return {"x": torch.from_numpy(images), "y": torch.from_numpy(labels)}


class Trains(nn.Module):
    """A linear network in LEMUR's form; `learn` returns what `returned` makes of its losses."""

    def __init__(self, returned: Any = None, *, backward: bool = True) -> None:
        super().__init__()
        self.layer = nn.Linear(64, CLASSES)
        self.returned = returned
        self.backward = backward
        self.batches: list[int] = []
        self.again = 0
        self.was_training = False

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x.flatten(1))

    def train_setup(self, prm: dict[str, float]) -> None:
        self.prm = prm
        self.optimizer = torch.optim.SGD(self.parameters(), lr=prm["lr"])

    def learn(self, train_data: Any) -> Any:
        self.was_training = self.training
        losses: list[float] = []
        for x, y in train_data:
            self.optimizer.zero_grad()
            loss = nn.functional.cross_entropy(self(x), y)
            if self.backward:
                loss.backward()
                self.optimizer.step()
            losses.append(loss.item())
            self.batches.append(len(x))
        self.again = len(list(train_data))
        return self.returned(losses) if callable(self.returned) else self.returned


def epoch(network: nn.Module, recipe: Recipe = OWN, count: int = 64) -> Any:
    return OwnRecipe(network, data(count), OBJECTIVE, recipe).epoch()


def test_loss_rate_and_gradient_are_seen_where_a_network_says_nothing() -> None:
    torch.manual_seed(0)
    seen: list[float] = []
    network = Trains(lambda losses: seen.extend(losses))
    report = epoch(network)
    assert report.loss == pytest.approx(sum(seen) / len(seen), rel=1e-5)
    assert report.learning_rate == OWN.lr
    assert report.gradient_norm > 0
    assert report.samples == 64
    assert network.batches == [16] * 4
    assert network.prm == OWN.hyperparameters
    assert network.was_training


@pytest.mark.parametrize(
    ("returned", "loss"),
    [
        (None, None),
        (1.25, 1.25),
        (2, 2.0),
        (torch.tensor(0.5), 0.5),
        ((0.9, 0.75), 0.75),
        ((0.9, torch.tensor(0.75)), 0.75),
        ((), None),
        ("done", None),
        (torch.zeros(3), None),
    ],
)
def test_what_learn_returns_counts_where_nothing_was_differentiated(
    returned: Any, loss: float | None
) -> None:
    report = epoch(Trains(returned, backward=False))
    assert report.loss == loss
    assert (report.learning_rate, report.gradient_norm) == (None, None)


def test_what_was_seen_counts_more_than_what_learn_returns() -> None:
    assert epoch(Trains((1.0, 1e-9))).loss > 0.1


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_ends_the_training(loss: float) -> None:
    with pytest.raises(DivergedError, match="loss is not finite"):
        epoch(Trains(loss, backward=False))


def test_the_watch_ends_with_the_epoch_even_where_learn_raises() -> None:
    original = Tensor.backward

    class Fails(Trains):
        def learn(self, train_data: Any) -> None:
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        epoch(Fails())
    assert Tensor.backward is original
    network = Trains()
    trainer = OwnRecipe(network, data(), OBJECTIVE, OWN)
    first = trainer.epoch()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.5)
    network(data()["x"]).sum().backward()
    optimizer.step()  # after the epoch: nobody looks
    assert first.learning_rate == OWN.lr


def test_the_data_of_an_epoch_are_gone_once_they_were_read() -> None:
    network = Trains()
    epoch(network, count=33)  # a last batch of one sample is left out
    assert network.batches == [16, 16]
    assert network.again == 0
    batches = Batches(data(), OBJECTIVE, [torch.arange(4), torch.arange(2)])
    assert iter(batches) is batches
    assert len(batches) == 2
    assert [len(x) for x, _ in batches] == [4, 2]
    assert batches.seen == 6


def test_the_order_depends_on_the_seed_alone() -> None:
    def order(seed: int) -> list[list[int]]:
        class Looks(Trains):
            def learn(self, train_data: Any) -> None:
                self.seen = [y.tolist() for _, y in train_data]

        network = Looks()
        epoch(network, OWN.model_copy(update={"seed": seed}))
        return network.seen

    assert order(1) == order(1)
    assert order(1) != order(2)


@pytest.mark.parametrize("missing", ["train_setup", "learn"])
def test_a_network_without_a_recipe_is_told_which_part_is_missing(missing: str) -> None:
    network = Trains()
    setattr(network, missing, None)
    with pytest.raises(ContractError, match=f"Net has no {missing}"):
        epoch(network)
