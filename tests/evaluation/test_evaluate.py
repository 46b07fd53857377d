import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from trial_networks import CLASSES, GOOD, RECIPE, SHAPES, module, quadrants

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
from catta.records import Caps, Outcome, Shapes, Stage


@dataclass
class Data:
    shapes: Shapes
    validation_y: np.ndarray
    test_y: np.ndarray
    visible: dict[str, np.ndarray]


@dataclass
class InProcess:
    """A worker without a process or a sandbox, for networks of our own."""

    data: dict[str, np.ndarray] = field(default_factory=dict)
    jobs: list[dict[str, Any]] = field(default_factory=list)

    def run(self, job, *, seconds: float, memory_mb: int) -> Reply:
        self.jobs.append({**job, "seconds": seconds, "memory_mb": memory_mb})
        try:
            header, arrays = perform(json.loads(json.dumps(job)), self.data)
        except Exception as error:  # noqa: BLE001 - as the child does
            return Reply(failure=Outcome.INVALID, error=f"{type(error).__name__}: {error}")
        header, arrays = wire.decode(wire.encode(header, arrays))
        return Reply(header=header, arrays=arrays, seconds=1.5)


@dataclass
class Answers:
    """A worker that answers what it is told to."""

    reply: Reply

    def run(self, job, *, seconds: float, memory_mb: int) -> Reply:
        return self.reply


@pytest.fixture(scope="module")
def data() -> Data:
    train_x, train_y = quadrants(400, seed=0)
    validation_x, validation_y = quadrants(80, seed=1)
    test_x, test_y = quadrants(60, seed=2)
    visible = {"train_x": train_x, "train_y": train_y}
    visible |= {"validation_x": validation_x, "test_x": test_x}
    return Data(SHAPES, validation_y, test_y, visible)


def check(source: str, *, worker=None, caps: Caps | None = None):
    return build_check(
        worker or InProcess(), source, shapes=SHAPES, recipe=RECIPE, caps=caps or Caps()
    )


def scores_for(labels: np.ndarray, *, right: int) -> np.ndarray:
    """Scores of which the first `right` are right."""
    guesses = labels.copy()
    guesses[right:] = (guesses[right:] + 1) % CLASSES
    return np.eye(CLASSES, dtype=np.float32)[guesses]


def answer(data: Data, **changes: Any) -> Reply:
    """An honest answer of two epochs, with something else in it."""
    right = {"scores_1": 20, "scores_2": 60}
    arrays = {n: scores_for(data.validation_y, right=count) for n, count in right.items()}
    header = {"losses": [1.0, 0.5], "seconds": [0.1, 0.1]}
    return Reply(
        header=header | changes.get("header", {}),
        arrays=changes.get("arrays", arrays | changes.get("more", {})),
        seconds=2.0,
    )


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
        "kind", "source", "shapes", "recipe", "predict", "seconds", "memory_mb",
    }  # fmt: skip


def test_the_test_split_is_scored(data):
    score = assess(InProcess(data.visible), GOOD, data=data, recipe=RECIPE)
    assert isinstance(score, float)
    assert score > 0.9


def test_the_accuracy_is_computed_from_our_labels(data):
    header = {"accuracy": 1.0, "accuracies": [1.0, 1.0]}
    report = train_and_score(Answers(answer(data, header=header)), GOOD, data=data, recipe=RECIPE)
    assert [m.accuracy for m in report.epochs] == [20 / 80, 60 / 80]
    assert [m.loss for m in report.epochs] == [1.0, 0.5]


SCORES = np.zeros((80, CLASSES), np.float32)


@pytest.mark.parametrize(
    "change",
    [
        {"more": {"scores_2": SCORES[:-1]}},
        {"more": {"scores_2": SCORES[:, :-1]}},
        {"more": {"scores_2": SCORES[None]}},
        {"more": {"scores_2": SCORES.astype(np.int64)}},
        {"more": {"scores_2": SCORES + np.float32("nan")}},
        {"more": {"scores_1": SCORES + np.float32("inf")}},
        {"more": {"scores_3": SCORES}},
        {"more": {"labels": SCORES}},
        {"arrays": {}},
        {"arrays": {"scores_2": SCORES}},
        {"header": {"losses": [1.0]}},
        {"header": {"losses": [1.0, float("nan")]}},
        {"header": {"losses": "low"}},
        {"header": {"seconds": [True, 1.0]}},
        {"header": {"seconds": None}},
    ],
    ids=lambda change: str({k: sorted(v) for k, v in change.items()}),
)
def test_what_is_not_what_was_asked_for_is_invalid_at_score(change, data):
    report = train_and_score(Answers(answer(data, **change)), GOOD, data=data, recipe=RECIPE)
    assert (report.verdict.outcome, report.verdict.stage) == (Outcome.INVALID, Stage.SCORE)
    assert report.verdict.error
    assert report.epochs == ()


def test_wrong_predictions_of_the_test_split_are_invalid(data):
    for arrays in ({}, {"scores_1": SCORES}, {"scores_2": SCORES}):  # 60 are in this split
        verdict = assess(Answers(Reply(arrays=arrays)), GOOD, data=data, recipe=RECIPE)
        assert (verdict.outcome, verdict.stage) == (Outcome.INVALID, Stage.SCORE)


def test_labels_may_be_read_only(data):
    labels = data.validation_y.copy()
    labels.setflags(write=False)
    locked = Data(SHAPES, labels, data.test_y, {})
    assert train_and_score(Answers(answer(data)), GOOD, data=locked, recipe=RECIPE).verdict.ok


def test_a_network_that_does_not_build_fails_in_training(data):
    source = module(init="raise ValueError('no')")
    report = train_and_score(InProcess(data.visible), source, data=data, recipe=RECIPE)
    assert (report.verdict.outcome, report.verdict.stage) == (Outcome.INVALID, Stage.TRAIN)
    assert report.verdict.error == "ValueError: no"


@pytest.mark.parametrize("index", [-1, 2, True, "0", None, 0.0])
def test_only_an_index_of_a_version_is_believed(index):
    worker = Answers(Reply(header=FITTING | {"index": index}))
    found = first_fit(worker, [GOOD, GOOD], shapes=SHAPES, recipe=RECIPE, caps=Caps())
    assert found is None


FITTING = {"index": 1, "parameters": 10, "flops": 20, "graph": "g1:" + "0" * 32, "seconds": 0.1}


@pytest.mark.parametrize("change", [{"parameters": 10**7}, {"flops": 10**9}, {"graph": "x"}])
def test_a_version_above_the_caps_or_without_facts_does_not_fit(change):
    honest = first_fit(
        Answers(Reply(header=FITTING)), [GOOD] * 2, shapes=SHAPES, recipe=RECIPE, caps=Caps()
    )
    lying = first_fit(
        Answers(Reply(header=FITTING | change)),
        [GOOD] * 2,
        shapes=SHAPES,
        recipe=RECIPE,
        caps=Caps(),
    )
    assert honest is not None
    assert honest[0] == 1
    assert lying is None


def test_the_first_version_that_fits():
    found = first_fit(InProcess(), [GOOD], shapes=SHAPES, recipe=RECIPE, caps=Caps())
    assert found is not None
    assert found[0] == 0
    assert found[1].parameters == check(GOOD)[1].parameters


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
