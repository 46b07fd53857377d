"""Datasets of image files: one's own, Imagenette, CelebA, Places365."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from catta.errors import FetchError, UsageError
from catta.records import Recipe
from catta.tasks import imagenette, prepare
from catta.tasks.celeba import CELEBA_GENDER
from catta.tasks.image_files import read_image
from catta.tasks.image_folder import IMAGE_FOLDER
from catta.tasks.imagenette import IMAGENETTE
from catta.tasks.places import PLACES365

TASK = "img-classification"
RED, BLUE = (255, 0, 0), (0, 0, 255)


def paint(path: Path, colour: tuple[int, int, int] = RED, size: tuple[int, int] = (40, 30)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)


def folder(place: Path, counts: dict[str, int]) -> None:
    for number, (name, count) in enumerate(counts.items()):
        for index in range(count):
            paint(place / name / f"{index}.png", BLUE if number else RED, (40 + index, 30))


def colours(x: np.ndarray) -> list[str]:
    return ["red" if image[0].mean() > image[2].mean() else "blue" for image in x]


def test_the_middle_of_an_image_is_taken_in_its_own_proportions(tmp_path: Path) -> None:
    pixels = np.zeros((20, 60, 3), np.uint8)
    pixels[:, 20:40] = 200
    pixels[:, 29:31] = (0, 250, 0)
    for path in (tmp_path / "wide.png", tmp_path / "high.png"):
        wide = Image.fromarray(pixels)
        (wide if path.stem == "wide" else wide.transpose(Image.Transpose.ROTATE_90)).save(path)
    wide = read_image(tmp_path / "wide.png", 20)
    assert wide.shape == (3, 20, 20)
    assert wide.dtype == np.uint8
    assert np.array_equal(wide, pixels[:, 20:40].transpose(2, 0, 1))
    high = read_image(tmp_path / "high.png", 20)
    assert np.array_equal(high, np.rot90(wide, axes=(1, 2)))
    half = read_image(tmp_path / "wide.png", 10)
    assert half[:, 5, 2].tolist() == [200] * 3
    assert half[1, 5, 4] > 200 > half[0, 5, 4]


def test_a_large_jpeg_is_read_at_a_fraction_of_its_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ramp = np.tile(np.linspace(0, 255, 512, dtype=np.uint8), (512, 1))
    Image.fromarray(np.stack([ramp] * 3, axis=-1)).save(tmp_path / "a.jpg")
    sizes: list[tuple[int, int]] = []
    convert = Image.Image.convert

    def spy(image: Image.Image, *args: Any, **options: Any) -> Image.Image:
        sizes.append(image.size)
        return convert(image, *args, **options)

    monkeypatch.setattr(Image.Image, "convert", spy)
    small = read_image(tmp_path / "a.jpg", 60)
    assert sizes[0] == (64, 64)
    assert small[0, 30, ::20] == pytest.approx([2, 87, 172], abs=4)


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "1", "CMYK", "I;16"])
def test_images_of_every_kind_become_colour_images(tmp_path: Path, mode: str) -> None:
    path = tmp_path / ("a.tiff" if mode in ("CMYK", "I;16") else "a.png")
    Image.new(mode, (16, 16)).save(path)
    assert read_image(path, 8).shape == (3, 8, 8)


def test_a_palette_with_transparency_gives_no_warning(tmp_path: Path) -> None:
    Image.new("P", (16, 16)).save(tmp_path / "a.png", transparency=b"\0\1")
    assert read_image(tmp_path / "a.png", 8).shape == (3, 8, 8)


@pytest.mark.parametrize("test", ["test", "val"])
def test_a_divided_directory_keeps_its_parts(tmp_path: Path, test: str) -> None:
    folder(tmp_path / "train", {"cats": 5, "dogs": 7})
    folder(tmp_path / test, {"cats": 2, "dogs": 1})
    (tmp_path / "train" / "notes.txt").write_text("no image")
    source = IMAGE_FOLDER.open(TASK, tmp_path)
    assert source.name.startswith("image-folder@")
    assert (source.words, source.outputs) == (("cats", "dogs"), 2)
    assert source.strata().tolist() == [0] * 5 + [1] * 7
    assert source.count("test") == 3
    samples = source.read("train", np.array([11, 0, 5]), 8)
    assert samples["x"].shape == (3, 3, 8, 8)
    assert samples["y"].tolist() == [1, 0, 1]
    assert colours(samples["x"]) == ["blue", "red", "blue"]


def test_a_directory_is_named_by_what_it_holds(tmp_path: Path) -> None:
    folder(tmp_path / "one", {"cats": 12, "dogs": 12})
    shutil.copytree(tmp_path / "one", tmp_path / "copy")
    folder(tmp_path / "other", {"cats": 12, "dogs": 13})
    recipe = Recipe(dataset="image-folder", resolution=8, train_samples=10, validation_samples=10)
    one, copy, other = (
        prepare(recipe, directory=tmp_path / name) for name in ("one", "copy", "other")
    )
    assert one.dataset == copy.dataset != other.dataset
    named = recipe.model_copy(update={"dataset": one.dataset})
    assert prepare(named, directory=tmp_path / "copy").dataset == one.dataset
    with pytest.raises(UsageError, match=f"not those of {one.dataset}: they are {other.dataset}"):
        prepare(named, directory=tmp_path / "other")
    with pytest.raises(UsageError, match="not those of digits@1: they are digits"):
        prepare(Recipe(dataset="digits@1"))


def test_of_three_parts_the_validation_part_is_left_alone(tmp_path: Path) -> None:
    for part, count in (("train", 4), ("val", 3), ("test", 2)):
        folder(tmp_path / part, {"cats": count, "dogs": count})
    source = IMAGE_FOLDER.open(TASK, tmp_path)
    assert (source.count("train"), source.count("test")) == (8, 4)
    assert all("test" in path.parts for path in source.test.paths)


def test_a_fifth_of_each_class_of_an_undivided_directory_is_for_tests(tmp_path: Path) -> None:
    folder(tmp_path, {"cats": 20, "dogs": 10})
    one, other = (IMAGE_FOLDER.open(TASK, tmp_path) for _ in range(2))
    assert np.bincount(one.test.y).tolist() == [4, 2]
    assert np.bincount(one.train.y).tolist() == [16, 8]
    assert list(one.test.paths) == list(other.test.paths)
    assert not set(one.test.paths) & set(one.train.paths)
    assert colours(one.read("test", np.arange(6), 8)["x"]) == ["red"] * 4 + ["blue"] * 2


def test_only_the_images_of_a_recipe_are_read(tmp_path: Path) -> None:
    folder(tmp_path / "train", {"cats": 40, "dogs": 40})
    folder(tmp_path / "test", {"cats": 2, "dogs": 2})
    recipe = Recipe(
        dataset="image-folder", resolution=16, train_samples=20, validation_samples=10, epochs=1
    )
    data = prepare(recipe, directory=tmp_path)
    x = np.load(data.inputs / "train_x.npy")
    assert x.shape == (20, 3, 16, 16)
    assert data.words == ("cats", "dogs")
    assert np.abs(np.bincount(data.validation_y) - 5).max() == 0
    for path in (tmp_path / "train").rglob("*.png"):  # of the same size, so that nothing shows
        path.touch()
    again = prepare(recipe, directory=tmp_path)
    assert again.inputs != data.inputs  # as far as can be seen, these are other images


def corrupt(place: Path) -> None:
    path = place / "train" / "cats" / "0.png"
    path.write_bytes(path.read_bytes()[:40])


def text(place: Path) -> None:
    (place / "train" / "cats" / "0.png").write_text("<html>")


def test_a_corrupt_image_is_named_and_leaves_nothing(tmp_path: Path, cache: Path) -> None:
    for damage in (corrupt, text):
        folder(tmp_path / "train", {"cats": 12, "dogs": 12})
        folder(tmp_path / "test", {"cats": 2, "dogs": 2})
        damage(tmp_path)
        recipe = Recipe(dataset="image-folder", train_samples=18, validation_samples=10)
        with pytest.raises(FetchError, match=r"the image .*train/cats/0\.png cannot be read"):
            prepare(recipe, directory=tmp_path)
        assert [path.name for path in (cache / "data").iterdir()] == [".lock"]


def test_an_image_that_went_away_is_named(tmp_path: Path) -> None:
    folder(tmp_path, {"cats": 5, "dogs": 5})
    source = IMAGE_FOLDER.open(TASK, tmp_path)
    for path in (*source.train.paths, *source.test.paths):
        path.unlink()
    with pytest.raises(FetchError, match=r"the image .*\.png is missing"):
        source.read("train", np.array([0]), 8)
    with pytest.raises(FetchError, match=r"the image .*\.png is missing"):
        source.digest()


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ({}, "must hold a directory of images for each of two or more classes"),
        ({"cats": 3}, "must hold a directory of images for each of two or more classes"),
        ({"cats": 3, "dogs": 0}, "the class dogs has no images: .*dogs holds none"),
        ({"cats": 3, "dogs": 1}, "the class dogs has one image"),
    ],
)
def test_a_class_without_examples_is_named(
    tmp_path: Path, counts: dict[str, int], message: str
) -> None:
    for name in counts:
        (tmp_path / name).mkdir()
    folder(tmp_path, counts)
    with pytest.raises(UsageError, match=message):
        IMAGE_FOLDER.open(TASK, tmp_path)


def test_a_class_must_be_in_both_parts(tmp_path: Path) -> None:
    folder(tmp_path / "train", {"cats": 2, "dogs": 2, "fish": 1})
    with pytest.raises(UsageError, match="a directory train, but neither test nor val"):
        IMAGE_FOLDER.open(TASK, tmp_path)
    folder(tmp_path / "val", {"cats": 2, "dogs": 2})
    with pytest.raises(UsageError, match="the class fish of image-folder has no test images"):
        IMAGE_FOLDER.open(TASK, tmp_path)
    folder(tmp_path / "val", {"cats": 2, "fish": 2, "rats": 2})
    with pytest.raises(UsageError, match="the class rats of image-folder has no training images"):
        IMAGE_FOLDER.open(TASK, tmp_path)


def test_the_name_alone_says_no_images(tmp_path: Path) -> None:
    assert not IMAGE_FOLDER.present()
    with pytest.raises(UsageError, match="image-folder needs a directory"):
        IMAGE_FOLDER.open(TASK, None)
    with pytest.raises(UsageError, match="does not exist"):
        IMAGE_FOLDER.open(TASK, tmp_path / "missing")


def make_imagenette(root: Path) -> Path:
    for part in ("train", "val"):
        folder(root / part, dict.fromkeys(imagenette._WORDS, 2))
    return root


def test_imagenette_is_found_in_its_layouts(tmp_path: Path, cache: Path) -> None:
    for place in (tmp_path / "itself", tmp_path / "below" / "imagenette2-160"):
        make_imagenette(place)
    for given in ("itself", "below"):
        source = IMAGENETTE.open(TASK, tmp_path / given)
        assert source.words[:2] == ("tench", "English springer")
        assert (source.count("train"), source.count("test")) == (20, 20)
    assert not IMAGENETTE.present()
    make_imagenette(cache / "datasets" / "imagenette2")
    assert IMAGENETTE.present()
    assert IMAGENETTE.open(TASK, None).count("train") == 20


def test_another_directory_is_no_imagenette(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not hold imagenette: it needs train and val"):
        IMAGENETTE.open(TASK, tmp_path)
    make_imagenette(tmp_path)
    (tmp_path / "train" / "n01440764").rename(tmp_path / "train" / "n00000000")
    with pytest.raises(UsageError, match="n00000000 is none of its classes"):
        IMAGENETTE.open(TASK, tmp_path)
    (tmp_path / "train" / "n00000000").rename(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="the class n01440764 of imagenette has no images"):
        IMAGENETTE.open(TASK, tmp_path)


def test_imagenette_is_downloaded_where_it_can_be(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def download(build: Callable[[Path], None], *, url: str, progress: object) -> None:
        make_imagenette(cache / "datasets" / "imagenette2-320")

    monkeypatch.setattr(imagenette, "download", download)
    assert IMAGENETTE.open(TASK, None).count("test") == 20

    def unreachable(*args: object, **options: object) -> None:
        raise FetchError("no network")

    (cache / "datasets" / "imagenette2-320" / "val").rename(cache / "val")
    monkeypatch.setattr(imagenette, "download", unreachable)
    with pytest.raises(FetchError, match=r"imagenette could not be obtained \(no network\); give"):
        IMAGENETTE.open(TASK, None)


def make_celeba(place: Path) -> Path:
    names = [f"{number:06d}.jpg" for number in range(1, 13)]
    rows: list[str] = []
    for number, name in enumerate(names):
        male = number % 3 == 0
        paint(place / "img_align_celeba" / name, RED if male else BLUE, (36, 44))
        rows.append(f"{name} -1 {1 if male else -1}  1")
    lines = [str(len(names)), "Bald Male Young ", *rows]
    (place / "list_attr_celeba.txt").write_text("\n".join(lines) + "\n")
    parts = [f"{name} {number // 4}" for number, name in enumerate(names)]
    (place / "list_eval_partition.txt").write_text("\n".join(parts) + "\n")
    return place


@pytest.mark.parametrize("below", [".", "celeba"])
def test_celeba_is_read_in_torchvisions_layout(tmp_path: Path, below: str) -> None:
    make_celeba(tmp_path / below)
    source = CELEBA_GENDER.open(TASK, tmp_path)
    assert source.words == ("female", "male")
    assert source.train.y.tolist() == [1, 0, 0, 1]
    assert [path.name for path in source.test.paths] == [f"{n:06d}.jpg" for n in (9, 10, 11, 12)]
    test = source.read("test", np.arange(4), 16)
    assert test["y"].tolist() == [0, 1, 0, 0]
    assert colours(test["x"]) == ["blue", "red", "blue", "blue"]


def edit(path: Path, old: str, new: str) -> None:
    content = path.read_text()
    assert old in content
    path.write_text(content.replace(old, new))


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("list_attr_celeba.txt", "Male", "Mail", "does not name the attribute Male"),
        ("list_attr_celeba.txt", "000003.jpg -1", "000003.jpg", "line 5 of .* has 3 instead of 4"),
        ("list_attr_celeba.txt", "000003.jpg", "3.jpg", "celeba.txt says nothing of 000003.jpg"),
        ("list_eval_partition.txt", "09.jpg 2", "09.jpg two", "'two' in .* is not a whole number"),
        ("list_eval_partition.txt", " 0\n", " 1\n", "class female has no images in part 0"),
    ],
)
def test_faulty_lists_of_celeba_are_named(
    tmp_path: Path, name: str, old: str, new: str, message: str
) -> None:
    edit(make_celeba(tmp_path) / name, old, new)
    with pytest.raises(UsageError, match=message):
        CELEBA_GENDER.open(TASK, tmp_path)


def make_places(place: Path, size: str = "256") -> Path:
    words = ("/a/airfield", "/a/alley", "/b/bar/indoor")
    place.mkdir(exist_ok=True)
    lines = "".join(f"{word} {number}\n" for number, word in enumerate(words))
    (place / "categories_places365.txt").write_text(lines)
    train = [(f"{word}/{n}.jpg", number) for number, word in enumerate(words) for n in range(3)]
    test = [(f"{number}.jpg", number) for number in range(3)]
    for (names, images), slash in (
        ((("places365_train_standard.txt", f"data_{size}_standard"), train), ""),
        ((("places365_val.txt", f"val_{size}"), test), "/"),
    ):
        lines_file, directory = names
        (place / lines_file).write_text("".join(f"{slash}{n} {y}\n" for n, y in images))
        for name, number in images:
            paint(place / directory / name.lstrip("/"), RED if number else BLUE)
    return place


@pytest.mark.parametrize("size", ["256", "large"])
def test_places_are_read_in_torchvisions_layout(tmp_path: Path, size: str) -> None:
    source = PLACES365.open(TASK, make_places(tmp_path, size))
    assert source.words == ("a/airfield"[2:], "alley", "bar/indoor")
    assert np.bincount(source.train.y).tolist() == [3, 3, 3]
    samples = source.read("train", np.array([8, 0]), 16)
    assert samples["y"].tolist() == [2, 0]
    assert colours(samples["x"]) == ["red", "blue"]
    assert source.read("test", np.arange(3), 16)["y"].tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("places365_val.txt", " 1", " 3", "has a label that is not 0 to 2"),
        ("places365_val.txt", " 1", " 2", "the class alley has no images in .*places365_val.txt"),
        ("categories_places365.txt", " 1", " 4", "does not number the classes from 0 on"),
        ("places365_train_standard.txt", "/a/alley/0.jpg 1", "x", "has 1 instead of 2 columns"),
    ],
)
def test_faulty_lists_of_places_are_named(
    tmp_path: Path, name: str, old: str, new: str, message: str
) -> None:
    edit(make_places(tmp_path) / name, old, new)
    with pytest.raises(UsageError, match=message):
        PLACES365.open(TASK, tmp_path)


@pytest.mark.parametrize("dataset", [CELEBA_GENDER, PLACES365])
def test_what_is_not_downloaded_says_where_to_get_it(tmp_path: Path, dataset: Any) -> None:
    assert not dataset.present()
    with pytest.raises(FetchError, match="is not downloaded by Catta"):
        dataset.open(TASK, None)
    with pytest.raises(UsageError, match=r"does not hold .*: it needs .*\.txt"):
        dataset.open(TASK, tmp_path)
