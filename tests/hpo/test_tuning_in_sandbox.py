from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import optuna
import pytest
from hpo_networks import OWN, TINY, base_of, network
from optuna.trial import TrialState

from catta.corpus import Corpus
from catta.hpo import Choices, TuneSettings, tune

ARGUMENTS = [
    *("--dataset", "digits", "--resolution", "8", "--train-samples", "200"),
    *("--validation-samples", "100", "--threads", "1", "--sampler", "random", "--study", "mine"),
]


def start(directory: Path, *arguments: str) -> subprocess.Popen[str]:
    (directory / "tiny.py").write_text(OWN)
    corpus = str(directory / "corpus.sqlite")
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "catta", "tune", str(directory / "tiny.py")),
            *(*ARGUMENTS, "--corpus", corpus, *arguments),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


def trials_of(directory: Path, *states: TrialState) -> Sequence[optuna.trial.FrozenTrial]:
    storage = directory / "corpus.sqlite.optuna.sqlite"
    if not is_begun(storage):
        return []
    study = optuna.load_study(storage=f"sqlite:///{storage}", study_name="mine")
    return study.get_trials(states=states or None)


def is_begun(storage: Path) -> bool:
    """Whether the study is there.

    Read only: Optuna would make the tables too, beside the command, which then falls over.
    """
    try:
        with closing(sqlite3.connect(f"{storage.as_uri()}?mode=ro", uri=True)) as connection:
            found = connection.execute("SELECT 1 FROM studies WHERE study_name = 'mine'")
            return found.fetchone() is not None
    except sqlite3.OperationalError:  # there is no file, or it has no tables
        return False


def test_several_objectives_give_a_front_of_what_was_measured(corpus: Corpus) -> None:
    settings = TuneSettings(
        trials=5,
        threads=1,
        objectives=("accuracy", "params", "flops", "latency"),
        sampler="grid",
        space={"width": Choices((0, 0.25, 0.5, 0.75, 1))},
        fixed=("lr", "dropout", "weight_decay", "batch"),
    )
    report = tune(network(), base_of(), corpus=corpus, settings=settings)

    assert report.states["complete"] == 5
    for best in report.best:
        width = 4 + int(28 * best.recipe.prm["width"])
        assert best.values["params"] == (64 + 1) * width + (width + 1) * 10
        assert best.values["flops"] == 2 * (64 * width + width * 10)
        assert best.values["latency"] > 0
    smallest = min(best.values["params"] for best in report.best)
    assert smallest == 65 * 4 + 50


def test_network_that_does_not_build_fails_before_it_is_trained(corpus: Corpus) -> None:
    broken = TINY.replace("super().__init__()", "super().__init__(); raise KeyError('depth')")
    settings = TuneSettings(trials=1, threads=1, objectives=("accuracy", "params"))
    report = tune(network(broken), base_of(broken), corpus=corpus, settings=settings)

    assert report.states["failed"] == 1
    assert "KeyError: 'depth'" in next(iter(report.errors))


@pytest.mark.parametrize("source", [OWN, TINY], ids=["own", "fixed"])
def test_pruned_training_ends_and_is_kept_where_a_shorter_one_is_the_same(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch, shared_cache: Path, source: str
) -> None:
    seen: list[int] = []

    def prune(trial: optuna.Trial) -> bool:
        seen.append(trial.number)
        return trial.number == 1 and seen.count(1) == 2

    monkeypatch.setattr(optuna.Trial, "should_prune", prune)
    settings = TuneSettings(trials=2, threads=1, pruner="median", warm_start=0)
    report = tune(network(source), base_of(source, epochs=4), corpus=corpus, settings=settings)

    assert report.states == {"complete": 1, "pruned": 1, "failed": 0}
    assert report.storage is not None
    trial = optuna.load_study(storage=report.storage, study_name=report.study).trials[1]
    assert list(trial.intermediate_values) == [1, 2]
    assert not list((shared_cache / "checkpoints").glob("*.checkpoint"))
    recipe = corpus.evaluations.recipe(trial.user_attrs["recipe"])
    if source == TINY:  # its learning rate followed a cycle over four epochs
        assert recipe is None
        return
    assert recipe is not None
    assert recipe.epochs == 2
    kept = corpus.evaluations.get(network(source).id, recipe.id)
    assert kept is not None
    assert {e.epoch: e.accuracy for e in kept.epochs} == trial.intermediate_values


@pytest.mark.slow
def test_killed_study_goes_on_from_the_epoch(tmp_path: Path) -> None:
    # So many that the first trial still runs when its first epoch is seen, on a fast machine too.
    endless = ["--trials", "2", "--epochs", "200"]
    killed = start(tmp_path, *endless)
    deadline = time.monotonic() + 240
    while not any(t.intermediate_values for t in trials_of(tmp_path)):
        assert time.monotonic() < deadline
        assert killed.poll() is None, killed.communicate()
        time.sleep(0.1)
    os.kill(killed.pid, signal.SIGKILL)
    killed.communicate()
    (cut_off,) = trials_of(tmp_path, TrialState.RUNNING)

    done = start(tmp_path, *endless, "--json")
    out, err = done.communicate(timeout=280)

    assert done.returncode == 0, err
    assert "Trials that were cut off and are tried once more: 1" in err
    assert "Going on after epoch" in err
    assert json.loads(out)["states"] == {"complete": 2, "pruned": 0, "failed": 0}
    again = trials_of(tmp_path, TrialState.COMPLETE)
    assert again[0].params == cut_off.params
    assert len(again[0].intermediate_values) == 200


@pytest.mark.slow
def test_two_processes_work_on_one_study(tmp_path: Path) -> None:
    # Enough trials that the process that starts later, on a busy machine, has some left.
    both = [start(tmp_path, "--trials", "24", "--epochs", "20", "--json") for _ in range(2)]
    answers = [one.communicate(timeout=280) for one in both]

    assert [one.returncode for one in both] == [0, 0], answers
    complete = trials_of(tmp_path)
    assert [t.state for t in complete] == [TrialState.COMPLETE] * 24
    assert len({json.dumps(t.params, sort_keys=True) for t in complete}) == 24
    assert len({t.user_attrs["owner"][1] for t in complete}) == 2
    with Corpus.open(tmp_path / "corpus.sqlite") as corpus:
        recipes = {t.user_attrs["recipe"] for t in complete}
        stored = corpus.networks.get("tiny")
        assert stored is not None
        assert all(corpus.evaluations.get(stored.id, recipe) for recipe in recipes)
