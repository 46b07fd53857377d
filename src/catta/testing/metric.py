"""What every metric must do: inherit `MetricContract` in a test and give it a metric."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from catta.records import Problem
from catta.tasks.metrics import Metric, defect
from catta.tasks.metrics.predictions import Arrays
from catta.tasks.targets import END, START, UNKNOWN

_SAMPLES, _OUTPUTS, _SIDE, _LENGTH = 24, 8, 6, 10


class MetricContract:
    """Behaviour that comparisons rely on, for one task of a metric.

    Subclasses override the fixture `metric`.

    Attributes:
        task: The task it is tested on.
        words: What the outputs are called.
    """

    task = "img-classification"
    words: tuple[str, ...] = tuple("abcdefgh")

    @pytest.fixture
    def metric(self) -> Metric:
        """The metric that is tested."""
        raise NotImplementedError

    @pytest.fixture
    def problem(self) -> Problem:
        """A problem of the task."""
        sample = (_LENGTH,) if self.task == "txt-generation" else (3, _SIDE, _SIDE)
        return Problem(task=self.task, sample=sample, outputs=_OUTPUTS)

    def test_it_is_for_the_task(self, metric: Metric) -> None:
        """Otherwise it is never computed."""
        assert self.task in metric.tasks

    def test_the_perfect_prediction_is_best(self, metric: Metric, problem: Problem) -> None:
        """Of all that is tried, and it is better than one that is right nowhere."""
        targets, perfect = make_perfect(self.task)
        best = metric.compute(problem, perfect, targets, self.words)
        values = [
            metric.compute(problem, spoilt(perfect, share), targets, self.words)
            for share in (0.25, 0.5, 1.0)
        ]
        assert all(map(math.isfinite, [best, *values]))
        sign = 1 if metric.higher_is_better else -1
        assert all(sign * value <= sign * best + 1e-6 for value in values)
        assert sign * values[-1] < sign * best

    def test_the_order_of_samples_says_nothing(self, metric: Metric, problem: Problem) -> None:
        """Samples are in the order in which they were drawn."""
        targets, perfect = make_perfect(self.task)
        predictions = spoilt(perfect, 0.5)
        value = metric.compute(problem, predictions, targets, self.words)
        order = np.random.default_rng(1).permutation(_SAMPLES)
        turned = metric.compute(
            problem,
            {name: array[order] for name, array in predictions.items()},
            {name: array[order] for name, array in targets.items()},
            self.words,
        )
        assert turned == pytest.approx(value, rel=1e-5)

    def test_it_changes_nothing(self, metric: Metric, problem: Problem) -> None:
        """Predictions and targets are scored by other metrics as well."""
        targets, predictions = make_perfect(self.task)
        assert defect(problem, predictions, targets) is None
        arrays = (*targets.values(), *predictions.values())
        before = [array.copy() for array in arrays]
        for array in arrays:
            array.setflags(write=False)
        metric.compute(problem, predictions, targets, self.words)
        assert all(map(np.array_equal, arrays, before))


def make_perfect(task: str) -> tuple[Arrays, Arrays]:
    """Targets of some samples, and the predictions that are right everywhere."""
    random = np.random.default_rng(0)
    if task == "img-classification":
        y = np.arange(_SAMPLES) % _OUTPUTS
        return {"y": y}, {"scores": np.eye(_OUTPUTS, dtype=np.float32)[y] * 20}
    if task == "img-segmentation":
        y = random.integers(0, _OUTPUTS, (_SAMPLES, _SIDE, _SIDE))
        return {"y": y.astype(np.uint8)}, {"y": y}
    if task == "txt-generation":
        y = random.integers(0, _OUTPUTS, (_SAMPLES, _LENGTH))
        return {"y": y}, {"scores": np.eye(_OUTPUTS, dtype=np.float32)[y] * 20}
    if task == "img-captioning":
        words = random.integers(UNKNOWN + 1, _OUTPUTS, (_SAMPLES, _LENGTH))
        words[:, 0], words[:, -1] = START, END
        return {"captions": words[:, None]}, {"captions": words}
    corners = random.uniform(0, 3, (_SAMPLES, 2, 2))
    boxes = np.concatenate([corners, corners + 2], axis=-1).astype(np.float32)
    labels = random.integers(1, _OUTPUTS, (_SAMPLES, 2))
    scores = random.permutation(_SAMPLES * 2).reshape(_SAMPLES, 2) / (_SAMPLES * 2)
    targets = {"boxes": boxes, "labels": labels}
    return targets, {**targets, "scores": scores.astype(np.float32)}


def spoilt(predictions: Arrays, share: float) -> Arrays:
    """Predictions of which a share of the samples is wrong in every place."""
    wrong = np.arange(_SAMPLES) < share * _SAMPLES
    return {name: _spoilt(name, array, wrong) for name, array in predictions.items()}


def _spoilt(name: str, array: NDArray[Any], wrong: NDArray[np.bool_]) -> NDArray[Any]:
    changed = array.copy()
    if name == "labels":
        changed[wrong] = 1 + changed[wrong] % (_OUTPUTS - 1)
    elif name == "scores" and array.dtype == np.float32 and array.shape[-1] == _OUTPUTS:
        changed[wrong] = -changed[wrong]
    elif name == "y":
        changed[wrong] = (changed[wrong] + 1) % _OUTPUTS
    elif name == "captions":
        changed[wrong, 1:-1] = UNKNOWN
    return changed
