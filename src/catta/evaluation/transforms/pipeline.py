"""Steps in a good order: what never changes first and once, the rest on each batch."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache

import torch
from torch import Tensor

from catta.evaluation.transforms.memory import BatchMemory
from catta.evaluation.transforms.stage import Motion, Stage, TransformError

_CHUNK_BYTES = 4 << 20
"""Images that go through the steps at once: what lies between two steps needs no fresh memory,
whose first use takes longer than the steps."""

_LARGE = 128 << 10
"""Bytes of a float image above which bytes are kept: filling the memory of the whole split takes
longer than what later epochs save."""

_FEW = 2
"""Chunks that are not worth several threads."""

_batches = BatchMemory()


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Steps that are applied to batches of images, one after the other.

    Attributes:
        stages: The steps.
        largest: Bytes of an image where it is largest on its way, if somebody looked.
    """

    stages: tuple[Stage, ...]
    largest: int = 0

    @property
    def chunk(self) -> int:
        """Images that go through the steps at once."""
        return max(1, _CHUNK_BYTES // max(self.largest, 1))

    def __call__(self, images: Tensor) -> Tensor:
        """(B, C, H, W) to (B, C', H', W'); may write into the images."""
        with _threads_for(self.stages) as threads:
            drawing, pure = self._parts(threads)
            if drawing.stages:
                images = _joined(images.split(self.chunk), drawing.into, empty=_batches.empty)
            return pure._in_threads(images, threads)

    def of(self, images: Tensor, indices: Tensor) -> Tensor:
        """Some of the images (N, C, H, W), which stay as they are, after all steps."""
        with _threads_for(self.stages) as threads:
            drawing, pure = self._parts(threads)
            if not drawing.stages:
                return pure._in_threads(images.index_select(0, indices), threads)

            def transformed(chosen: Tensor, place: Tensor | None) -> Tensor:
                return drawing.into(images.index_select(0, chosen), place)

            drawn = _joined(indices.split(self.chunk), transformed, empty=_batches.empty)
            return pure._in_threads(drawn, threads)

    def all_of(self, images: Tensor) -> Tensor:
        """All images after all steps; they stay as they are, for others may have them too."""

        def transformed(chunk: Tensor, place: Tensor | None) -> Tensor:
            return self.into(chunk.clone(), place)

        with _threads_for(self.stages) as threads:
            several = threads if all(stage.pure for stage in self.stages) else 1
            return _joined(images.split(self.chunk), transformed, _run(several))

    def _parts(self, threads: int) -> tuple[Pipeline, Pipeline]:
        """Steps up to the last that draws or is not ours, and the pure ones after it.

        Where the latter only change values, or there is one thread, all are the former: each chunk
        goes through all steps while it is at hand.
        """
        count = len(self.stages)
        while count and self.stages[count - 1].pure:
            count -= 1
        moves = any(stage.motion is not Motion.NONE for stage in self.stages[count:])
        if threads == 1 or not moves:
            count = len(self.stages)
        return replace(self, stages=self.stages[:count]), replace(self, stages=self.stages[count:])

    def _in_threads(self, images: Tensor, threads: int) -> Tensor:
        if not self.stages:
            return images
        chunks = images.split(self.chunk)
        run = _run(threads if len(chunks) > _FEW else 1)
        return _joined(chunks, self.into, run, empty=_batches.empty)

    def into(self, images: Tensor, place: Tensor | None) -> Tensor:
        """After all steps, written to a place where one is given; may write into the images."""
        for stage in self.stages:
            if place is not None and stage.into is not None and _suits(images, place):
                images = stage.into(images, place)
            else:
                images = stage.apply(images)
        if place is not None:
            images = images.contiguous()  # a step may give another view of the place
            if images.data_ptr() != place.data_ptr():
                place.copy_(images)
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
    sizes = _sizes(pipeline, images[:1].clone())
    fixed = next((n for n, stage in enumerate(pipeline.stages) if stage.random), len(sizes))
    last = 0
    for count, (size, floats) in enumerate(sizes[:fixed], 1):
        better_late = floats and size > _LARGE and last and not pipeline.stages[count - 1].slow
        if size * len(images) <= budget and not better_late:
            last = count
    largest = max((size for size, _ in sizes), default=0)
    before = Pipeline(pipeline.stages[:last], largest)
    left = pipeline.stages[last:]
    floats = last > 0 and sizes[last - 1][1]
    after = Pipeline(left if floats else _flips_first(left), largest)
    return (images if last == 0 else before.all_of(images)), after


def _sizes(pipeline: Pipeline, probe: Tensor) -> list[tuple[int, bool]]:
    """Bytes of an image after each step, and whether they are no bytes any more."""
    found: list[tuple[int, bool]] = []
    for stage in pipeline.stages:
        probe = stage.apply(probe)
        found.append((probe.numel() * probe.element_size(), probe.dtype != torch.uint8))
    return found


def _suits(images: Tensor, place: Tensor) -> bool:
    return images.dtype == torch.uint8 and images.shape == place.shape


@contextmanager
def _threads_for(stages: Sequence[Stage]) -> Generator[int]:
    """Gives the number of torch's threads, and leaves it one unless steps compute much.

    Resizing takes one thread anyway, and for the rest waking the others takes longer than the step;
    but what draws, a rotation say, multiplies whole batches by matrices.
    """
    threads = torch.get_num_threads()
    if any(stage.random and stage.motion is not Motion.FLIP for stage in stages):
        yield threads
        return
    torch.set_num_threads(1)
    try:
        yield threads
    finally:
        torch.set_num_threads(threads)


def _run(threads: int) -> Callable[..., Iterable[Tensor]]:
    """How a function is mapped over chunks: here, or in several threads."""
    return map if threads == 1 else _pool(threads).map


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    """Threads in which torch starts no others."""
    return ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,))


def _joined(
    chunks: Sequence[Tensor],
    transformed: Callable[[Tensor, Tensor | None], Tensor],
    run: Callable[..., Iterable[Tensor]] = map,
    empty: Callable[[tuple[int, ...]], Tensor] = torch.empty,
) -> Tensor:
    """What becomes of all chunks, beside each other in memory."""
    first = transformed(chunks[0], None)
    if len(chunks) == 1:
        return first
    shape = (sum(map(len, chunks)), *first.shape[1:])
    found = empty(shape) if first.dtype == torch.float32 else first.new_empty(shape)
    places = found.split(len(chunks[0]))
    places[0].copy_(first)
    for _ in run(transformed, chunks[1:], places[1:]):
        pass
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


def _flips_first(stages: Sequence[Stage]) -> tuple[Stage, ...]:
    """Flips before what they may come after: bytes are a quarter of the floats that they become."""
    found: list[Stage] = []
    for stage in stages:
        place = len(found)
        while place > 0 and _passes(stage, found[place - 1]):
            place -= 1
        found.insert(place, stage)
    return tuple(found)


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
