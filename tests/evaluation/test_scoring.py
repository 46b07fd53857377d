import json
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from trial_networks import CLASSES, GOOD, PROBLEM, RECIPE, module, quadrants

from catta.evaluation import (
    Reply,
    Worker,
    assess,
    build_check,
    choose_sandbox,
    first_fit,
    train_and_score,
    wire,
)
from catta.evaluation.trial import perform
from catta.records import Caps, Outcome, Problem, Stage


@dataclass
class Data:
    problem: Problem
    validation: dict[str, np.ndarray]
    test: dict[str, np.ndarray]
    visible: dict[str, np.ndarray]
    words: tuple[str, ...] = ()


@dataclass
class InProcess:
    """A worker without a process or a sandbox, for networks of our own."""

    data: dict[str, np.ndarray] = field(default_factory=dict)
    jobs: list[dict[str, Any]] = field(default_factory=list)

    def run(
        self, job, *, seconds: float, memory_mb: int, arrays=None, on_part=None, parts=0
    ) -> Reply:
        self.jobs.append({**job, "seconds": seconds, "memory_mb": memory_mb, "parts": parts})
        try:
            result = perform(json.loads(json.dumps(job)), {**self.data, **(arrays or {})})
            while isinstance(result, Generator):
                try:
                    on_part(*wire.decode(wire.encode(*next(result))))
                except StopIteration as end:
                    result = end.value
        except Exception as error:  # noqa: BLE001 - as the child does
            return Reply(failure=Outcome.INVALID, error=f"{type(error).__name__}: {error}")
        header, found = wire.decode(wire.encode(*result))
        return Reply(header=header, arrays=found, seconds=1.5)


@dataclass
class Answers:
    """A worker that answers what it is told to."""

    reply: Reply
    parts: tuple[tuple[dict[str, Any], dict[str, np.ndarray]], ...] = ()

    def run(self, job, *, seconds: float, memory_mb: int, on_part=None, **_: Any) -> Reply:
        for part in self.parts:
            on_part(*part)
        return self.reply


@pytest.fixture(scope="module")
def data() -> Data:
    train_x, train_y = quadrants(400, seed=0)
    validation_x, validation_y = quadrants(80, seed=1)
    test_x, test_y = quadrants(60, seed=2)
    visible = {"train_x": train_x, "train_y": train_y}
    visible |= {"validation_x": validation_x, "test_x": test_x}
    return Data(PROBLEM, {"y": validation_y}, {"y": test_y}, visible)


def check(source: str, *, worker=None, caps: Caps | None = None):
    built = build_check(
        worker or InProcess(), source, problem=PROBLEM, recipe=RECIPE, caps=caps or Caps()
    )
    return built.verdict, built.facts


def scores_for(labels: np.ndarray, *, right: int) -> np.ndarray:
    """Scores of which the first `right` are right."""
    guesses = labels.copy()
    guesses[right:] = (guesses[right:] + 1) % CLASSES
    return np.eye(CLASSES, dtype=np.float32)[guesses]


HEADER = {"seconds": 0.1, "samples": 400, "learning_rate": 0.01, "gradient_norm": 1.0}


def answer(data: Data, **changes: Any) -> Answers:
    """An honest answer of two epochs, with something else in the second one."""
    first, second = (
        {"scores": scores_for(data.validation["y"], right=right)} for right in (20, 60)
    )
    header = HEADER | {"epoch": 2, "loss": 0.5} | changes.get("header", {})
    arrays = changes.get("arrays", second | changes.get("more", {}))
    parts = ((HEADER | {"epoch": 1, "loss": 1.0}, first), (header, arrays))
    return Answers(Reply(seconds=2.0), parts)


def test_a_good_network_passes_with_facts():
    worker = InProcess()
    verdict, facts = check(GOOD, worker=worker)
    assert verdict is None
    assert facts is not None
    assert facts.parameters == 612
    assert worker.jobs[0]["seconds"] == 20


@pytest.mark.parametrize(
    ("caps", "reason"),
    [
        (Caps(parameters=611), "612 parameters exceed the cap of 611"),
        (Caps(flops=10_000), "10,240 FLOPs exceed the cap of 10,000"),
    ],
    ids=["parameters", "flops"],
)
def test_what_exceeds_a_cap_is_invalid_and_has_facts(caps, reason):
    verdict, facts = check(GOOD, caps=caps)
    assert verdict is not None
    assert (verdict.outcome, verdict.stage, verdict.error) == (
        Outcome.INVALID,
        Stage.BUILD,
        reason,
    )
    assert facts is not None


def test_a_network_at_the_caps_passes():
    assert check(GOOD, caps=Caps(parameters=612, flops=10_240))[0] is None


def test_an_exception_while_building_is_invalid():
    verdict, facts = check(module(forward="return self.missing(x)"))
    assert verdict is not None
    assert (verdict.outcome, verdict.stage) == (Outcome.INVALID, Stage.BUILD)
    assert "AttributeError" in verdict.error
    assert facts is None


@pytest.mark.parametrize("outcome", [Outcome.TIMEOUT, Outcome.OUT_OF_MEMORY, Outcome.CRASHED])
def test_failures_of_the_child_keep_their_names(outcome, data):
    worker = Answers(Reply(failure=outcome, error="so it went", seconds=3.0))
    verdict, facts = check(GOOD, worker=worker)
    assert (verdict.outcome, verdict.stage, facts) == (outcome, Stage.BUILD, None)
    report = train_and_score(worker, GOOD, data=data, recipe=RECIPE)
    assert (report.verdict.outcome, report.verdict.stage) == (outcome, Stage.TRAIN)
    assert (report.verdict.error, report.epochs, report.seconds) == ("so it went", (), 3.0)
    assert assess(worker, GOOD, data=data, recipe=RECIPE) == report.verdict


@pytest.mark.parametrize(
    "change",
    [
        {"parameters": -1},
        {"parameters": True},
        {"parameters": 2**80},
        {"flops": "many"},
        {"flops": None},
        {"graph": "g1:short"},
        {"graph": 7},
        {"seconds": float("nan")},
        {"seconds": None},
    ],
    ids=str,
)
def test_facts_that_are_not_facts_are_invalid(change):
    facts = {"parameters": 5, "flops": 5, "graph": "g1:" + "0" * 32, "seconds": 0.1}
    assert check(GOOD, worker=Answers(Reply(header=facts)))[0] is None
    verdict, found = check(GOOD, worker=Answers(Reply(header=facts | change)))
    assert (verdict.outcome, verdict.stage, found) == (Outcome.INVALID, Stage.BUILD, None)


def test_a_training_is_scored_after_each_epoch(data):
    worker = InProcess(data.visible)
    report = train_and_score(worker, GOOD, data=data, recipe=RECIPE)
    assert report.verdict.ok
    assert [m.epoch for m in report.epochs] == [1, 2]
    assert report.epochs[-1].accuracy > 0.9
    assert report.seconds == 1.5
    (job,) = worker.jobs
    assert (job["seconds"], job["memory_mb"]) == (RECIPE.seconds, RECIPE.memory_mb)
    assert set(job) == {
        *("kind", "source", "problem", "recipe", "predict", "keep", "writes"),
        *("seconds", "memory_mb", "parts"),
    }
    assert report.epochs[0].samples_per_second > 0
    assert report.epochs[0].gradient_norm > 0
    assert report.epochs[0].learning_rate != report.epochs[1].learning_rate
    assert report.epochs[0].metrics["acc"] == report.epochs[0].accuracy


def test_the_test_split_is_scored(data):
    score = assess(InProcess(data.visible), GOOD, data=data, recipe=RECIPE)
    assert isinstance(score, float)
    assert score > 0.9


def test_the_accuracy_is_computed_from_our_labels(data):
    header = {"accuracy": 1.0, "metrics": {"acc": 1.0}}
    report = train_and_score(answer(data, header=header), GOOD, data=data, recipe=RECIPE)
    assert [m.accuracy for m in report.epochs] == [20 / 80, 60 / 80]
    assert [m.loss for m in report.epochs] == [1.0, 0.5]


SCORES = np.zeros((80, CLASSES), np.float32)


@pytest.mark.parametrize(
    "change",
    [
        {"more": {"scores": SCORES[:-1]}},
        {"more": {"scores": SCORES[:, :-1]}},
        {"more": {"scores": SCORES[None]}},
        {"more": {"scores": SCORES.astype(np.int64)}},
        {"more": {"scores": SCORES + np.float32("nan")}},
        {"more": {"scores": SCORES + np.float32("inf")}},
        {"more": {"scores_2": SCORES}},
        {"more": {"labels": SCORES}},
        {"arrays": {}},
        {"header": {"loss": float("nan")}},
        {"header": {"loss": "low"}},
        {"header": {"seconds": True}},
        {"header": {"seconds": None}},
        {"header": {"epoch": 3}},
        {"header": {"epoch": "2"}},
        {"header": {"epoch": 0}},
        {"header": {"samples": None}},
        {"header": {"gradient_norm": float("inf")}},
    ],
    ids=lambda change: str({k: sorted(v) for k, v in change.items()}),
)
def test_what_is_not_what_was_asked_for_is_invalid_at_score(change, data):
    report = train_and_score(answer(data, **change), GOOD, data=data, recipe=RECIPE)
    assert (report.verdict.outcome, report.verdict.stage) == (Outcome.INVALID, Stage.SCORE)
    assert report.verdict.error
    assert report.epochs == ()


def test_wrong_predictions_of_the_test_split_are_invalid(data):
    last = HEADER | {"epoch": 2, "loss": 1.0}
    early = (HEADER | {"epoch": 1, "loss": 1.0}, {"scores": SCORES[:60]})
    for parts in ((), ((last, {}),), ((last, {"scores": SCORES}),), (early,)):  # 60 are in it
        verdict = assess(Answers(Reply(), parts), GOOD, data=data, recipe=RECIPE)
        assert (verdict.outcome, verdict.stage) == (Outcome.INVALID, Stage.SCORE)


def test_a_training_that_stops_early_is_invalid(data):
    honest = answer(data)
    report = train_and_score(
        Answers(honest.reply, honest.parts[:1]), GOOD, data=data, recipe=RECIPE
    )
    assert report.verdict.error == "the training ended before its last epoch"
    assert [m.epoch for m in report.epochs] == [1]


def test_a_job_that_was_tried_once_more_counts_once(data):
    honest = answer(data)
    parts = (honest.parts[0], *honest.parts)
    report = train_and_score(Answers(honest.reply, parts), GOOD, data=data, recipe=RECIPE)
    assert [m.accuracy for m in report.epochs] == [20 / 80, 60 / 80]


def test_a_training_goes_on_from_a_checkpoint(data):
    kept: list[np.ndarray] = []
    worker = InProcess(data.visible)
    recipe = RECIPE.model_copy(update={"epochs": 3})
    whole = train_and_score(
        worker,
        GOOD,
        data=data,
        recipe=recipe,
        keep=("checkpoint", "weights"),
        on_epoch=lambda _, checkpoint: kept.append(checkpoint),
    )
    rest = train_and_score(
        worker, GOOD, data=data, recipe=recipe, keep=("weights",), resume=kept[0]
    )
    assert [m.epoch for m in rest.epochs] == [2, 3]
    assert [m.loss for m in rest.epochs] == [m.loss for m in whole.epochs[1:]]
    assert set(whole.weights) >= {"conv.weight", "norm.running_mean", "head.bias"}
    for name, array in whole.weights.items():
        assert np.array_equal(array, rest.weights[name])


def test_a_training_begins_with_the_weights_that_it_is_given(data):
    worker = InProcess(data.visible)
    trained = train_and_score(worker, GOOD, data=data, recipe=RECIPE, keep=("weights",))
    one = RECIPE.model_copy(update={"epochs": 1, "lr": 1e-6})
    afresh = train_and_score(worker, GOOD, data=data, recipe=one)
    on = train_and_score(worker, GOOD, data=data, recipe=one, initial=trained.weights)
    assert on.epochs[0].loss < afresh.epochs[0].loss
    fewer = dict(list(trained.weights.items())[1:])
    refused = train_and_score(worker, GOOD, data=data, recipe=one, initial=fewer)
    assert (refused.verdict.outcome, refused.verdict.stage) == (Outcome.INVALID, Stage.TRAIN)


OWN = (
    GOOD
    + """
    def train_setup(self, prm):
        self.optimizer = torch.optim.SGD(self.parameters(), lr=prm['lr'], momentum=prm['momentum'])

    def learn(self, train_data):
        assert len(train_data) == 25
        for inputs, labels in train_data:
            self.optimizer.zero_grad()
            loss = F.cross_entropy(self(inputs), labels)
            loss.backward()
            self.optimizer.step()
        assert list(train_data) == []
"""
)


def test_a_network_trains_itself_by_its_own_recipe(data):
    recipe = RECIPE.model_copy(update={"track": "own", "lr": 0.05})
    report = train_and_score(InProcess(data.visible), OWN, data=data, recipe=recipe)
    assert report.verdict.ok, report.verdict.error
    assert report.epochs[-1].accuracy > 0.9
    assert report.epochs[0].loss > report.epochs[1].loss
    assert (report.epochs[0].learning_rate, report.epochs[0].gradient_norm > 0) == (0.05, True)
    without = train_and_score(InProcess(data.visible), GOOD, data=data, recipe=recipe)
    assert without.verdict.error == (
        "ContractError: Net has no train_setup; its own recipe cannot be used"
    )


def test_a_network_that_does_not_build_fails_in_training(data):
    source = module(init="raise ValueError('no')")
    report = train_and_score(InProcess(data.visible), source, data=data, recipe=RECIPE)
    assert (report.verdict.outcome, report.verdict.stage) == (Outcome.INVALID, Stage.TRAIN)
    assert report.verdict.error == "ValueError: no"


@pytest.mark.parametrize("index", [-1, 2, True, "0", None, 0.0])
def test_only_an_index_of_a_version_is_believed(index):
    worker = Answers(Reply(header=FITTING | {"index": index}))
    found = first_fit(worker, [GOOD, GOOD], problem=PROBLEM, recipe=RECIPE, caps=Caps())
    assert found is None


FITTING = {"index": 1, "parameters": 10, "flops": 20, "graph": "g1:" + "0" * 32, "seconds": 0.1}


@pytest.mark.parametrize("change", [{"parameters": 10**7}, {"flops": 10**9}, {"graph": "x"}])
def test_a_version_above_the_caps_or_without_facts_does_not_fit(change):
    honest = first_fit(
        Answers(Reply(header=FITTING)), [GOOD] * 2, problem=PROBLEM, recipe=RECIPE, caps=Caps()
    )
    lying = first_fit(
        Answers(Reply(header=FITTING | change)),
        [GOOD] * 2,
        problem=PROBLEM,
        recipe=RECIPE,
        caps=Caps(),
    )
    assert honest is not None
    assert honest.index == 1
    assert lying is None


def test_the_first_version_that_fits():
    found = first_fit(InProcess(), [GOOD], problem=PROBLEM, recipe=RECIPE, caps=Caps())
    assert found is not None
    assert found.index == 0
    assert found.facts.parameters == check(GOOD)[1].parameters


def test_in_a_real_worker(data, tmp_path):
    for name, array in data.visible.items():
        np.save(tmp_path / f"{name}.npy", array)
    with Worker(tmp_path, sandbox=choose_sandbox("auto", unsafe=True)) as worker:
        verdict, facts = check(GOOD, worker=worker)
        report = train_and_score(worker, GOOD, data=data, recipe=RECIPE)
        again = train_and_score(worker, GOOD, data=data, recipe=RECIPE)
    assert verdict is None
    in_process = check(GOOD)[1]
    assert (facts.parameters, facts.flops, facts.graph) == (
        in_process.parameters,
        in_process.flops,
        in_process.graph,
    )
    assert report.verdict.ok
    assert report.epochs[-1].accuracy > 0.9
    assert [(m.loss, m.accuracy) for m in again.epochs] == [
        (m.loss, m.accuracy) for m in report.epochs
    ]
