"""The suite for metrics, held against all of Catta's and against faulty ones."""

from __future__ import annotations

import pytest

from catta.records import Problem
from catta.tasks.built_in import BUILT_IN
from catta.tasks.metrics import Metric, find_metric
from catta.testing.metric import MetricContract

OF_TASKS = {
    "img-classification": ("acc", "top5", "f1"),
    "img-segmentation": ("iou", "pixel_acc"),
    "obj-detection": ("map50", "map"),
    "img-captioning": ("bleu", "rouge", "cider"),
    "txt-generation": ("acc", "perplexity", "ppl"),
}


class Suite(MetricContract):
    @pytest.fixture
    def metric(self, request: pytest.FixtureRequest) -> Metric:
        return find_metric(self.task, request.param)


def _suite(of: str) -> type[Suite]:
    class OfTask(Suite):
        task = of

    return pytest.mark.parametrize("metric", OF_TASKS[of], indirect=True)(OfTask)


TestClassification = _suite("img-classification")
TestSegmentation = _suite("img-segmentation")
TestDetection = _suite("obj-detection")
TestCaptioning = _suite("img-captioning")
TestLanguage = _suite("txt-generation")


def test_every_task_is_tested() -> None:
    assert set(OF_TASKS) == set(BUILT_IN)


@pytest.mark.parametrize(
    ("metric", "test"),
    [
        (
            Metric(tasks=("img-classification",), compute=lambda *arguments: 0.5),
            "test_the_perfect_prediction_is_best",
        ),
        (
            Metric(
                tasks=("img-classification",),
                compute=lambda problem, predictions, targets, words: float(targets["y"][0]),
            ),
            "test_the_order_of_samples_says_nothing",
        ),
    ],
)
def test_a_faulty_metric_fails(metric: Metric, test: str) -> None:
    problem = Problem(sample=(3, 6, 6), outputs=8)
    with pytest.raises(AssertionError):
        getattr(MetricContract(), test)(metric, problem)
