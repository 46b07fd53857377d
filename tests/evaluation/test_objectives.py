"""Batches as LEMUR's loaders give them, losses, predictions, and what a broken contract is told."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from catta.evaluation.expected import expect_arrays
from catta.evaluation.instance import ContractError
from catta.evaluation.objectives import objective_of
from catta.records import Problem
from catta.tasks.built_in import BUILT_IN, LONGEST_CAPTION, MOST_BOXES

CLASSES = Problem(sample=(1, 8, 8), outputs=4)
MASKS = Problem(task="img-segmentation", sample=(3, 8, 8), outputs=3)
BOXES = Problem(task="obj-detection", sample=(3, 8, 8), outputs=5)
CAPTIONS = Problem(task="img-captioning", sample=(3, 8, 8), outputs=9)
TEXT = Problem(task="txt-generation", sample=(6,), outputs=7)
ALL = (CLASSES, MASKS, BOXES, CAPTIONS, TEXT)


class Says(nn.Module):
    """Returns what it is told to, whatever it is asked; keeps what it was asked."""

    def __init__(self, *answers: Any) -> None:
        super().__init__()
        self.answers = list(answers)
        self.asked: list[tuple[Any, ...]] = []

    def forward(self, *inputs: Any) -> Any:
        self.asked.append(inputs)
        return self.answers[min(len(self.asked), len(self.answers)) - 1]


def samples() -> dict[str, Tensor]:
    return {"x": torch.arange(5 * 3 * 64).view(5, 3, 8, 8).float()}


def right(scores_for: Tensor, classes: int) -> Tensor:
    """Scores, on the second axis, of a network that is sure of these targets."""
    one_hot = nn.functional.one_hot(scores_for.clamp_min(0), classes)
    return 50.0 * one_hot.movedim(-1, 1).float()


@pytest.mark.parametrize("problem", ALL, ids=lambda problem: problem.task)
def test_an_example_has_the_shape_of_a_batch(problem: Problem) -> None:
    inputs, targets = objective_of(problem).example(2)
    assert tuple(inputs.shape) == (2, *problem.sample)
    assert len(targets) == 2


def test_classes_and_masks_of_a_batch() -> None:
    labels = torch.tensor([3, 1, 0, 2, 1])
    x, y = objective_of(CLASSES).batch({**samples(), "y": labels}, torch.tensor([4, 0]))
    assert torch.equal(x, samples()["x"][[4, 0]])
    assert y.tolist() == [1, 3]
    masks = torch.zeros(5, 8, 8, dtype=torch.uint8)
    masks[4, 0, 0], masks[4, 0, 1] = 255, 2
    _, y = objective_of(MASKS).batch({**samples(), "y": masks}, torch.tensor([4, 0]))
    assert y.dtype == torch.int64
    assert y[0, 0, :3].tolist() == [-1, 2, 0]
    assert masks[4, 0, 0] == 255  # the data stay as they are


def test_boxes_of_a_batch_are_a_list_that_moves_to_a_device() -> None:
    boxes = torch.zeros(5, 2, 4)
    boxes[1, 0] = torch.tensor([1.0, 2.0, 5.0, 4.0])
    labels = torch.tensor([[1, 2], [3, 0], [0, 0], [1, 1], [1, 1]])
    data = {**samples(), "boxes": boxes, "labels": labels}
    x, targets = objective_of(BOXES).batch(data, torch.tensor([1, 2]))
    moved = targets.to(torch.device("cpu"))
    assert (len(moved), len(list(moved)), len(x)) == (2, 2, 2)
    assert moved[0]["boxes"].tolist() == [[1, 2, 5, 4]]
    assert moved[0]["labels"].tolist() == [3]
    assert moved[0]["area"].tolist() == [8]
    assert moved[0]["image_id"].tolist() == [1]
    assert moved[0]["orig_size"].tolist() == [8, 8]
    assert moved[0]["iscrowd"].tolist() == [0]
    assert tuple(moved[1]["boxes"].shape) == (0, 4)  # an image may be empty


def test_losses_are_those_of_the_task() -> None:
    x = torch.randn(2, 1, 8, 8)
    unsure = objective_of(CLASSES).loss(Says(torch.zeros(2, 4)), x, torch.tensor([0, 3]))
    assert unsure.item() == pytest.approx(math.log(4))
    masks = torch.zeros(2, 8, 8, dtype=torch.int64)
    sure = right(masks, 3)
    masks[0, 0, 0] = -1
    sure[0, :, 0, 0] = torch.tensor([-50.0, 50.0, 0.0])  # wrong, where nobody judges
    for output in (sure, {"out": sure}):
        assert objective_of(MASKS).loss(Says(output), x, masks).item() < 1e-6
    losses = {"boxes": torch.tensor(1.5), "classes": torch.tensor(2.0)}
    targets = objective_of(BOXES).example(2)[1]
    network = Says(losses)
    assert objective_of(BOXES).loss(network, x, targets).item() == 3.5
    assert network.asked[0][1] is targets
    words = torch.tensor([[1, 2, 3, 4, 5, 6], [6, 5, 4, 3, 2, 1]])
    scores = right(words, 7).movedim(1, -1)
    for output in (scores, scores.flatten(0, 1), (scores, "state")):
        assert objective_of(TEXT).loss(Says(output), words, words).item() < 1e-6


def test_captions_are_learnt_with_or_without_their_start_or_by_the_network_s_own_targets() -> None:
    captions = torch.tensor([[[1, 5, 6, 2, 0]], [[1, 7, 2, 0, 0]]])
    x = torch.randn(2, 3, 8, 8)
    sure = right(captions[:, 0], 9).movedim(1, -1)
    objective = objective_of(CAPTIONS)
    for output in (sure, sure[:, 1:], (sure[:, 1:], captions[:, 0, 1:])):
        network = Says(output)
        assert objective.loss(network, x, captions).item() < 1e-6
        assert network.asked[0][1].tolist() == captions[:, 0].tolist()
    padded = sure.clone()
    padded[:, -1] = -padded[:, -1]
    assert objective.loss(Says(padded), x, captions).item() < 1e-6
    with pytest.raises(ContractError, match="suit no caption"):
        objective.loss(Says(torch.zeros(2, 9)), x, captions)


def test_predictions_are_filled_up() -> None:
    x = torch.randn(2, 3, 8, 8)
    found = objective_of(CAPTIONS).predict(Says(torch.tensor([[1, 5, 2], [1, 6, 2]])), x)
    assert tuple(found["captions"].shape) == (2, LONGEST_CAPTION)
    assert found["captions"][0].tolist() == [1, 5, 2] + [0] * (LONGEST_CAPTION - 3)
    long = torch.full((2, 40), 4)
    assert objective_of(CAPTIONS).predict(Says(long), x)["captions"].shape[1] == LONGEST_CAPTION
    scored = right(torch.tensor([[1, 5, 2], [1, 6, 2]]), 9).movedim(1, -1)
    for output in (scored, (scored, None)):
        tokens = objective_of(CAPTIONS).predict(Says(output), x)["captions"]
        assert tokens[:, :3].tolist() == [[1, 5, 2], [1, 6, 2]]

    def boxes(count: int) -> dict[str, Tensor]:
        scores = torch.arange(count) / max(count, 1)
        places = torch.arange(count * 4).view(-1, 4)
        return {"boxes": places, "labels": torch.arange(count), "scores": scores.half()}

    found = objective_of(BOXES).predict(Says([boxes(2), boxes(120)]), x)
    assert tuple(found["boxes"].shape) == (2, MOST_BOXES, 4)
    assert found["labels"][0].tolist() == [1] + [0] * (MOST_BOXES - 1)
    assert found["labels"][1, :2].tolist() == [119, 118]  # the best ones first
    assert (found["scores"].dtype, found["labels"].dtype) == (torch.float32, torch.int64)
    masks = torch.randint(3, (2, 8, 8))
    for output in (right(masks, 3), {"out": right(masks, 3)}):
        assert torch.equal(objective_of(MASKS).predict(Says(output), x)["y"], masks)
    words = torch.randint(7, (2, 6))
    scores = torch.randn(12, 7).half()
    assert objective_of(TEXT).predict(Says(scores), words)["scores"].shape == (2, 6, 7)
    assert objective_of(CLASSES).predict(Says(torch.zeros(2, 4).half()), x)["scores"].dtype == (
        torch.float32
    )


@pytest.mark.parametrize(
    ("problem", "output"),
    [
        (CLASSES, torch.zeros(2, 4)),
        (MASKS, torch.zeros(2, 3, 8, 8)),
        (
            BOXES,
            [{"boxes": torch.ones(1, 4), "labels": torch.ones(1), "scores": torch.ones(1)}] * 2,
        ),
        (CAPTIONS, torch.full((2, 5), 8)),
        (TEXT, torch.zeros(2, 6, 7)),
    ],
    ids=BUILT_IN,
)
def test_what_is_predicted_is_what_the_task_says(problem: Problem, output: Any) -> None:
    inputs, _ = objective_of(problem).example(2)
    found = objective_of(problem).predict(Says(output), inputs)
    expect_arrays({name: array.numpy() for name, array in found.items()}, problem, 2)


@pytest.mark.parametrize(
    ("problem", "output", "message"),
    [
        (CLASSES, None, "forward returns NoneType, not a tensor"),
        (CLASSES, torch.zeros(2, 5), r"forward returns shape \(2, 5\), expected \(2, 4\)"),
        (CLASSES, torch.full((2, 4), math.nan), "not finite"),
        (MASKS, torch.zeros(2, 3, 4, 4), r"shape \(2, 3, 4, 4\), expected \(2, 3, 8, 8\)"),
        (BOXES, torch.zeros(2, 4), "no list with an entry an image"),
        (BOXES, [{}], "no list with an entry an image"),
        (CAPTIONS, torch.zeros(2, dtype=torch.int64), r"returns shape \(2,\), no captions"),
        (CAPTIONS, torch.zeros(1, 5, dtype=torch.int64), r"returns shape \(1, 5\), no captions"),
        (TEXT, torch.zeros(2, 6, 8), r"shape \(2, 6, 8\), expected \(2, 6, 7\)"),
    ],
)
def test_a_prediction_that_is_none_is_named(problem: Problem, output: Any, message: str) -> None:
    inputs, _ = objective_of(problem).example(2)
    with pytest.raises(ContractError, match=message):
        objective_of(problem).predict(Says(output), inputs)


@pytest.mark.parametrize("losses", [torch.tensor(1.0), {}, []])
def test_a_detector_that_returns_no_losses_is_told(losses: Any) -> None:
    inputs, targets = objective_of(BOXES).example(2)
    with pytest.raises(ContractError, match="no dictionary of losses"):
        objective_of(BOXES).loss(Says(losses), inputs, targets)


def test_an_unknown_task_has_no_objective() -> None:
    with pytest.raises(KeyError):
        objective_of(CLASSES.model_copy(update={"task": "img-painting"}))
