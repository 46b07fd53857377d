"""Recipes that suit a task and a network; mistakes are named before anything is done."""

from __future__ import annotations

from typing import Any

import pytest
from training_networks import GOOD, own

from catta.errors import UsageError
from catta.tasks.built_in import BUILT_IN
from catta.training import recipe_for


@pytest.mark.parametrize("task", BUILT_IN)
def test_a_recipe_for_each_task(task: str) -> None:
    recipe = recipe_for(task, GOOD)
    assert (recipe.task, recipe.track) == (task, "fixed")
    assert recipe.prm == {"width": 0.5}


def test_what_is_given_counts() -> None:
    recipe = recipe_for(
        "img-classification",
        GOOD,
        prm={"lr": 0.5, "batch": 8, "width": 0.25},
        dataset="digits",
        epochs=None,
    )
    assert (recipe.lr, recipe.batch, recipe.dataset, recipe.epochs) == (0.5, 8, "digits", 1)
    assert recipe.hyperparameters["width"] == 0.25


def test_a_network_that_trains_itself_does_so_unless_told_otherwise() -> None:
    assert recipe_for("img-classification", own()).track == "own"
    assert recipe_for("img-classification", own(), track="fixed", amp=True).amp
    recipe_for("img-classification", own(), layout="auto", optimizer="adamw")


def test_pretrained_is_asked_for_by_name_only() -> None:
    source = 'def supported_hyperparameters():\n    return {"lr", "pretrained"}\n'
    assert recipe_for("img-classification", source).prm == {"pretrained": 0}
    assert recipe_for("img-classification", source, prm={"pretrained": 1}).prm == {"pretrained": 1}


@pytest.mark.parametrize(
    ("task", "source", "settings", "message"),
    [
        ("img-classification", "", {"length": 64}, "length is the tokens of a text, which img-c"),
        ("txt-generation", "", {"resolution": 8}, "resolution is the size of images, which txt-g"),
        ("img-painting", GOOD, {}, "task must be one of img-classification, .* 'img-painting'"),
        ("img-classification", GOOD, {"metric": "map50"}, "must be one of acc, .* not 'map50'"),
        ("txt-generation", GOOD, {"metric": "top5"}, "metric of txt-generation must be one of"),
        (
            "img-classification",
            GOOD,
            {"prm": {"depth": 1.0}},
            "declares no hyperparameter depth; it has batch, dropout, lr, momentum, width",
        ),
        ("img-classification", GOOD, {"epochs": 0}, "epochs: "),
        ("img-classification", GOOD, {"batch": 10_000}, "batch: "),
        ("img-classification", GOOD, {"prm": {"lr": -1.0}}, "lr: "),
        ("img-classification", GOOD, {"prm": {"lr": float("inf")}}, "lr: .* finite"),
        ("img-classification", GOOD, {"prm": {"width": float("nan")}}, "width: .* finite"),
        ("img-classification", GOOD, {"seed": 2**32}, "seed: "),
        ("img-classification", GOOD, {"seconds": float("inf")}, "seconds: "),
        ("img-classification", GOOD, {"memory_mb": 2**60}, "memory_mb: "),
        ("img-classification", GOOD, {"seconds": 0.0}, "seconds: "),
        ("img-classification", GOOD, {"layout": "diagonal"}, "layout: "),
        ("img-classification", own(), {"amp": True}, "amp does nothing for a network that trains"),
        ("img-classification", own(), {"compile": True}, "compile does nothing"),
        ("img-classification", own(), {"optimizer": "sgd"}, "optimizer does nothing"),
        ("img-classification", "def (", {}, "the network is no Python module"),
    ],
)
def test_a_mistake_is_named(task: str, source: str, settings: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        recipe_for(task, source, **settings)
