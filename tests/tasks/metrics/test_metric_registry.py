from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import EntryPoint

import numpy as np
import pytest

from catta.errors import UsageError
from catta.records import Problem
from catta.tasks.built_in import BUILT_IN
from catta.tasks.metrics import (
    Metric,
    classification,
    defect,
    find_metric,
    higher_is_better,
    main_metric,
    metric_names,
    register_metric,
    registry,
    score,
)
from catta.tasks.metrics.predictions import Arrays

PROBLEM = Problem(sample=(1, 8, 8), outputs=3)
TARGET = {"y": np.array([0, 1, 2])}
RIGHT = {"scores": np.eye(3, dtype=np.float32)}


@pytest.fixture(autouse=True)
def nothing_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_registered", {})


def share(problem: Problem, predictions: Arrays, targets: Arrays, words: Sequence[str]) -> float:
    return float((predictions["scores"].argmax(1) == targets["y"]).mean()) / 2


MINE = Metric(tasks=("img-classification",), compute=share, higher_is_better=False)


def test_every_task_has_metrics_and_a_main_one() -> None:
    mains = {task: main_metric(task) for task in BUILT_IN}
    assert mains == {
        "img-classification": "acc",
        "img-segmentation": "iou",
        "obj-detection": "map50",
        "img-captioning": "bleu",
        "txt-generation": "acc",
    }
    for task, main in mains.items():
        assert metric_names(task)[0] == main
        assert higher_is_better(main)
    assert not higher_is_better("perplexity")


def test_a_metric_that_does_not_suit_the_task_is_answered_with_those_that_do() -> None:
    with pytest.raises(
        UsageError, match="metric of txt-generation must be one of acc, perplexity, ppl, not 'iou'"
    ):
        find_metric("txt-generation", "iou")
    with pytest.raises(UsageError, match="task must be one of"):
        metric_names("painting")
    with pytest.raises(UsageError, match="there is no metric 'beauty'"):
        higher_is_better("beauty")


def test_a_metric_of_cattas_is_found_by_name() -> None:
    metric = find_metric("img-classification", "f1")
    assert metric.compute(PROBLEM, RIGHT, TARGET, ()) == 1
    assert metric.higher_is_better
    assert not find_metric("txt-generation", "perplexity").higher_is_better


def test_what_cattas_metrics_share_is_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Problem] = []

    def compute_all(problem: Problem, *arrays: object) -> dict[str, float]:
        asked.append(problem)
        return {"acc": 0.1, "top5": 0.2, "f1": 0.3}

    monkeypatch.setattr(classification, "compute_all", compute_all)
    assert score(PROBLEM, RIGHT, TARGET) == {"acc": 0.1, "top5": 0.2, "f1": 0.3}
    assert asked == [PROBLEM]


def test_a_registered_metric_is_scored_with_the_others() -> None:
    register_metric("half", MINE)
    assert metric_names("img-classification") == ("acc", "top5", "f1", "half")
    assert metric_names("img-segmentation") == ("iou", "pixel_acc")
    assert score(PROBLEM, RIGHT, TARGET) == {"acc": 1, "top5": 1, "f1": 1, "half": 0.5}
    assert find_metric("img-classification", "half") is MINE
    assert not higher_is_better("half")


def test_another_package_adds_a_metric(monkeypatch: pytest.MonkeyPatch) -> None:
    def add(value: str) -> None:
        point = EntryPoint(name="theirs", value=value, group=registry.GROUP)
        monkeypatch.setattr(registry, "entry_points", lambda *, group: [point])

    monkeypatch.setitem(sys.modules, "their_package", sys.modules[__name__])
    add("their_package:MINE")
    assert find_metric("img-classification", "theirs") is MINE
    add("their_package:PROBLEM")
    with pytest.raises(UsageError, match=r"'theirs' \(their_package:PROBLEM\) is no .*Metric"):
        metric_names("img-classification")
    add("no_such_module:METRIC")
    with pytest.raises(UsageError, match="no_such_module:METRIC"):
        metric_names("img-classification")


def test_cattas_metrics_cannot_be_replaced() -> None:
    with pytest.raises(UsageError, match="'acc' is Catta's own"):
        register_metric("acc", MINE)


def test_a_metric_that_gives_no_number_is_named() -> None:
    nothing = Metric(tasks=("img-classification",), compute=lambda *arguments: float("nan"))
    register_metric("void", nothing)
    with pytest.raises(UsageError, match="the metric void gave nan"):
        score(PROBLEM, RIGHT, TARGET)


@pytest.mark.parametrize(
    ("predictions", "message"),
    [
        ({}, r"are \[\], wanted \['scores'\]"),
        ({"scores": np.eye(3)}, r"float64 of shape \(3, 3\), wanted float32 of shape \(3, 3\)"),
        (
            {"scores": np.zeros((3, 2), np.float32)},
            r"shape \(3, 2\), wanted float32 of shape \(3, 3",
        ),
        ({"scores": np.zeros(3, np.float32)}, r"shape \(3,\), wanted"),
        ({"scores": np.full((3, 3), np.nan, np.float32)}, "are not finite"),
        ({"scores": np.full((3, 3), np.inf, np.float32)}, "are not finite"),
    ],
)
def test_unfit_scores_are_refused(predictions: dict[str, np.ndarray], message: str) -> None:
    assert defect(PROBLEM, RIGHT, TARGET) is None
    with pytest.raises(UsageError, match=message):
        score(PROBLEM, predictions, TARGET)


@pytest.mark.parametrize(
    ("task", "predictions", "targets", "message"),
    [
        (
            "img-segmentation",
            {"y": np.full((1, 2, 2), 3)},
            {"y": (1, 2, 2)},
            "y are 3 to 3, not 0 to",
        ),
        (
            "img-segmentation",
            {"y": np.full((1, 2, 2), -1)},
            {"y": (1, 2, 2)},
            "y are -1 to -1, not",
        ),
        ("img-segmentation", {"y": np.zeros((1, 2, 3), int)}, {"y": (1, 2, 2)}, r"\(1, 2, 2\)"),
        ("img-captioning", {"captions": np.full((1, 4), 9)}, {"captions": (1, 2, 5)}, "are 9 to 9"),
        (
            "img-captioning",
            {"captions": np.zeros((2, 4), int)},
            {"captions": (1, 2, 5)},
            r"shape \(1, any\)",
        ),
        (
            "txt-generation",
            {"scores": np.zeros((6, 3), np.float32)},
            {"y": (2, 3)},
            r"wanted float32 of shape \(2, 3, 3\)",
        ),
        (
            "obj-detection",
            {
                "boxes": np.zeros((1, 5, 4), np.float32),
                "scores": np.zeros((1, 4), np.float32),
                "labels": np.zeros((1, 5), int),
            },
            {"boxes": (1, 2, 4), "labels": (1, 2)},
            r"the predictions scores are float32 of shape \(1, 4\)",
        ),
        (
            "obj-detection",
            {
                "boxes": np.full((1, 5, 4), np.nan, np.float32),
                "scores": np.zeros((1, 5), np.float32),
                "labels": np.zeros((1, 5), int),
            },
            {"boxes": (1, 2, 4), "labels": (1, 2)},
            "are not finite",
        ),
        (
            "obj-detection",
            {
                "boxes": np.zeros((1, 5, 4), np.float32),
                "scores": np.zeros((1, 5), np.float32),
                "labels": np.zeros((), int),
            },
            {"boxes": (1, 2, 4), "labels": (1, 2)},
            r"labels are int64 of shape \(\), wanted int64 of shape \(1, any\)",
        ),
    ],
)
def test_unfit_predictions_of_other_tasks_are_named(
    task: str, predictions: Arrays, targets: dict[str, tuple[int, ...]], message: str
) -> None:
    sample = (3,) if task == "txt-generation" else (3, 2, 2)
    problem = Problem(task=task, sample=sample, outputs=3)
    found = defect(problem, predictions, {n: np.zeros(s, int) for n, s in targets.items()})
    assert found is not None
    assert re.search(message, found)


def test_importing_the_package_loads_neither_torch_nor_torchmetrics() -> None:
    program = (
        "import sys, catta.tasks.metrics as m; m.metric_names('img-captioning');"
        "sys.exit('torch' in sys.modules or 'torchmetrics' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
