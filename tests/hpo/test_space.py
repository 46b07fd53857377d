from __future__ import annotations

import pytest
from hpo_networks import OWN, TINY, base_of
from pydantic import ValidationError

from catta.errors import UsageError
from catta.hpo.space import (
    Choices,
    Range,
    fitted,
    grid_of,
    parse_choices,
    parse_range,
    recipe_of,
    space_for,
)

NOTHING = "class Net: pass"


def test_fixed_recipe_has_its_own_hyperparameters_and_what_the_network_reads() -> None:
    space = space_for(TINY, base_of())

    assert set(space) == {"lr", "dropout", "weight_decay", "width", "batch"}
    assert space["lr"] == Range(low=1e-5, high=1.0, log=True)
    assert space["dropout"] == Range(low=0.0, high=0.5)
    assert space["width"] == Range(low=0.0, high=1.0)
    assert set(space_for(NOTHING, base_of(NOTHING))) == {"lr", "weight_decay", "batch"}
    assert "momentum" in space_for(TINY, base_of(optimizer="sgd"))


def test_own_recipe_has_what_it_declares_and_the_batch() -> None:
    space = space_for(OWN, base_of(OWN))

    assert set(space) == {"lr", "momentum", "dropout", "width", "batch"}


def test_batches_are_no_larger_than_the_data_bear() -> None:
    assert space_for(TINY, base_of())["batch"] == Choices((8, 16, 32, 64))
    assert space_for(TINY, base_of(train_samples=10))["batch"] == Choices((8,))


def test_ranges_and_choices_are_the_users() -> None:
    given = dict([parse_range("lr=1e-4:0.1:log"), parse_choices("batch=16,32,64,16")])
    space = space_for(TINY, base_of(), given=given, transforms=["echo_64"], fixed=["width"])

    assert space["lr"] == Range(low=1e-4, high=0.1, log=True)
    assert space["batch"] == Choices((16, 32, 64))
    assert space["transform"] == Choices(("echo_64",))
    assert "width" not in space
    batches = dict([parse_range("batch=10:70")])
    assert space_for(TINY, base_of(), given=batches)["batch"] == Choices((16, 32, 64))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("lr=1:0.1", "1 is more than 0.1"),
        ("lr=0:1:log", "begins above 0"),
        ("lr=nan:1", "not finite"),
        ("lr=0.1", "NAME=LOW:HIGH"),
        ("lr=a:b", "NAME=LOW:HIGH"),
        ("=0:1", "NAME=LOW:HIGH"),
        ("lr=0.1:1:linear", "NAME=LOW:HIGH"),
    ],
)
def test_what_is_no_range_is_refused(text: str, what: str) -> None:
    with pytest.raises(UsageError, match=what):
        parse_range(text)


@pytest.mark.parametrize("text", ["batch", "batch=", "batch=1,,2", "batch=1,inf", "=1,2"])
def test_what_are_no_choices_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"--choices"):
        parse_choices(text)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("depth=0:1", "no hyperparameter depth to tune; it has lr, dropout"),
        ("momentum=0:1", "no hyperparameter momentum"),
        ("lr=0:1", "lr=0.0: Input should be greater than 0"),
        ("dropout=0:1", "dropout=1.0: Input should be less than 1"),
        ("batch=3:3", "no power of two"),
    ],
)
def test_range_that_does_not_suit_is_refused(text: str, what: str) -> None:
    with pytest.raises(UsageError, match=what):
        space_for(TINY, base_of(), given=dict([parse_range(text)]))


def test_nothing_to_tune_is_refused() -> None:
    with pytest.raises(UsageError, match="nothing to tune"):
        space_for(NOTHING, base_of(NOTHING), fixed=["lr", "weight_decay", "batch"])


def test_values_become_fields_or_hyperparameters_of_the_network() -> None:
    recipe = recipe_of(base_of(), {"lr": 0.5, "batch": 16, "weight_decay": 0.0, "width": 0.25})

    assert (recipe.lr, recipe.batch, recipe.weight_decay) == (0.5, 16, 0.0)
    assert recipe.prm == {"width": 0.25}
    own = recipe_of(base_of(OWN), {"weight_decay": 0.3})
    assert own.weight_decay == base_of(OWN).weight_decay
    assert own.prm["weight_decay"] == 0.3
    with pytest.raises(ValidationError):
        recipe_of(base_of(), {"lr": -1.0})


def test_hyperparameters_from_elsewhere_are_brought_into_the_space() -> None:
    space = {"lr": Range(low=0.1, high=1.0), "batch": Choices((8, 16)), "transform": Choices("ab")}

    found = fitted(space, {"lr": 5.0, "batch": 4096.0, "transform": "b", "other": 1})
    assert found == {"lr": 1.0, "batch": 16, "transform": "b"}
    assert fitted(space, {"lr": 0.5, "batch": 9, "transform": "c"}) == {"lr": 0.5, "batch": 8}
    assert fitted(space, {"lr": float("nan"), "batch": "8", "transform": None}) == {}


def test_grid_spreads_ranges_and_keeps_choices() -> None:
    space = {
        "lr": Range(low=1e-4, high=1.0, log=True),
        "width": Range(low=0.0, high=1.0),
        "dropout": Range(low=0.2, high=0.2),
        "batch": Choices((8, 16)),
    }

    grid = grid_of(space)
    assert grid["lr"] == pytest.approx([1e-4, 1e-3, 1e-2, 1e-1, 1.0])
    assert grid["width"] == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert grid["dropout"] == [0.2]
    assert grid["batch"] == [8, 16]
