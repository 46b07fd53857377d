"""Classification, segmentation and detection, against values that were worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from catta.records import Problem
from catta.tasks.metrics import score
from catta.tasks.targets import UNJUDGED

few = settings(max_examples=25)
seeds = st.integers(0, 2**32 - 1)


def image_problem(task: str, outputs: int) -> Problem:
    return Problem(task=task, sample=(3, 8, 8), outputs=outputs)


def classified(scores: list[list[float]], labels: list[int]) -> dict[str, float]:
    x = np.array(scores, np.float32)
    problem = image_problem("img-classification", x.shape[1])
    return score(problem, {"scores": x}, {"y": np.array(labels, np.int64)})


def test_accuracy_top_5_and_f1_of_six_classes() -> None:
    falling = [6.0, 5.0, 4.0, 3.0, 2.0, 1.0]  # class 0 first, class 5 last
    rising = falling[::-1]
    values = classified([falling, falling, falling, rising], [0, 1, 5, 5])
    assert values["acc"] == pytest.approx(2 / 4)  # the first and the last
    assert values["top5"] == pytest.approx(3 / 4)  # all but the third
    # class 0: 1 of 3 predictions, 1 of 1 found; class 1: nothing; class 5: 1 of 1, 1 of 2
    assert values["f1"] == pytest.approx((2 / 4 + 0 + 2 / 3) / 3)


def test_top_5_of_two_classes_is_certain() -> None:
    assert classified([[1, 0], [1, 0]], [0, 1]) == pytest.approx(
        {"acc": 0.5, "top5": 1.0, "f1": (2 / 3 + 0) / 2}
    )


@few
@given(seeds, st.integers(2, 7))
def test_of_classifications_the_perfect_one_is_best_and_order_says_nothing(
    seed: int, classes: int
) -> None:
    random = np.random.default_rng(seed)
    labels = random.integers(0, classes, 12)
    scores = random.normal(size=(12, classes)).astype(np.float32)
    problem = image_problem("img-classification", classes)
    values = score(problem, {"scores": scores}, {"y": labels})
    order = random.permutation(12)
    assert score(problem, {"scores": scores[order]}, {"y": labels[order]}) == pytest.approx(values)
    perfect = np.eye(classes, dtype=np.float32)[labels]
    assert score(problem, {"scores": perfect}, {"y": labels}) == {"acc": 1, "top5": 1, "f1": 1}
    assert all(0 <= value <= 1 for value in values.values())


def segmented(predicted: NDArray[np.int64], wanted: NDArray[np.int64]) -> dict[str, float]:
    problem = Problem(task="img-segmentation", sample=(3, *wanted.shape[1:]), outputs=3)
    return score(problem, {"y": predicted}, {"y": wanted.astype(np.uint8)})


def test_mean_iou_over_the_classes_that_occur() -> None:
    predicted = np.array([[[0, 0], [1, 1]], [[0, 1], [1, 1]]])
    wanted = np.array([[[0, 1], [1, 1]], [[0, 0], [UNJUDGED, 1]]])
    # class 0: 2 common of 4; class 1: 3 of 5; class 2 occurs nowhere; one pixel is not judged
    assert segmented(predicted, wanted) == pytest.approx(
        {"iou": (2 / 4 + 3 / 5) / 2, "pixel_acc": 5 / 7}
    )


def test_a_class_that_is_predicted_in_vain_counts() -> None:
    assert segmented(np.array([[[0, 2]]]), np.array([[[0, 0]]])) == pytest.approx(
        {"iou": (1 / 2 + 0) / 2, "pixel_acc": 1 / 2}
    )


@few
@given(seeds)
def test_of_segmentations_the_perfect_one_is_best_and_order_says_nothing(seed: int) -> None:
    random = np.random.default_rng(seed)
    wanted = random.integers(0, 3, (5, 4, 4))
    predicted = random.integers(0, 3, (5, 4, 4))
    values = segmented(predicted, wanted)
    order = random.permutation(5)
    assert segmented(predicted[order], wanted[order]) == pytest.approx(values)
    assert segmented(wanted, wanted) == {"iou": 1, "pixel_acc": 1}
    wanted[0] = UNJUDGED  # whatever is predicted there
    assert segmented(predicted, wanted) == pytest.approx(segmented(predicted[1:], wanted[1:]))


def test_large_images_are_counted_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    from catta.tasks.metrics import segmentation

    random = np.random.default_rng(0)
    predicted, wanted = random.integers(0, 3, (2, 7, 5, 5))
    expected = segmented(predicted, wanted)
    monkeypatch.setattr(segmentation, "_PIXELS", 60)
    assert segmented(predicted, wanted) == pytest.approx(expected)


Detection = tuple[tuple[float, float, float, float], float, int]
"""Box, score, class."""


def detected(
    predicted: list[list[Detection]], wanted: list[list[Detection]], classes: int = 4
) -> dict[str, float]:
    def arrays(images: list[list[Detection]]) -> dict[str, np.ndarray]:
        most = max(map(len, images))
        boxes = np.zeros((len(images), most, 4), np.float32)
        scores = np.zeros((len(images), most), np.float32)
        labels = np.zeros((len(images), most), np.int64)
        for image, detections in enumerate(images):
            for place, (box, confidence, label) in enumerate(detections):
                boxes[image, place], scores[image, place] = box, confidence
                labels[image, place] = label
        return {"boxes": boxes, "scores": scores, "labels": labels}

    targets = arrays(wanted)
    del targets["scores"]
    return score(image_problem("obj-detection", classes), arrays(predicted), targets)


A, B, C = (0.0, 0.0, 10.0, 10.0), (20.0, 20.0, 30.0, 30.0), (50.0, 50.0, 60.0, 60.0)
NOWHERE = (80.0, 80.0, 90.0, 90.0)


def test_exact_boxes_are_perfect() -> None:
    objects: list[list[Detection]] = [[(A, 1, 1), (B, 1, 2)], [(C, 1, 3)]]
    assert detected(objects, objects) == {"map50": 1, "map": 1}


def test_average_precision_is_sampled_at_101_recalls() -> None:
    # By confidence: right, wrong, right; of two objects. Precision is 1 up to recall 1/2 (51 of the
    # 101 points: 0, 0.01 to 0.50), then 2/3 at the other 50.
    values = detected([[(A, 0.9, 1), (NOWHERE, 0.8, 1), (B, 0.7, 1)]], [[(A, 1, 1), (B, 1, 1)]])
    assert values["map50"] == pytest.approx((51 + 50 * 2 / 3) / 101)
    assert values["map"] == pytest.approx(values["map50"])


def test_an_object_that_is_not_found_costs_its_recalls() -> None:
    values = detected([[(A, 0.9, 1)]], [[(A, 1, 1), (B, 1, 1)]])
    assert values["map50"] == pytest.approx(51 / 101)


def test_a_second_box_for_one_object_is_wrong() -> None:
    twice = detected([[(A, 0.9, 1), (A, 0.8, 1), (B, 0.7, 1)]], [[(A, 1, 1), (B, 1, 1)]])
    assert twice["map50"] == pytest.approx((51 + 50 * 2 / 3) / 101)


def test_map_counts_the_thresholds_that_a_box_passes() -> None:
    # 10x7 inside 10x10: an IoU of 0.7, which passes 0.50, 0.55, 0.60 and 0.65 (0.70 by rounding)
    values = detected([[((0, 0, 10, 6.9), 0.9, 1)]], [[(A, 1, 1)]])
    assert values == pytest.approx({"map50": 1, "map": 4 / 10})


def test_classes_are_judged_apart() -> None:
    wanted: list[list[Detection]] = [[(A, 1, 1), (B, 1, 2)]]
    assert detected([[(A, 0.9, 1), (B, 0.8, 1)]], wanted)["map50"] == pytest.approx(1 / 2)
    assert detected([[(A, 0.9, 2), (B, 0.8, 1)]], wanted)["map50"] == 0


def test_nothing_detected_or_nothing_there_is_worth_nothing() -> None:
    assert detected([[]], [[(A, 1, 1)]]) == {"map50": 0, "map": 0}
    assert detected([[(A, 0.9, 1)]], [[]]) == {"map50": 0, "map": 0}


def test_absurd_boxes_are_wrong_and_nothing_more() -> None:
    absurd: list[Detection] = [
        ((10, 10, 0, 0), 0.9, 1),  # its corners are exchanged
        ((-3e38, -3e38, 3e38, 3e38), 0.8, 1),
        (A, 0.7, 1),
    ]
    values = detected([absurd], [[(A, 1, 1)]])
    assert values["map50"] == pytest.approx(1 / 3)


@few
@given(seeds)
def test_of_detections_the_perfect_one_is_best_and_order_says_nothing(seed: int) -> None:
    random = np.random.default_rng(seed)

    def some(count: int) -> list[Detection]:
        corners = random.uniform(0, 40, (count, 2))
        sizes = random.uniform(5, 20, (count, 2))
        boxes = np.concatenate([corners, corners + sizes], axis=1)
        return [
            (tuple(box), float(random.uniform()), int(random.integers(1, 4)))  # type: ignore[misc]
            for box in boxes
        ]

    wanted = [some(int(random.integers(1, 4))) for _ in range(4)]
    predicted = [objects[:1] + some(2) for objects in wanted]
    values = detected(predicted, wanted)
    assert detected(predicted[::-1], wanted[::-1]) == pytest.approx(values)
    assert detected(wanted, wanted) == pytest.approx({"map50": 1, "map": 1})
    assert 0 <= values["map"] <= values["map50"] <= 1
