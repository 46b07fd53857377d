import random

import numpy as np
import pytest
import torch
from torch import nn
from trial_networks import CLASSES, PROBLEM, RECIPE, quadrants

from catta.evaluation.objectives import objective_of
from catta.evaluation.training import (
    DivergedError,
    EpochReport,
    FixedRecipe,
    batches_of,
    make_optimizer,
    make_schedule,
    seed_everything,
    steps_of,
)
from catta.evaluation.training import fastest_layout as fastest_layout_for
from catta.evaluation.training import predict as predict_for

OBJECTIVE = objective_of(PROBLEM)


def train(network, images, labels, recipe, **layout) -> list[EpochReport]:
    trainer = FixedRecipe(network, {"x": images, "y": labels}, OBJECTIVE, recipe, **layout)
    return [trainer.epoch() for _ in range(recipe.epochs)]


def predict(network, images, **layout):
    return predict_for(network, images, OBJECTIVE, **layout)["scores"]


def fastest_layout(network, images):
    labels = torch.zeros(len(images), dtype=torch.int64)
    return fastest_layout_for(network, images, labels, OBJECTIVE)


def convolutional(head: nn.Module | None = None) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.MaxPool2d(2),
        head or nn.Flatten(),
        nn.Linear(128, CLASSES),
    )


class ViewAcrossChannels(nn.Module):
    def forward(self, x):
        return x.view(x.size(0), -1)


class TrainsOnly(nn.Module):
    def forward(self, x):
        if not self.training:
            raise ValueError("only in training")
        return x.flatten(1)


def toy(count: int = 400, seed: int = 0):
    images, labels = quadrants(count, seed)
    return torch.from_numpy(images), torch.from_numpy(labels)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("settings", [{}, {"optimizer": "sgd", "schedule": "constant"}])
def test_a_network_learns_what_can_be_learnt(layout, settings):
    network = convolutional()
    recipe = RECIPE.model_copy(update=settings)
    losses = [report.loss for report in train(network, *toy(), recipe, layout=layout)]
    images, labels = toy(200, seed=1)
    accuracy = (predict(network, images, layout=layout).argmax(1) == labels).float().mean()
    assert accuracy > 0.9
    assert len(losses) == RECIPE.epochs
    assert losses[-1] < losses[0]


def test_the_layout_changes_nothing_but_rounding():
    scores = []
    for layout in (torch.contiguous_format, torch.channels_last):
        network = convolutional()
        # Adam turns rounding of a gradient near zero into a whole step; SGD does not.
        recipe = RECIPE.model_copy(update={"optimizer": "sgd", "epochs": 1})
        list(train(network, *toy(64), recipe, layout=layout))
        scores.append(predict(network, toy(50, seed=1)[0], layout=layout))
    torch.testing.assert_close(scores[0], scores[1], rtol=1e-3, atol=1e-3)


def test_channels_last_where_a_network_bears_it():
    images, _ = toy(4)
    assert fastest_layout(convolutional(), images) is torch.channels_last
    assert fastest_layout(convolutional(ViewAcrossChannels()), images) is torch.contiguous_format
    assert fastest_layout(convolutional(TrainsOnly()), images) is torch.contiguous_format
    assert fastest_layout(nn.Linear(3, 2), torch.zeros(4, 3)) is torch.contiguous_format


def test_predictions_do_not_depend_on_the_batch():
    network = convolutional()
    images, _ = toy(300)
    together = predict(network, images)
    alone = torch.cat([predict(network, image[None]) for image in images[:5]])
    assert together.shape == (300, CLASSES)
    assert together.dtype == torch.float32
    torch.testing.assert_close(together[:5], alone)


def test_half_precision_scores_come_back_as_float32():
    class Half(nn.Module):
        def forward(self, x):
            return x.flatten(1)[:, :CLASSES].half()

    assert predict(Half(), torch.zeros(3, 1, 8, 8)).dtype == torch.float32


@pytest.mark.parametrize(
    ("count", "size", "sizes"),
    [(10, 4, [4, 4, 2]), (9, 4, [4, 4]), (8, 4, [4, 4]), (3, 1, [1, 1, 1]), (3, 8, [3])],
)
def test_batches_cover_the_data_but_for_a_last_single_sample(count, size, sizes):
    batches = list(batches_of(count, size, torch.Generator().manual_seed(3)))
    assert [len(batch) for batch in batches] == sizes
    seen = torch.cat(batches).tolist()
    assert len(set(seen)) == len(seen)
    assert set(seen) <= set(range(count))
    recipe = RECIPE.model_copy(update={"batch": size, "epochs": 3})
    assert steps_of(count, recipe) == 3 * len(sizes)


def test_the_order_of_the_data_is_the_seeds():
    def order(seed: int) -> list[int]:
        return torch.cat(list(batches_of(50, 7, torch.Generator().manual_seed(seed)))).tolist()

    assert order(1) == order(1)
    assert order(1) != order(2)


@pytest.mark.parametrize("count", [2, 3, 17, 33, 49, 65, 97, 161])
@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_the_schedule_is_as_long_as_the_training(count, optimizer):
    recipe = RECIPE.model_copy(update={"optimizer": optimizer, "epochs": 1})
    network = nn.Sequential(nn.Flatten(), nn.Linear(64, CLASSES))
    losses = list(train(network, *toy(count), recipe))
    assert len(losses) == 1


def test_a_cycle_peaks_at_the_rate_and_leaves_the_momentum_of_sgd_alone():
    network = nn.Linear(2, 2)
    recipe = RECIPE.model_copy(update={"optimizer": "sgd", "lr": 0.5, "momentum": 0.8})
    optimizer = make_optimizer(network, recipe)
    schedule = make_schedule(optimizer, recipe, 100)
    rates, momenta = [], set()
    for _ in range(100):
        optimizer.step()
        schedule.step()
        rates.append(optimizer.param_groups[0]["lr"])
        momenta.add(optimizer.param_groups[0]["momentum"])
        if len(rates) == 99:
            break
    assert max(rates) == pytest.approx(0.5, rel=1e-2)
    assert rates[-1] < 0.01
    assert momenta == {0.8}
    constant = recipe.model_copy(update={"schedule": "constant"})
    assert make_schedule(optimizer, constant, 100) is None


def test_gradients_are_clipped():
    def moved(clip: float) -> float:
        recipe = RECIPE.model_copy(
            update={
                "optimizer": "sgd",
                "schedule": "constant",
                "lr": 1.0,
                "momentum": 0.0,
                "weight_decay": 0.0,
                "clip": clip,
                "batch": 400,
                "epochs": 1,
            }
        )
        torch.manual_seed(0)
        network = nn.Sequential(nn.Flatten(), nn.Linear(64, CLASSES))
        before = [p.detach().clone() for p in network.parameters()]
        list(train(network, *toy(), recipe))
        after = list(network.parameters())
        moves = [(a.detach() - b).flatten() for a, b in zip(after, before, strict=True)]
        return float(torch.cat(moves).norm())

    assert moved(1e-3) == pytest.approx(1e-3, rel=1e-2)
    assert moved(1e3) > 0.1


def test_frozen_parameters_stay():
    network = convolutional()
    network[0].requires_grad_(False)
    before = network[0].weight.clone()
    list(train(network, *toy(64), RECIPE))
    assert torch.equal(network[0].weight, before)


def test_a_training_that_diverges_stops_early():
    calls = 0

    class Explodes(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(CLASSES))

        def forward(self, x):
            nonlocal calls
            calls += 1
            return x.flatten(1)[:, :CLASSES] * self.weight * float("nan")

    recipe = RECIPE.model_copy(update={"batch": 2})
    with pytest.raises(DivergedError, match="not finite"):
        list(train(Explodes(), *toy(), recipe))
    assert calls < 100  # of 200 steps an epoch


def test_everything_random_is_seeded():
    def draw(seed: int) -> tuple[float, float, float]:
        seed_everything(seed)
        return random.random(), float(np.random.random()), torch.rand(()).item()

    assert draw(5) == draw(5)
    first, second = draw(5), draw(2**40)
    assert all(a != b for a, b in zip(first, second, strict=True))
