from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catta.errors import FetchError, UsageError
from catta.records import Recipe
from catta.tasks import find_dataset, preparation, prepare
from catta.tasks.captions import FIGURES, captions
from catta.tasks.datasets import RawImages
from catta.tasks.digits import DIGITS
from catta.tasks.scenes import (
    SCENES,
    SCENES_OF_DIGITS,
    TRAIN_SCENES,
    Scenes,
    SceneSource,
)
from catta.tasks.scenes_cutouts import GreyCutouts
from catta.tasks.scenes_drawing import MOST_OBJECTS, SIZE, wanted_objects
from catta.tasks.scenes_ground import GROUNDS, drawn_ground
from catta.tasks.sources import Part

PARTS = st.sampled_from(["train", "test"])
INDICES = st.integers(0, 1_999)


@cache
def digits(task: str) -> SceneSource:
    return SCENES_OF_DIGITS.open(task, None)


def numbers(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


@settings(deadline=None, max_examples=60)
@given(PARTS, INDICES)
def test_a_box_lies_exactly_around_what_is_seen(part: Part, index: int) -> None:
    scene = digits("obj-detection").scene(part, index)
    assert 1 <= len(scene.objects) <= wanted_objects(index) <= MOST_OBJECTS
    assert scene.owners.max() == len(scene.objects)
    for number, thing in enumerate(scene.objects, 1):
        rows, columns = np.nonzero(scene.owners == number)
        assert thing.pixels == len(rows) > 0
        assert thing.box == (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        assert (scene.classes[rows, columns] == thing.label).all()
    assert ((scene.classes == 0) == (scene.owners == 0)).all()


@settings(deadline=None, max_examples=40)
@given(PARTS, INDICES)
def test_boxes_masks_and_captions_are_of_the_same_scene(part: Part, index: int) -> None:
    detection, segmentation, captioning = (
        digits(task).read(part, numbers(index), SIZE) for task in SCENES.tasks
    )
    assert np.array_equal(detection["x"], segmentation["x"])
    assert np.array_equal(detection["x"], captioning["x"])
    labels = detection["labels"][0]
    present = int(np.count_nonzero(labels))
    assert (labels[present:] == 0).all()
    assert (detection["boxes"][0, present:] == 0).all()
    assert set(np.unique(segmentation["y"])) - {0} == set(labels[:present].tolist())
    covered = np.zeros((SIZE, SIZE), bool)
    for left, top, right, bottom in detection["boxes"][0, :present].astype(int):
        covered[top:bottom, left:right] = True
    assert covered[segmentation["y"][0] > 0].all()
    source = digits("img-captioning")
    expected = captions(source.scene(part, index), FIGURES)
    spoken = [" ".join(_words(source, tokens)) for tokens in captioning["captions"][0]]
    assert spoken == list(expected)


def _words(source: SceneSource, tokens: np.ndarray) -> list[str]:
    assert tokens[0] == 1
    end = tokens.tolist().index(2)
    assert (tokens[end + 1 :] == 0).all()
    return [source.words[token] for token in tokens[1:end]]


@settings(deadline=None, max_examples=15)
@given(PARTS, st.lists(INDICES, min_size=2, max_size=8), st.data())
def test_a_scene_is_the_same_however_scenes_are_read(
    part: Part, indices: list[int], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(1, len(indices) - 1))
    for task in SCENES.tasks:
        source = digits(task)
        whole = source.read(part, numbers(*indices), 64)
        pieces = [source.read(part, numbers(*some), 64) for some in (indices[:cut], indices[cut:])]
        for name, array in whole.items():
            assert np.array_equal(array, np.concatenate([piece[name] for piece in pieces]))


def test_another_seed_or_part_or_number_gives_another_scene() -> None:
    other = Scenes(things=DIGITS, name="scenes-digits", origin="", seed=1)
    sources = (digits("obj-detection"), other.open("obj-detection", None))
    images = [
        source.scene(part, index).image.tobytes()
        for source in sources
        for part in ("train", "test")
        for index in (0, 6)
    ]
    assert len(set(images)) == 8
    assert sources[0].digest() != sources[1].digest()


def test_enough_is_seen_of_every_thing() -> None:
    source = digits("obj-detection")
    scenes = [source.scene("train", index) for index in range(5, 300, 6)]
    assert np.mean([len(scene.objects) for scene in scenes]) > 5.5
    assert min(thing.pixels for scene in scenes for thing in scene.objects) >= 16
    assert any(scene.covers for scene in scenes)


@pytest.mark.parametrize("seed", range(40))
def test_the_ground_is_uneven_and_never_black_or_white_all_over(seed: int) -> None:
    pixels, name = drawn_ground(np.random.default_rng(seed), SIZE)
    assert pixels.shape == (SIZE, SIZE, 3)
    assert pixels.dtype == np.uint8
    assert name in GROUNDS
    neighbours = np.abs(np.diff(pixels.astype(int), axis=1))
    assert neighbours.max() <= 24 + 16 + 40  # a larger step would be an overflow
    assert pixels.std() > 5


def test_what_lies_over_another_thing_comes_later() -> None:
    source = digits("obj-detection")
    for index in range(60):
        assert all(front > back for front, back in source.scene("train", index).covers)


def test_strata_are_the_numbers_of_things() -> None:
    source = digits("obj-detection")
    strata = source.strata()
    assert len(strata) == source.count("train") == TRAIN_SCENES
    assert np.bincount(strata)[1:].tolist() == [TRAIN_SCENES // 6] * 6
    read = source.read("train", np.arange(60), SIZE)
    assert np.array_equal((read["labels"] > 0).sum(axis=1), strata[:60])


@pytest.mark.parametrize("size", [32, 96, 200])
def test_other_sizes_scale_images_masks_and_boxes_together(size: int) -> None:
    indices = np.arange(12)
    boxes = digits("obj-detection").read("train", indices, SIZE)["boxes"]
    scaled = digits("obj-detection").read("train", indices, size)
    assert scaled["x"].shape == (12, 3, size, size)
    assert np.allclose(scaled["boxes"], boxes * size / SIZE)
    full = digits("img-segmentation").read("train", indices, SIZE)["y"]
    masks = digits("img-segmentation").read("train", indices, size)["y"]
    assert masks.shape == (12, size, size)
    assert masks.dtype == np.uint8
    assert abs((masks > 0).mean() - (full > 0).mean()) < 0.01
    assert set(np.unique(masks)) <= set(np.unique(full))


def test_test_scenes_show_only_images_of_the_test_part() -> None:
    """Training images are squares, test images are crosses: what is seen tells which was used."""
    square = np.zeros((1, 28, 28), np.uint8)
    square[:, 4:24, 4:24] = 255
    dot = np.zeros((1, 28, 28), np.uint8)
    dot[:, 10:18, 10:18] = 255
    labels = np.arange(10)
    raw = RawImages(
        name="digits",
        classes=10,
        train_x=np.stack([square] * 10),
        train_y=labels,
        test_x=np.stack([dot] * 10),
        test_y=labels,
    )
    cutouts = GreyCutouts.of(raw, FIGURES.names)
    tint = np.array([200.0, 100.0, 50.0])
    shares = [cutouts.cut(part, 3, 0.5, 56, tint).mask.mean() for part in ("train", "test")]
    assert shares[0] == pytest.approx((20 / 28) ** 2, abs=0.06)
    assert shares[1] == pytest.approx((8 / 28) ** 2, abs=0.06)
    assert cutouts.cut("train", 3, 0.5, 56, tint).pixels[28, 28].tolist() == [200, 100, 50]


def test_garments_are_read_from_their_directory(fashion: Path) -> None:
    source = SCENES.open("img-segmentation", fashion)
    assert (source.name, source.outputs, source.note) == ("scenes", 11, None)
    assert source.words[:2] == ("background", "t-shirt")
    assert source.read("test", numbers(5), 64)["y"].max() <= 10


def test_without_garments_there_are_digits_and_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    class Fallen:
        classes, channels, origin = 10, 1, ""

        def present(self) -> bool:
            return False

        def load(self, directory: Path | None, progress: object = None) -> RawImages:
            return replace(DIGITS.load(directory), note="used instead")

    source = Scenes(things=Fallen(), name="scenes", origin="").open("obj-detection", None)
    assert (source.name, source.note) == ("scenes-digits", "used instead")
    assert find_dataset(source.name) is SCENES_OF_DIGITS
    assert source.digest() == digits("obj-detection").digest()


def test_a_class_without_examples_is_named() -> None:
    raw = DIGITS.load(None)
    kept = raw.test_y != 4
    few = replace(raw, test_x=raw.test_x[kept], test_y=raw.test_y[kept])
    with pytest.raises(FetchError, match="digits has no test image of '4'"):
        GreyCutouts.of(few, FIGURES.names)


def test_scenes_of_unnamed_things_are_refused() -> None:
    class Unnamed:
        classes, channels, origin = 10, 1, ""

        def present(self) -> bool:
            return True

        def load(self, directory: Path | None, progress: object = None) -> RawImages:
            return replace(DIGITS.load(directory), name="leaves")

    with pytest.raises(UsageError, match="not of leaves"):
        Scenes(things=Unnamed(), name="leaves", origin="").open("obj-detection", None)


@pytest.mark.parametrize("task", SCENES.tasks)
def test_scenes_are_prepared_for_a_recipe(task: str, monkeypatch: pytest.MonkeyPatch) -> None:
    few = replace(SCENES_OF_DIGITS, train=60, test=10)
    monkeypatch.setattr(preparation, "find_dataset", lambda name: few)
    recipe = Recipe(
        task=task, dataset="scenes-digits", resolution=32, train_samples=24, validation_samples=12
    )
    source = few.open(task, None)
    data = prepare(recipe)
    assert data.problem.sample == (3, 32, 32)
    assert data.problem.outputs == len(data.words) == source.outputs
    assert np.load(data.inputs / "train_x.npy").shape == (24, 3, 32, 32)
    for name, array in source.read("test", np.arange(10), 32).items():
        if name != "x":
            assert np.array_equal(data.test[name], array)
