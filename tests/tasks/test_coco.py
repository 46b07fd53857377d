from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from catta.errors import FetchError, UsageError
from catta.records import Recipe
from catta.tasks import prepare
from catta.tasks.coco import CAPTION_LENGTH, COCO, REFERENCES
from catta.tasks.sources import END, START, UNJUDGED
from catta.tasks.vocabulary import Vocabulary

Change = Callable[[dict[str, Any]], object]


def square(left: int, top: int, side: int) -> list[list[int]]:
    right, bottom = left + side, top + side
    return [[left, top, right, top, right, bottom, left, bottom]]


def thing(image: int, category: int, left: int, top: int, side: int, **more: Any) -> dict[str, Any]:
    return {
        "image_id": image,
        "category_id": category,
        "bbox": [left, top, side, side],
        "area": side * side,
        "segmentation": square(left, top, side),
        "iscrowd": 0,
        **more,
    }


CROWD = {
    "iscrowd": 1,
    "segmentation": {"size": [40, 60], "counts": [2000, 400]},  # the ten columns on the right
}


def instances(count: int) -> dict[str, Any]:
    """Each picture: a cat, and in front of it a smaller dog; the first one has a crowd as well.

    The last picture has nothing on it. Pictures are listed from the last to the first.
    """
    objects = [thing(1, 7, 30, 30, 5, **CROWD)]
    for image in range(1, count):
        objects += [thing(image, 3, 14, 10, 10), thing(image, 7, 10, 10, 20)]
    return {
        "categories": [{"id": 7, "name": "cat"}, {"id": 3, "name": "dog"}],
        "images": [{"id": n, "file_name": f"{n:03}.jpg"} for n in range(count, 0, -1)],
        "annotations": objects,
    }


def sentences(count: int) -> dict[str, Any]:
    """Two captions a picture; the last picture has none."""
    return {
        "images": [{"id": n, "file_name": f"{n:03}.jpg"} for n in range(1, count + 1)],
        "annotations": [
            {"image_id": n, "caption": text}
            for n in range(1, count)
            for text in ("A cat behind a dog.", f"Picture{n}, a dog")
        ],
    }


@pytest.fixture
def coco(tmp_path: Path) -> Path:
    """Seven training pictures and four of validation, 40 pixels high and 60 wide."""
    root = tmp_path / "coco"
    (root / "annotations").mkdir(parents=True)
    for part, count in (("train2017", 7), ("val2017", 4)):
        (root / part).mkdir()
        for number in range(1, count + 1):
            Image.new("RGB", (60, 40), (number, 100, 200)).save(root / part / f"{number:03}.jpg")
        for prefix, content in (("instances", instances(count)), ("captions", sentences(count))):
            (root / "annotations" / f"{prefix}_{part}.json").write_text(json.dumps(content))
    return root


def change(coco: Path, name: str, edit: Change) -> None:
    path = coco / "annotations" / f"{name}.json"
    content = json.loads(path.read_text())
    edit(content)
    path.write_text(json.dumps(content))


def test_boxes_are_scaled_with_their_pictures(coco: Path) -> None:
    source = COCO.open("obj-detection", coco)
    assert (source.name, source.words) == ("coco", ("background", "dog", "cat"))
    assert (source.count("train"), source.count("test")) == (6, 4)
    assert source.strata().tolist() == [2] * 6
    read = source.read("test", np.array([0, 3]), 120)
    assert read["x"].shape == (2, 3, 120, 120)
    assert read["boxes"].shape == (2, 2, 4)
    assert read["labels"].tolist() == [[1, 2], [0, 0]]
    assert read["boxes"][0].tolist() == [[28, 30, 48, 60], [20, 30, 60, 90]]
    assert (read["boxes"][1] == 0).all()


def test_boxes_end_where_their_picture_ends(coco: Path) -> None:
    change(coco, "instances_val2017", add("annotations", thing(4, 3, 50, 35, 20)))
    change(coco, "instances_val2017", add("annotations", thing(4, 7, 60, 0, 5)))
    read = COCO.open("obj-detection", coco).read("test", np.array([3]), 120)
    assert read["labels"][0].tolist() == [1, 0]
    assert read["boxes"][0].tolist() == [[100, 105, 120, 120], [0, 0, 0, 0]]


def test_pictures_keep_their_order_and_colours(coco: Path) -> None:
    read = COCO.open("obj-detection", coco).read("train", np.array([5, 0, 2]), 16)
    reds = read["x"][:, 0].mean(axis=(1, 2))
    assert np.abs(reds - [6, 1, 3]).max() < 3
    assert np.argsort(reds).tolist() == [1, 2, 0]


def test_smaller_objects_lie_in_front_and_crowds_are_not_judged(coco: Path) -> None:
    source = COCO.open("img-segmentation", coco)
    masks = source.read("test", np.arange(4), 120)["y"]
    assert masks.dtype == np.uint8
    expected = np.zeros((120, 120), np.uint8)
    expected[30:90, 20:60] = 2
    expected[30:60, 28:48] = 1
    assert np.array_equal(masks[1], expected)
    expected[:, 100:] = UNJUDGED
    assert np.array_equal(masks[0], expected)
    assert (masks[3] == 0).all()


def test_captions_are_tokens_of_frequent_words(coco: Path) -> None:
    source = COCO.open("img-captioning", coco)
    assert source.count("train") == 6
    assert source.words[4:] == ("a", "dog", "behind", "cat")
    captions = source.read("test", np.arange(3), 32)["captions"]
    assert captions.shape == (3, REFERENCES, CAPTION_LENGTH)
    assert Vocabulary(source.words).decode(captions[1, 0]) == "a cat behind a dog"
    assert captions[2, 1, :5].tolist() == [START, 3, 4, 5, END]
    assert (captions[:, 2:] == 0).all()


@pytest.mark.parametrize("task", COCO.tasks)
def test_pictures_are_read_alike_in_any_pieces(task: str, coco: Path) -> None:
    source = COCO.open(task, coco)
    whole = source.read("train", np.arange(6), 24)
    pieces = [
        source.read("train", np.array(some, np.int64), 24) for some in ([0, 1], [], [2, 3, 4, 5])
    ]
    for name, array in whole.items():
        assert np.array_equal(array, np.concatenate([piece[name] for piece in pieces]))


@pytest.mark.parametrize("task", COCO.tasks)
def test_coco_is_prepared_for_a_recipe(task: str, coco: Path) -> None:
    recipe = Recipe(
        task=task, dataset="coco", resolution=16, train_samples=10, validation_samples=10
    )
    data = prepare(recipe, directory=coco)
    assert data.problem.outputs == len(data.words)
    assert len(np.load(data.inputs / "train_x.npy")) == 5


def test_only_the_pictures_that_are_read_are_decoded(coco: Path) -> None:
    (coco / "train2017" / "003.jpg").write_bytes(b"no picture")
    source = COCO.open("obj-detection", coco)
    assert len(source.read("train", np.array([0, 1, 3]), 8)["x"]) == 3
    with pytest.raises(FetchError, match=r"the picture .*003\.jpg cannot be read"):
        source.read("train", np.array([2]), 8)


def test_a_truncated_picture_is_named_and_nothing_is_kept(coco: Path, cache: Path) -> None:
    path = coco / "val2017" / "002.jpg"
    path.write_bytes(path.read_bytes()[:-200])
    recipe = Recipe(task="obj-detection", dataset="coco", resolution=16)
    with pytest.raises(FetchError, match=r"002\.jpg cannot be read"):
        prepare(recipe, directory=coco)
    assert [path.name for path in (cache / "data").iterdir()] == [".lock"]


def add(kind: str, entry: dict[str, Any]) -> Change:
    return lambda content: content[kind].append(entry)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (
            add("images", {"id": 99, "file_name": "099.jpg"}),
            r"instances_val2017\.json names 1 pictures that are not in .*val2017, .* 099\.jpg",
        ),
        (add("annotations", thing(77, 3, 0, 0, 5)), "no image 77, but an object of it"),
        (add("annotations", thing(1, 44, 0, 0, 5)), "no category 44, but an object of it"),
        (add("annotations", thing(1, 3, 0, 0, 5, bbox=[1, 2])), "is not an annotation file"),
        (add("annotations", {"image_id": 1}), "'category_id' is missing"),
        (add("annotations", thing(1, 3, 0, 0, 5, bbox=["nan", 0, 5, 5])), "1 is not finite"),
        (add("images", {"id": 99, "file_name": "001.jpg"}), "2 images are the file 001.jpg"),
        (lambda content: content.pop("images"), "'images' is missing"),
        (lambda content: content.update(images=[]), "has no image 1, but"),
        (lambda content: content.update(images=[], annotations=[]), "names no picture"),
        (lambda content: content.update(annotations=[None]), "is not an annotation file"),
    ],
)
def test_annotations_that_do_not_fit_are_named(edit: Change, message: str, coco: Path) -> None:
    change(coco, "instances_val2017", edit)
    with pytest.raises(UsageError, match=message) as caught:
        COCO.open("obj-detection", coco)
    assert "instances_val2017.json" in str(caught.value)


def test_a_class_without_examples_is_named(coco: Path) -> None:
    change(coco, "instances_train2017", add("categories", {"id": 9, "name": "hair drier"}))
    with pytest.raises(
        UsageError, match=r"instances_train2017\.json has no example of the class 'hair drier'"
    ):
        COCO.open("obj-detection", coco)


def test_a_region_of_another_shape_is_named(coco: Path) -> None:
    Image.new("RGB", (30, 40)).save(coco / "val2017" / "001.jpg")
    source = COCO.open("img-segmentation", coco)
    with pytest.raises(FetchError, match=r"instances_val2017\.json does not suit .*001\.jpg"):
        source.read("test", np.array([0]), 8)


def test_a_polygon_has_numbers(coco: Path) -> None:
    region = [["nan", 0, 5, 0, 5, 5]]
    change(coco, "instances_val2017", add("annotations", thing(1, 3, 0, 0, 5, segmentation=region)))
    with pytest.raises(UsageError, match=r"val2017\.json is not .* a polygon is not finite"):
        COCO.open("img-segmentation", coco)


def test_captions_are_texts_with_words(coco: Path) -> None:
    change(coco, "captions_val2017", add("annotations", {"image_id": 4, "caption": " ."}))
    assert COCO.open("img-captioning", coco).count("test") == 3
    change(coco, "captions_val2017", add("annotations", {"image_id": 4, "caption": None}))
    with pytest.raises(UsageError, match="a caption of image 4 is no text"):
        COCO.open("img-captioning", coco)


def test_captions_have_a_vocabulary(coco: Path) -> None:
    def numbered(content: dict[str, Any]) -> None:
        for number, entry in enumerate(content["annotations"]):
            entry["caption"] = f"word{number}"

    change(coco, "captions_train2017", numbered)
    with pytest.raises(UsageError, match=r"captions_train2017\.json has no word 5 times or more"):
        COCO.open("img-captioning", coco)


def test_a_file_that_is_no_json_is_named(coco: Path) -> None:
    (coco / "annotations" / "captions_train2017.json").write_bytes(b'{"images": [')
    with pytest.raises(UsageError, match=r"captions_train2017\.json cannot be read"):
        COCO.open("img-captioning", coco)


def test_a_directory_of_another_layout_is_refused(coco: Path, tmp_path: Path) -> None:
    (coco / "annotations" / "captions_val2017.json").unlink()
    assert COCO.open("obj-detection", coco).outputs == 3
    with pytest.raises(UsageError, match=r"annotations/captions_val2017\.json missing in"):
        COCO.open("img-captioning", coco)
    with pytest.raises(UsageError, match="train2017 and val2017 and annotations/instances_train"):
        COCO.open("obj-detection", tmp_path / "nowhere")


def test_it_is_found_in_the_cache_and_never_downloaded(coco: Path, cache: Path) -> None:
    assert not COCO.present()
    with pytest.raises(FetchError, match=r"coco is not on this machine .* 19 GB"):
        COCO.open("obj-detection", None)
    (cache / "datasets").mkdir(parents=True)
    coco.rename(cache / "datasets" / "coco")
    assert COCO.present()
    assert COCO.open("obj-detection", None).count("test") == 4


def test_other_annotations_or_pictures_give_other_data(coco: Path) -> None:
    digests = [COCO.open("obj-detection", coco).digest()]
    change(coco, "instances_val2017", add("annotations", thing(4, 3, 1, 1, 5)))
    digests.append(COCO.open("obj-detection", coco).digest())
    Image.new("RGB", (30, 40)).save(coco / "train2017" / "001.jpg")
    digests.append(COCO.open("obj-detection", coco).digest())
    assert len(set(digests)) == 3
