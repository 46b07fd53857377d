"""The training files of the repository are what `catta train` takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from catta.tasks.built_in import BUILT_IN
from catta.training import find_subject, recipe_for
from catta.training.config import load_train_config

FILES = sorted(Path(__file__).parents[2].joinpath("runs", "train").glob("*.toml"))


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
def test_every_training_file_gives_a_recipe(file: Path) -> None:
    config = load_train_config(file, recipe={}, prm={})
    network = find_subject(config.network)
    recipe = recipe_for(config.task, network.source, prm=config.prm, **config.recipe)
    assert recipe.task == config.task
    assert recipe.seconds <= 900


def test_there_is_one_for_each_task() -> None:
    tasks = {load_train_config(file, recipe={}, prm={}).task for file in FILES}
    assert tasks == set(BUILT_IN)
