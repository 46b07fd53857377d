from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from catta.errors import FetchError, UsageError
from catta.records import Recipe
from catta.tasks import prepare
from catta.tasks.sources import UNJUDGED
from catta.tasks.voc import CLASSES, VOC

OBJECT = """<object><name>{name}</name><difficult>{difficult}</difficult>
<bndbox><xmin>{box[0]}</xmin><ymin>{box[1]}</ymin><xmax>{box[2]}</xmax><ymax>{box[3]}</ymax></bndbox>
<part><name>head</name><bndbox><xmin>1</xmin></bndbox></part></object>"""


def annotate(root: Path, name: str, *objects: str) -> None:
    text = f"<annotation>{''.join(objects)}</annotation>"
    (root / "Annotations" / f"{name}.xml").write_text(text)


def thing(name: str, difficult: int = 0) -> str:
    return OBJECT.format(name=name, difficult=difficult, box=(11, 11, 30, 20))


@pytest.fixture
def voc(tmp_path: Path) -> Path:
    """A training picture for each class and two of validation, 40 pixels high and 60 wide."""
    root = tmp_path / "VOCdevkit" / "VOC2012"
    for folder in ("Annotations", "JPEGImages", "SegmentationClass"):
        (root / folder).mkdir(parents=True)
    listed = {"train": [f"t{n:02}" for n in range(len(CLASSES))], "val": ["v0", "v1"]}
    for folder in ("Main", "Segmentation"):
        (root / "ImageSets" / folder).mkdir(parents=True)
        for part, names in listed.items():
            (root / "ImageSets" / folder / f"{part}.txt").write_text("\n".join(names) + "\n")
    for names in listed.values():
        for number, name in enumerate(names):
            Image.new("RGB", (60, 40), (number, 9, 9)).save(root / "JPEGImages" / f"{name}.jpg")
            mask = np.zeros((40, 60), np.uint8)
            mask[10:20, 10:30] = number + 1
            mask[20:22] = UNJUDGED
            picture = Image.fromarray(mask).convert("P")
            picture.putdata(mask.ravel().tolist())
            picture.save(root / "SegmentationClass" / f"{name}.png")
            annotate(root, name, thing(CLASSES[number]), thing("dog", difficult=1))
    annotate(root, "v1")
    return tmp_path


def test_boxes_are_scaled_and_difficult_objects_have_none(voc: Path) -> None:
    source = VOC.open("obj-detection", voc)
    assert source.words == ("background", *CLASSES)
    assert (source.count("train"), source.count("test")) == (20, 2)
    assert source.strata().tolist() == [1] * 20
    read = source.read("test", np.arange(2), 120)
    assert read["labels"].tolist() == [[1], [0]]
    assert read["boxes"][0].tolist() == [[20, 30, 60, 60]]


def test_masks_keep_what_is_not_judged(voc: Path) -> None:
    source = VOC.open("img-segmentation", voc / "VOCdevkit")
    masks = source.read("train", np.array([19, 4]), 120)["y"]
    expected = np.zeros((120, 120), np.uint8)
    expected[30:60, 20:60] = 20
    expected[60:66] = UNJUDGED
    assert np.array_equal(masks[0], expected)
    assert np.unique(masks[1]).tolist() == [0, 5, UNJUDGED]


@pytest.mark.parametrize("task", VOC.tasks)
def test_voc_is_prepared_for_a_recipe(task: str, voc: Path) -> None:
    recipe = Recipe(
        task=task, dataset="voc", resolution=16, train_samples=10, validation_samples=10
    )
    data = prepare(recipe, directory=voc / "VOCdevkit" / "VOC2012")
    assert data.problem.outputs == 21
    assert len(np.load(data.inputs / "train_x.npy")) == 10


def test_what_does_not_fit_is_named(voc: Path) -> None:
    root = voc / "VOCdevkit" / "VOC2012"
    annotate(root, "v0", thing("unicorn"))
    with pytest.raises(UsageError, match=r"v0\.xml has an object of unknown class 'unicorn'"):
        VOC.open("obj-detection", voc)
    annotate(root, "v0", "<object><name>dog</name></object>")
    with pytest.raises(UsageError, match=r"v0\.xml cannot be read"):
        VOC.open("obj-detection", voc)
    annotate(root, "v0", thing("dog").replace("<xmin>11<", "<xmin>nan<"))
    with pytest.raises(UsageError, match=r"v0\.xml has a box that is not finite"):
        VOC.open("obj-detection", voc)
    (root / "Annotations" / "v0.xml").write_text("<annotation>")
    with pytest.raises(UsageError, match=r"v0\.xml cannot be read"):
        VOC.open("obj-detection", voc)
    (root / "Annotations" / "v0.xml").unlink()
    with pytest.raises(UsageError, match=r"v0\.xml cannot be read"):
        VOC.open("obj-detection", voc)


def test_a_class_without_examples_is_named(voc: Path) -> None:
    annotate(voc / "VOCdevkit" / "VOC2012", "t11", thing("cat"))
    with pytest.raises(UsageError, match="no example of the class 'dog'"):
        VOC.open("obj-detection", voc)


@pytest.mark.parametrize("task", VOC.tasks)
def test_missing_pictures_are_counted_and_named(task: str, voc: Path) -> None:
    for name in ("t03", "t08"):
        (voc / "VOCdevkit" / "VOC2012" / "JPEGImages" / f"{name}.jpg").unlink()
    with pytest.raises(UsageError, match=r"train\.txt names 2 pictures .* the first is t03\.jpg"):
        VOC.open(task, voc)


@pytest.mark.parametrize("task", VOC.tasks)
@pytest.mark.parametrize(
    ("listed", "message"),
    [
        ("v0 v1 v0", r"val\.txt names v0\.jpg 2 times"),
        ("v0 t03", r"val\.txt names t03, which is a training picture"),
    ],
)
def test_no_picture_is_in_two_places(task: str, listed: str, message: str, voc: Path) -> None:
    for path in (voc / "VOCdevkit" / "VOC2012" / "ImageSets").rglob("val.txt"):
        path.write_text(listed)
    with pytest.raises(UsageError, match=message):
        VOC.open(task, voc)


def test_a_mask_that_does_not_suit_is_named(voc: Path) -> None:
    folder = voc / "VOCdevkit" / "VOC2012" / "SegmentationClass"
    source = VOC.open("img-segmentation", voc)
    for image, message in (
        (Image.new("RGB", (60, 40)), "has no palette"),
        (Image.new("L", (60, 41)), "not of the shape of its picture"),
        (Image.new("L", (60, 40), 21), "has a class above 20"),
    ):
        image.save(folder / "v0.png")
        with pytest.raises(FetchError, match=rf"v0\.png .*{message}"):
            source.read("test", np.array([0]), 16)
    (folder / "v0.png").write_bytes(b"no picture")
    with pytest.raises(FetchError, match=r"v0\.png cannot be read"):
        source.read("test", np.array([0]), 16)


def test_what_is_not_there_is_told(voc: Path, cache: Path) -> None:
    assert not VOC.present()
    with pytest.raises(FetchError, match=r"voc is not on this machine .* 2 GB"):
        VOC.open("obj-detection", None)
    with pytest.raises(UsageError, match="does not hold voc: it needs VOCdevkit/VOC2012 with"):
        VOC.open("obj-detection", voc / "VOCdevkit" / "VOC2012" / "Annotations")
    (cache / "datasets").mkdir(parents=True)
    (voc / "VOCdevkit").rename(cache / "datasets" / "VOCdevkit")
    assert VOC.present()
    assert VOC.open("obj-detection", None).count("test") == 2
