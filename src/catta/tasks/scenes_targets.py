"""What of a scene is to be found out, by task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from catta.errors import UsageError
from catta.tasks.captions import LENGTH, REFERENCES, Nouns, captions, vocabulary
from catta.tasks.objects import no_objects, put_objects, with_background
from catta.tasks.resizing import resized_masks, scaled_boxes
from catta.tasks.scenes_drawing import MOST_OBJECTS, SIZE, Scene
from catta.tasks.sources import PADDING, Samples
from catta.tasks.vocabulary import Vocabulary


class SceneTargets(Protocol):
    """The targets of one task; what the arrays are says `catta.tasks.sources`."""

    @property
    def words(self) -> tuple[str, ...]:
        """Names of the classes, the background first, or the vocabulary."""
        ...

    def empty(self, count: int) -> Samples:
        """Arrays for that many scenes of `SIZE` pixels."""
        ...

    def fill(self, samples: Samples, row: int, scene: Scene) -> None:
        """Write one scene into the arrays."""
        ...

    def resized(self, samples: Samples, size: int) -> Samples:
        """The same for images of `size` pixels."""
        ...


@dataclass(frozen=True, slots=True)
class _Boxes:
    words: tuple[str, ...]

    def empty(self, count: int) -> Samples:
        return no_objects(count, MOST_OBJECTS)

    def fill(self, samples: Samples, row: int, scene: Scene) -> None:
        boxes = np.array([thing.box for thing in scene.objects], np.float32)
        labels = np.array([thing.label for thing in scene.objects], np.int64)
        put_objects(samples, row, boxes, labels)

    def resized(self, samples: Samples, size: int) -> Samples:
        return samples | {"boxes": scaled_boxes(samples["boxes"], (SIZE, SIZE), size)}


@dataclass(frozen=True, slots=True)
class _Masks:
    words: tuple[str, ...]

    def empty(self, count: int) -> Samples:
        return {"y": np.zeros((count, SIZE, SIZE), np.uint8)}

    def fill(self, samples: Samples, row: int, scene: Scene) -> None:
        samples["y"][row] = scene.classes

    def resized(self, samples: Samples, size: int) -> Samples:
        return {"y": resized_masks(samples["y"], size)}


@dataclass(frozen=True, slots=True)
class _Captions:
    nouns: Nouns
    vocabulary: Vocabulary

    @property
    def words(self) -> tuple[str, ...]:
        return self.vocabulary.words

    def empty(self, count: int) -> Samples:
        return {"captions": np.full((count, REFERENCES, LENGTH), PADDING, np.int64)}

    def fill(self, samples: Samples, row: int, scene: Scene) -> None:
        sentences = captions(scene, self.nouns)
        samples["captions"][row] = [self.vocabulary.encode(text, LENGTH) for text in sentences]

    def resized(self, samples: Samples, size: int) -> Samples:
        return samples


def boxes_of_scenes(words: tuple[str, ...]) -> SceneTargets:
    """The targets of detection; `words` are the classes, the background first."""
    return _Boxes(words)


def masks_of_scenes(words: tuple[str, ...]) -> SceneTargets:
    """The targets of segmentation; `words` are the classes, the background first."""
    return _Masks(words)


def scene_targets(task: str, nouns: Nouns) -> SceneTargets:
    """The targets of a task, for scenes of things that are called so.

    Raises:
        UsageError: There are none for this task.
    """
    if task == "obj-detection":
        return boxes_of_scenes(with_background(nouns.names))
    if task == "img-segmentation":
        return masks_of_scenes(with_background(nouns.names))
    if task == "img-captioning":
        return _Captions(nouns, vocabulary(nouns))
    raise UsageError(f"scenes have nothing to find out for {task}")
