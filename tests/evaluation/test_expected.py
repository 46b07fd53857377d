"""Predictions are believed only in the form that was asked for; those of a text are causal."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from catta.evaluation.expected import (
    MalformedError,
    expect_arrays,
    expect_causal,
    prediction_bytes,
)
from catta.records import Problem
from catta.tasks.metrics import defect

PROBLEMS = {
    "img-classification": Problem(sample=(1, 8, 8), outputs=4),
    "img-segmentation": Problem(task="img-segmentation", sample=(3, 8, 6), outputs=3),
    "obj-detection": Problem(task="obj-detection", sample=(3, 8, 8), outputs=5),
    "img-captioning": Problem(task="img-captioning", sample=(3, 8, 8), outputs=9),
    "txt-generation": Problem(task="txt-generation", sample=(6,), outputs=7),
}
N = 3


def predictions(task: str) -> dict[str, np.ndarray]:
    def floats(*shape: int) -> np.ndarray:
        return np.zeros((N, *shape), np.float32)

    def whole(*shape: int) -> np.ndarray:
        return np.zeros((N, *shape), np.int64)

    return {
        "img-classification": {"scores": floats(4)},
        "img-segmentation": {"y": whole(8, 6)},
        "obj-detection": {"boxes": floats(100, 4), "scores": floats(100), "labels": whole(100)},
        "img-captioning": {"captions": whole(32)},
        "txt-generation": {"scores": floats(6, 7)},
    }[task]


@pytest.mark.parametrize("task", PROBLEMS)
def test_what_was_asked_for_is_accepted(task: str) -> None:
    found = predictions(task)
    expect_arrays(found, PROBLEMS[task], N)
    assert prediction_bytes(PROBLEMS[task], N) == sum(a.nbytes for a in found.values())


@pytest.mark.parametrize("task", PROBLEMS)
@pytest.mark.parametrize("change", ["missing", "more", "type", "shape", "fewer"])
def test_anything_else_is_refused(task: str, change: str) -> None:
    found: dict[str, Any] = predictions(task)
    name = next(iter(found))
    if change == "missing":
        del found[name]
    elif change == "more":
        found["other"] = found[name]
    elif change == "type":
        found[name] = found[name].astype(np.uint8)
    elif change == "shape":
        found[name] = found[name][..., None]
    else:
        found[name] = found[name][:-1]
    with pytest.raises(MalformedError):
        expect_arrays(found, PROBLEMS[task], N)


@pytest.mark.parametrize("task", ["img-segmentation", "obj-detection", "img-captioning"])
def test_what_is_no_class_or_word_is_refused(task: str) -> None:
    found = predictions(task)
    name = "labels" if task == "obj-detection" else next(iter(found))
    for value in (-1, PROBLEMS[task].outputs):
        found[name][1, 1] = value
        with pytest.raises(MalformedError, match=f"predictions {name} are .*, not 0 to"):
            expect_arrays(found, PROBLEMS[task], N)


def test_only_metrics_take_captions_and_detections_of_any_length() -> None:
    targets = {"labels": np.zeros((N, 2), np.int64)}
    for task in ("obj-detection", "img-captioning"):
        fewer = {name: array[:, :7] for name, array in predictions(task).items()}
        assert defect(PROBLEMS[task], fewer, targets) is None
        with pytest.raises(MalformedError, match=r"of shape \(3, 7.*wanted .* of shape \(3, "):
            expect_arrays(fewer, PROBLEMS[task], N)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_values_that_are_not_finite_are_refused(value: float) -> None:
    found = predictions("txt-generation")
    found["scores"][1, 2, 3] = value
    with pytest.raises(MalformedError, match="not finite"):
        expect_arrays(found, PROBLEMS["txt-generation"], N)


def scores_and_probes() -> tuple[np.ndarray, np.ndarray]:
    """Scores of four texts and of probes of the first two; equal before positions 3 and 5."""
    scores = np.random.default_rng(0).normal(size=(6, 6, 7)).astype(np.float32)
    probes = np.array([3, 5])
    scores[4, :3], scores[5, :5] = scores[0, :3], scores[1, :5]
    return scores, probes


def test_scores_that_depend_on_what_came_before_are_causal() -> None:
    scores, probes = scores_and_probes()
    expect_causal(scores, probes)
    scores[4, 2] += 1e-5  # rounding
    expect_causal(scores, probes)


@pytest.mark.parametrize(("probe", "position"), [(4, 2), (5, 4), (5, 0)])
def test_scores_that_depend_on_what_comes_later_are_not(probe: int, position: int) -> None:
    scores, probes = scores_and_probes()
    scores[probe, position, 6] += 0.2
    with pytest.raises(MalformedError, match="the network is not causal"):
        expect_causal(scores, probes)
