from __future__ import annotations

from pathlib import Path
from typing import Any

import optuna
import pytest
from hpo_networks import FakeTraining, base_of, network
from optuna.trial import TrialState

from catta.corpus import Corpus
from catta.errors import Interrupted, UsageError
from catta.hpo import Choices, Range, TuneReport, TuneSettings, tune
from catta.hpo.samplers import PRUNERS, SAMPLERS


def tuned(corpus: Corpus, *, stop: Any = None, epochs: int = 1, **settings: Any) -> TuneReport:
    return tune(
        network(),
        base_of(epochs=epochs),
        corpus=corpus,
        settings=TuneSettings(**{"warm_start": 0, "threads": 1, **settings}),
        stop=stop,
    )


def study_of(report: TuneReport) -> optuna.Study:
    assert report.storage is not None
    return optuna.load_study(storage=report.storage, study_name=report.study)


def test_trials_are_evaluations_and_the_best_is_found(corpus: Corpus, fake: FakeTraining) -> None:
    report = tuned(corpus, trials=6)

    assert report.states == {"complete": 6, "pruned": 0, "failed": 0}
    assert report.new == 6
    (best,) = report.best
    assert best.values["accuracy"] == max(recipe.dropout for recipe in fake.recipes)
    assert best.recipe in fake.recipes
    assert all(corpus.evaluations.get(network().id, recipe.id) for recipe in fake.recipes)
    assert len(study_of(report).trials) == 6


def test_study_goes_on_and_draws_nothing_twice(corpus: Corpus, fake: FakeTraining) -> None:
    tuned(corpus, trials=3, sampler="random")
    report = tuned(corpus, trials=7, sampler="random")
    again = tuned(corpus, trials=7, sampler="random")

    assert (report.new, again.new) == (4, 0)
    assert len({recipe.id for recipe in fake.recipes}) == 7


def test_seed_fixes_all_trials_also_across_a_pause(tmp_path: Path, fake: FakeTraining) -> None:
    with Corpus.open(tmp_path / "one.sqlite") as one:
        tuned(one, trials=12, seed=3)
        first, fake.recipes = fake.recipes, []
    with Corpus.open(tmp_path / "two.sqlite") as two:
        tuned(two, trials=5, seed=3)
        tuned(two, trials=12, seed=3)
        second, fake.recipes = fake.recipes, []
    with Corpus.open(tmp_path / "three.sqlite") as three:
        tuned(three, trials=12, seed=4)

    assert first == second
    assert fake.recipes[0] != first[0]


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_each_sampler_works(corpus: Corpus, fake: FakeTraining, sampler: str) -> None:
    report = tuned(corpus, trials=7, sampler=sampler)

    assert report.states["complete"] == 7
    assert len({recipe.id for recipe in fake.recipes}) == 7


def test_grid_tries_each_combination_once_and_ends(corpus: Corpus, fake: FakeTraining) -> None:
    space = {"lr": Choices((0.1, 0.2)), "batch": Choices((8, 16, 32))}
    fixed = ("dropout", "weight_decay", "width")
    for trials in (2, 100):
        report = tuned(corpus, trials=trials, sampler="grid", space=space, fixed=fixed, workers=2)

    assert report.states["complete"] == 6
    tried = {(recipe.lr, recipe.batch) for recipe in fake.recipes}
    assert tried == {(lr, batch) for lr in (0.1, 0.2) for batch in (8, 16, 32)}


def test_failure_is_a_failed_trial_and_no_score(corpus: Corpus, fake: FakeTraining) -> None:
    fake.score = lambda recipe, epoch: None if recipe.dropout > 0.2 else recipe.dropout
    report = tuned(corpus, trials=8, sampler="random")

    assert 0 < report.states["failed"] < 8
    assert report.states["failed"] + report.states["complete"] == 8
    failed = [t for t in study_of(report).trials if t.state == TrialState.FAIL]
    assert all(trial.value is None for trial in failed)
    assert report.errors == {"INVALID at train: the loss is not finite": len(failed)}
    assert report.best[0].values["accuracy"] <= 0.2


def test_network_that_only_fails_has_no_best_trial_and_is_given_up(
    corpus: Corpus, fake: FakeTraining
) -> None:
    fake.score = lambda recipe, epoch: None
    report = tuned(corpus, trials=9, give_up=3)

    assert report.states == {"complete": 0, "pruned": 0, "failed": 3}
    assert report.best == ()


def test_lower_is_better_where_the_metric_says_so(corpus: Corpus, fake: FakeTraining) -> None:
    from catta.hpo.studies import directions

    assert directions(["accuracy", "params"], "acc") == ["maximize", "minimize"]
    assert directions(["accuracy", "latency"], "perplexity") == ["minimize", "minimize"]


@pytest.mark.parametrize("pruner", [name for name in PRUNERS if name != "none"])
def test_pruned_training_is_no_failure(corpus: Corpus, fake: FakeTraining, pruner: str) -> None:
    # What is worse at all epochs than what came before is not worth its later epochs.
    scores = iter([0.9, 0.8, 0.7, 0.6, 0.5] + [0.1] * 15)
    values: dict[str, float] = {}

    def score(recipe: Any, epoch: int) -> float:
        if recipe.id not in values:
            values[recipe.id] = next(scores)
        return values[recipe.id] + epoch / 1000

    fake.score = score
    report = tuned(corpus, trials=20, pruner=pruner, epochs=9)

    assert report.states["pruned"] > 0
    assert report.states["failed"] == 0
    assert sum(report.states.values()) == 20
    pruned = [t for t in study_of(report).trials if t.state == TrialState.PRUNED]
    assert all(max(trial.intermediate_values) < 9 for trial in pruned)


def test_stop_gives_the_running_trial_back(corpus: Corpus, fake: FakeTraining) -> None:
    with pytest.raises(Interrupted, match="Stopped after 2 of 4"):
        tuned(corpus, trials=4, epochs=3, stop=lambda: len(fake.recipes) == 3)
    cut_off = fake.recipes[-1]
    assert corpus.evaluations.get(network().id, cut_off.id) is None
    report = tuned(corpus, trials=4, epochs=3)

    assert fake.recipes[3] == cut_off
    assert report.states == {"complete": 4, "pruned": 0, "failed": 0}
    assert report.new == 2


def test_own_failure_ends_all_and_blames_no_trial(corpus: Corpus, fake: FakeTraining) -> None:
    def broken() -> None:
        raise UsageError("the disk is full")

    fake.before = broken
    with pytest.raises(UsageError, match="the disk is full"):
        tuned(corpus, trials=4, workers=2)
    fake.before = lambda: None
    report = tuned(corpus, trials=4)

    assert report.states == {"complete": 4, "pruned": 0, "failed": 0}


def test_workers_share_a_study(corpus: Corpus, fake: FakeTraining) -> None:
    report = tuned(corpus, trials=9, workers=3)

    assert report.states["complete"] == len(fake.recipes) == 9


def test_study_of_something_else_is_refused(corpus: Corpus, fake: FakeTraining) -> None:
    tuned(corpus, trials=1, study="mine")
    with pytest.raises(UsageError, match=r"study mine compares something else \(epochs 1, not 2\)"):
        tuned(corpus, trials=1, study="mine", epochs=2)
    with pytest.raises(UsageError, match=r"lr \[1e-05, 1.0, True\], not \[0.1, 1.0, False\]"):
        tuned(corpus, trials=1, study="mine", space={"lr": Range(low=0.1, high=1.0)})
    assert tuned(corpus, trials=2, study="mine", sampler="random").new == 1


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"trials": 0}, "trials must be at least 1, not 0"),
        ({"workers": 0}, "workers must be at least 1"),
        ({"sampler": "bayes"}, "sampler must be one of tpe, cmaes, random, grid, nsga2"),
        ({"pruner": "scissors"}, "pruner must be one of none, hyperband, median, wilcoxon"),
        ({"objectives": ("speed",)}, "objective must be some of accuracy, params"),
        ({"objectives": ()}, "objective must be some of"),
        ({"objectives": ("params", "params")}, "given twice"),
        ({"objectives": ("accuracy", "flops"), "pruner": "median"}, "one objective; there are 2"),
        ({"objectives": ("accuracy", "flops"), "sampler": "cmaes"}, "cmaes has one objective"),
        ({"study": " "}, "the name is empty"),
        ({"space": {"depth": Range(low=0, high=1)}}, "no hyperparameter depth"),
    ],
)
def test_bad_settings_leave_nothing(
    corpus: Corpus, fake: FakeTraining, settings: dict[str, Any], what: str
) -> None:
    with pytest.raises(UsageError, match=what):
        tuned(corpus, **settings)

    assert fake.recipes == []
    assert not Path(f"{corpus.location}.optuna.sqlite").exists()


def test_storage_that_is_none_is_one_sentence(corpus: Corpus, fake: FakeTraining) -> None:
    from catta.errors import CattaError

    Path(f"{corpus.location}.optuna.sqlite").write_bytes(b"no database" * 1000)
    with pytest.raises(CattaError, match=r"studies sqlite:.*file is not a database"):
        tuned(corpus, trials=1)
