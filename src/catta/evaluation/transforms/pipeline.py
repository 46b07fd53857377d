"""Steps in a good order: what never changes first and once, the rest on each batch."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from catta.evaluation.transforms.stage import Motion, Stage, TransformError

_CHUNK = 128
"""Images that are prepared at once."""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Steps that are applied to batches of images, one after the other."""

    stages: tuple[Stage, ...]

    def __call__(self, images: Tensor) -> Tensor:
        """(B, C, H, W) to (B, C', H', W'); may write into the images."""
        for stage in self.stages:
            images = stage.apply(images)
        return images

    @property
    def slow(self) -> tuple[str, ...]:
        """Steps that go through the images one by one."""
        return tuple(stage.name for stage in self.stages if stage.slow)


def for_training(stages: Sequence[Stage], probe: Tensor) -> Pipeline:
    """All steps, without those that do nothing to images of this size, flips as late as they can.

    A flip and a resizing of the whole image change places without a difference, and what comes
    before the first random step is done once.
    """
    late: list[Stage] = []
    for stage in _needed(stages, probe):
        late.append(stage)
        place = len(late) - 1
        while place > 0 and _passes(late[place - 1], late[place]):
            late[place - 1], late[place] = late[place], late[place - 1]
            place -= 1
    return Pipeline(tuple(late))


def for_evaluation(stages: Sequence[Stage], probe: Tensor) -> Pipeline:
    """The steps without what is random in them."""
    still = [stage.in_evaluation for stage in stages]
    return Pipeline(tuple(_needed([stage for stage in still if stage is not None], probe)))


def halves(pipeline: Pipeline, images: Tensor, budget: int) -> tuple[Tensor, Pipeline]:
    """Apply once what can be, and return the images so far and the steps that are left.

    Args:
        pipeline: All steps.
        images: All images (N, C, H, W).
        budget: Bytes that the result may take; of what does not fit less is done in advance.
    """
    probe, last = images[:1].clone(), 0
    for count, stage in enumerate(pipeline.stages, 1):
        if stage.random:
            break
        probe = stage.apply(probe)
        if probe.numel() * probe.element_size() * len(images) <= budget:
            last = count
    before, after = Pipeline(pipeline.stages[:last]), Pipeline(pipeline.stages[last:])
    return (images if last == 0 else _all(before, images)), after


def _all(pipeline: Pipeline, images: Tensor) -> Tensor:
    # Clones: the images may be shared with other trainings.
    chunks = images.split(_CHUNK)
    first = pipeline(chunks[0].clone())
    found = first.new_empty((len(images), *first.shape[1:]))
    found[: len(first)] = first
    done = len(first)
    for chunk in chunks[1:]:
        one = pipeline(chunk.clone())
        found[done : done + len(one)] = one
        done += len(one)
    return found


def _needed(stages: Sequence[Stage], probe: Tensor) -> list[Stage]:
    """Without middles that are the whole image."""
    found: list[Stage] = []
    images = probe.clone()
    for stage in stages:
        after = stage.apply(images.clone())
        same = after.shape == images.shape and not stage.slow and torch.equal(after, images)
        if not (stage.name == "CenterCrop" and same):
            found.append(stage)
        images = after
    return found


def _passes(flip: Stage, other: Stage) -> bool:
    """Whether a flip may come after what it stands before."""
    passive = not other.random and other.motion in (Motion.NONE, Motion.RESIZE)
    return flip.motion is Motion.FLIP and passive and not other.slow


def followed(pipeline: Pipeline) -> None:
    """Masks and boxes can follow all steps.

    Raises:
        TransformError: One moves pixels in another way than resizing or flipping the whole image.
    """
    moving = [stage.name for stage in pipeline.stages if stage.motion is Motion.OTHER]
    if moving:
        raise TransformError(f"masks and boxes cannot follow {moving[0]}")


def sample_of(pipeline: Pipeline, probe: Tensor) -> tuple[int, int, int]:
    """Shape of what the steps give for one image."""
    channels, height, width = pipeline(probe[:1].clone()).shape[1:]
    return channels, height, width
