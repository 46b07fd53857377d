from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from hpo_networks import TINY, FakeTraining
from typer.testing import CliRunner, Result

from catta.cli import app
from catta.training.config import load_train_config

SMALL = ["--dataset", "digits", "--train-samples", "200", "--validation-samples", "100"]


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "tiny.py"
    path.write_text(TINY)
    return str(path)


def invoke(tmp_path: Path, *arguments: str) -> Result:
    corpus = ["--corpus", str(tmp_path / "corpus.sqlite")]
    return CliRunner().invoke(app, ["tune", *arguments, *corpus])


def test_best_recipe_is_shown_and_written_for_catta_train(
    tmp_path: Path, file: str, fake: FakeTraining
) -> None:
    best = tmp_path / "best.toml"
    done = invoke(
        tmp_path, file, *SMALL, "--trials", "3", "--range", "lr=0.01:0.02", "--best", str(best)
    )

    assert done.exit_code == 0, done.output
    assert "3 complete; 3 of them now" in done.stdout
    assert f"optuna-dashboard 'sqlite:///{tmp_path}/corpus.sqlite.optuna.sqlite'" in done.stdout
    config = load_train_config(best, recipe={}, prm={})
    assert config.network == file
    winner = max(fake.recipes, key=lambda recipe: recipe.dropout)
    assert config.recipe["lr"] == winner.lr
    assert 0.01 <= winner.lr <= 0.02
    assert config.recipe["epochs"] == 5
    assert config.prm == winner.prm
    assert tomllib.loads(best.read_text())["task"] == "img-classification"


def test_json_has_the_front(tmp_path: Path, file: str, fake: FakeTraining) -> None:
    done = invoke(tmp_path, file, *SMALL, "--trials", "2", "--json", "--prm", "width=0.5")

    assert done.exit_code == 0, done.output
    answer = json.loads(done.stdout)
    assert answer["states"] == {"complete": 2, "pruned": 0, "failed": 0}
    assert answer["best"][0]["recipe"]["prm"] == {"width": 0.5}
    assert "width" not in answer["best"][0]["hyperparameters"]


def test_only_failures_are_a_failure(tmp_path: Path, file: str, fake: FakeTraining) -> None:
    fake.score = lambda recipe, epoch: None
    done = invoke(tmp_path, file, *SMALL, "--trials", "2")

    assert done.exit_code == 1
    assert "Failed 2 times: INVALID at train: the loss is not finite" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--sampler", "bayes"], "sampler must be one of"),
        (["--range", "depth=0:1"], "no hyperparameter depth to tune; it has lr"),
        (["--range", "lr=1:0.1"], "range of lr: 1 is more than 0.1"),
        (["--range", "lr=0.1:1", "--choices", "lr=1,2"], "a hyperparameter is given twice"),
        (["--trials", "0"], "trials must be at least 1, not 0"),
        (["--threads", "0"], "threads must be at least 1, not 0"),
        (["--prm", "depth=1"], "declares no hyperparameter depth"),
        (["--metric", "bleu"], "metric of img-classification must be one of"),
        (["--objective", "accuracy,speed"], "objective must be some of"),
        (["--all"], "give either the name of a network or --all"),
        (["--best", "/nowhere/best.toml"], "there is no directory /nowhere"),
    ],
)
def test_bad_input_is_one_sentence(
    tmp_path: Path, file: str, fake: FakeTraining, arguments: list[str], sentence: str
) -> None:
    done = invoke(tmp_path, file, *SMALL, *arguments)

    assert done.exit_code == 2, done.output
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "corpus.sqlite.optuna.sqlite").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "give either the name of a network or --all"),
        (["--all", "--profile", "huge"], "profile must be one of lemur, quick"),
        (["--all", "--best", "best.toml"], "about one network"),
        (["--all", "--prm", "lr=1"], "--prm fixes hyperparameters of one network"),
        (["nobody"], "nobody is no name or id of a network"),
    ],
)
def test_bad_choice_of_networks_is_one_sentence(
    tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    done = invoke(tmp_path, *arguments)

    assert done.exit_code == 2, done.output
    assert sentence in done.stderr
