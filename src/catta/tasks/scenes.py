"""Scenes composed on the fly, seeded, of garments or digits: what is on each is known exactly.

The things of training scenes and those of test scenes have none in common.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from catta.errors import UsageError
from catta.fetch import Progress
from catta.tasks.captions import FIGURES, GARMENTS, Nouns
from catta.tasks.datasets import ImageDataset
from catta.tasks.digits import DIGITS
from catta.tasks.images import Normalisation
from catta.tasks.mnist import FASHION_MNIST
from catta.tasks.resizing import resized_images
from catta.tasks.scenes_cutouts import Cutouts, GreyCutouts
from catta.tasks.scenes_drawing import SIZE, Scene, compose, wanted_objects
from catta.tasks.scenes_targets import SceneTargets, scene_targets
from catta.tasks.sources import Part, Samples, measured
from catta.tasks.validation import validate

_VERSION = 1
"""Counts up when the same numbers give other scenes."""

TRAIN_SCENES = 60_000
TEST_SCENES = 2_000
"""They are composed only where they are read."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SceneSource:
    """Scenes, as a `catta.tasks.sources.Source`.

    Attributes:
        name: See `Source`.
        cutouts: What they are composed of.
        targets: What of a scene is to be found out.
        seed: Another seed gives other scenes.
        train: Number of training scenes.
        test: Number of test scenes.
        note: See `Source`.
    """

    name: str
    cutouts: Cutouts
    targets: SceneTargets
    seed: int
    train: int = TRAIN_SCENES
    test: int = TEST_SCENES
    note: str | None = None

    @property
    def outputs(self) -> int:
        """Classes with the background, or words."""
        return len(self.words)

    @property
    def words(self) -> tuple[str, ...]:
        """Names of the classes, the background first, or the vocabulary."""
        return self.targets.words

    def count(self, part: Part) -> int:
        """See `Source`."""
        return self.train if part == "train" else self.test

    def strata(self) -> NDArray[np.int64]:
        """How many things a scene is to have."""
        return np.array([wanted_objects(index) for index in range(self.train)], np.int64)

    def digest(self) -> str:
        """See `Source`."""
        settings = (_VERSION, self.seed, self.train, self.test, self.words, self.cutouts.digest())
        return hashlib.sha256(json.dumps(settings).encode()).hexdigest()

    def scene(self, part: Part, index: int) -> Scene:
        """One scene with all that is known about it, for pictures and tests."""
        return compose(self.cutouts, self.seed, part, index)

    def read(self, part: Part, indices: NDArray[np.int64], size: int) -> Samples:
        """See `Source`."""
        images = np.empty((len(indices), 3, SIZE, SIZE), np.uint8)
        targets = self.targets.empty(len(indices))
        for row, index in enumerate(indices):
            scene = self.scene(part, int(index))
            images[row] = scene.image
            self.targets.fill(targets, row, scene)
        return {"x": resized_images(images, size), **self.targets.resized(targets, size)}

    def measure(self, indices: NDArray[np.int64], size: int) -> Normalisation:
        """See `Source`; of the scenes as they are composed."""
        return measured(self, indices, SIZE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Scenes:
    """The dataset of scenes of garments or digits.

    Attributes:
        things: The images that they are composed of, in grey on black.
        name: Its name here.
        origin: Where it comes from, in a few words.
        seed: Another seed gives other scenes.
        train: Number of training scenes.
        test: Number of test scenes.
        tasks: What it is for.
    """

    things: ImageDataset
    name: str
    origin: str
    seed: int = 0
    train: int = TRAIN_SCENES
    test: int = TEST_SCENES
    tasks: tuple[str, ...] = ("obj-detection", "img-segmentation", "img-captioning")

    def present(self) -> bool:
        """Always: where there are no garments, there are digits."""
        return True

    def open(
        self, task: str, directory: Path | None, progress: Progress | None = None
    ) -> SceneSource:
        """Open it for a task; `directory` is one of the garments, see `ImageDataset.load`."""
        raw = self.things.load(directory, progress)
        validate(raw)
        nouns = _NOUNS.get(raw.name)
        if nouns is None:
            raise UsageError(f"scenes are composed of {' or '.join(_NOUNS)}, not of {raw.name}")
        return SceneSource(
            name=_NAMES[raw.name],
            cutouts=GreyCutouts.of(raw, nouns.names),
            targets=scene_targets(task, nouns),
            seed=self.seed,
            train=self.train,
            test=self.test,
            note=raw.note,
        )


_NOUNS: dict[str, Nouns] = {"fashion-mnist": GARMENTS, "digits": FIGURES}
_NAMES = {"fashion-mnist": "scenes", "digits": "scenes-digits"}

SCENES = Scenes(
    things=FASHION_MNIST,
    name="scenes",
    origin="composed here of Fashion-MNIST; otherwise of digits",
)
SCENES_OF_DIGITS = Scenes(
    things=DIGITS, name="scenes-digits", origin="composed here of scikit-learn's digits"
)
