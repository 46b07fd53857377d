from __future__ import annotations

import errno
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from catta.errors import FetchError, UsageError
from catta.records import Problem, Recipe
from catta.tasks import PreparedData, preparation, prepare
from catta.tasks.digits import DIGITS
from catta.tasks.mnist import FASHION_MNIST

DIGITS_RECIPE = Recipe(dataset="digits", train_samples=200, validation_samples=100, resolution=8)
FASHION_RECIPE = Recipe(dataset="fashion-mnist", train_samples=200, validation_samples=100)


def load(data: PreparedData, name: str) -> np.ndarray:
    return np.load(data.inputs / f"{name}.npy", allow_pickle=False)


def kept(cache: Path) -> list[str]:
    return sorted(path.name for path in (cache / "data").iterdir() if path.name != ".lock")


def test_the_parts_have_the_promised_shapes_and_types() -> None:
    data = prepare(DIGITS_RECIPE)
    assert data.problem == Problem(sample=(1, 8, 8), outputs=10)
    assert (data.dataset, data.note) == ("digits", None)
    for name, count in (("train_x", 200), ("validation_x", 100), ("test_x", 359)):
        assert load(data, name).shape == (count, 1, 8, 8)
        assert load(data, name).dtype == np.float32
    assert load(data, "train_y").shape == (200,)
    for labels, count in ((load(data, "train_y"), 200), (data.validation_y, 100)):
        assert labels.dtype == np.int64
        assert np.abs(np.bincount(labels, minlength=10) - count / 10).max() <= 1
    assert data.test_y.shape == (359,)


def test_no_label_that_is_scored_with_lies_beside_the_inputs() -> None:
    data = prepare(DIGITS_RECIPE)
    assert {path.name for path in data.inputs.iterdir()} == {
        "train_x.npy",
        "train_y.npy",
        "validation_x.npy",
        "test_x.npy",
    }
    labels = data.inputs.parent / "labels"
    assert np.array_equal(np.load(labels / "validation_y.npy"), data.validation_y)
    assert np.array_equal(np.load(labels / "test_y.npy"), data.test_y)


def test_the_training_subset_is_normalised_and_the_same_scale_holds_for_the_others(
    fashion: Path,
) -> None:
    data = prepare(FASHION_RECIPE, directory=fashion)
    train = load(data, "train_x")
    assert train.shape == (200, 1, 32, 32)
    assert np.allclose(train[:, :, 2:30, 2:30].mean(), 0, atol=1e-4)
    assert np.allclose(train[:, :, 2:30, 2:30].std(), 1, atol=1e-4)
    black = train[0, 0, 0, 0]
    for name in ("train_x", "validation_x", "test_x"):
        assert (load(data, name)[:, :, :2] == black).all()


def test_images_keep_their_labels_and_no_image_is_in_two_parts(fashion: Path) -> None:
    raw = FASHION_MNIST.load(fashion)
    data = prepare(FASHION_RECIPE, directory=fashion)
    known = {
        image.tobytes(): int(label) for image, label in zip(raw.train_x, raw.train_y, strict=True)
    }
    train = load(data, "train_x")[:, :, 2:30, 2:30]
    validation = load(data, "validation_x")[:, :, 2:30, 2:30]
    # Undo the normalisation: the pixels span 0..255, with a black border.
    scale = 255 / (train.max() - train.min())
    seen: list[bytes] = []
    for images, labels in ((train, load(data, "train_y")), (validation, data.validation_y)):
        pixels = np.rint((images - train.min()) * scale).astype(np.uint8)
        for image, label in zip(pixels, labels, strict=True):
            assert known[image.tobytes()] == label
            seen.append(image.tobytes())
    assert len(set(seen)) == len(seen) == 300


def test_prepared_data_is_made_once_for_equal_settings(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = prepare(DIGITS_RECIPE)
    monkeypatch.setattr(preparation, "_write", None)
    again = prepare(DIGITS_RECIPE.model_copy(update={"lr": 0.5, "epochs": 3}))
    assert again.inputs == first.inputs
    assert np.array_equal(again.validation_y, first.validation_y)
    assert kept(cache) == [first.inputs.parent.name]


@pytest.mark.parametrize(
    "change", [{"seed": 1}, {"resolution": 16}, {"train_samples": 99}, {"validation_samples": 99}]
)
def test_other_settings_give_other_data(change: dict[str, int]) -> None:
    first = prepare(DIGITS_RECIPE)
    other = prepare(DIGITS_RECIPE.model_copy(update=change))
    assert other.inputs != first.inputs


def test_other_images_of_the_same_name_give_other_data(fashion: Path) -> None:
    first = prepare(FASHION_RECIPE, directory=fashion)
    name = "labels-idx1-ubyte.gz"
    (fashion / f"t10k-{name}").write_bytes((fashion / f"train-{name}").read_bytes())
    name = "images-idx3-ubyte.gz"
    (fashion / f"t10k-{name}").write_bytes((fashion / f"train-{name}").read_bytes())
    assert prepare(FASHION_RECIPE, directory=fashion).inputs != first.inputs


@pytest.mark.parametrize("name", ["inputs/train_x", "labels/test_y", "inputs/test_x"])
@pytest.mark.parametrize("damage", ["missing", "truncated", "empty"])
def test_damaged_data_in_the_cache_is_made_again(name: str, damage: str) -> None:
    data = prepare(DIGITS_RECIPE)
    path = data.inputs.parent / f"{name}.npy"
    whole = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(whole[: len(whole) // 2] if damage == "truncated" else b"")
    assert prepare(DIGITS_RECIPE).inputs == data.inputs
    assert path.read_bytes() == whole


def test_a_small_dataset_gives_what_it_has_and_says_so() -> None:
    data = prepare(Recipe(dataset="digits", resolution=8))
    assert len(load(data, "train_y")) == 1079
    assert len(data.validation_y) == 359
    assert data.note == (
        "digits gives only 1079 of 10000 train_samples; "
        "digits gives only 359 of 5000 validation_samples"
    )


def test_a_fallback_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    class Falling:
        def load(self, directory: Path | None, progress: object = None) -> object:
            return replace(DIGITS.load(directory), note="something else is used instead")

    monkeypatch.setattr(preparation, "find_dataset", lambda name: Falling())
    data = prepare(FASHION_RECIPE)
    assert (data.dataset, data.note) == ("digits", "something else is used instead")


def test_mistakes_of_the_user_write_nothing(cache: Path, tmp_path: Path) -> None:
    for recipe, directory, message in (
        (Recipe(task="img-painting"), None, "task must be one of img-classification, "),
        (Recipe(dataset="imagenet"), None, "dataset must be one of"),
        (Recipe(dataset="cifar-10"), tmp_path, "does not hold cifar-10"),
    ):
        with pytest.raises(UsageError, match=message):
            prepare(recipe, directory=directory)
    assert not cache.exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"train_y": np.full(1438, 10, np.int64)}, "training labels of digits are not 0 to 9"),
        ({"test_y": np.full(359, -1, np.int64)}, "test labels of digits are not 0 to 9"),
        ({"train_x": np.zeros((1438, 8, 8), np.uint8)}, "wrong shape or type"),
        ({"train_x": np.zeros((1438, 1, 8, 8), np.float32)}, "wrong shape or type"),
        ({"test_y": np.zeros(3, np.int64)}, "wrong shape or type"),
        ({"test_x": np.zeros((359, 3, 8, 8), np.uint8)}, "differ in shape"),
    ],
)
def test_a_faulty_dataset_is_refused(
    change: dict[str, np.ndarray], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Faulty:
        def load(self, directory: Path | None, progress: object = None) -> object:
            return replace(DIGITS.load(directory), **change)

    monkeypatch.setattr(preparation, "find_dataset", lambda name: Faulty())
    with pytest.raises(FetchError, match=message):
        prepare(DIGITS_RECIPE)


def test_a_full_disk_is_told_and_leaves_nothing(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(preparation, "_write_arrays", full)
    with pytest.raises(FetchError, match="the disk is full"):
        prepare(DIGITS_RECIPE)
    assert kept(cache) == []


def test_two_at_once_make_it_once(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Path] = []
    write = preparation._write

    def counted(place: Path, *args: object) -> None:
        calls.append(place)
        write(place, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(preparation, "_write", counted)
    results: list[PreparedData] = []
    threads = [
        threading.Thread(target=lambda: results.append(prepare(DIGITS_RECIPE))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(calls) == 1
    assert [data.inputs for data in results] == [cache / "data" / calls[0].name / "inputs"] * 2


@pytest.mark.parametrize("chunk", [7, 100, 200])
def test_a_split_is_whole_however_it_is_cut_into_chunks(
    chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = load(prepare(DIGITS_RECIPE), "train_x")
    monkeypatch.setattr(preparation, "CHUNK", chunk)
    monkeypatch.setattr(preparation, "_FORMAT", -chunk)
    again = prepare(DIGITS_RECIPE)
    assert np.array_equal(load(again, "train_x"), expected)
    assert load(again, "test_x").shape == (359, 1, 8, 8)


def test_a_dataset_is_refused_for_a_task_that_it_is_not_for() -> None:
    recipe = DIGITS_RECIPE.model_copy(update={"task": "txt-generation"})
    with pytest.raises(UsageError, match="digits is a dataset for img-classification, not for"):
        prepare(recipe)


def test_texts_get_probes_that_part_from_their_originals(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("".join(chr(97 + i * i % 23) for i in range(4_000)))
    recipe = Recipe(
        task="txt-generation",
        dataset="text",
        length=8,
        train_samples=60,
        validation_samples=40,
        metric="acc",
    )
    data = prepare(recipe, directory=tmp_path)
    for name, targets in (("validation", data.validation), ("test", data.test)):
        x, probes = load(data, f"{name}_x"), targets["probes"]
        count = len(targets["y"])
        assert probes.dtype == np.int64
        assert len(probes) == min(32, count) > 1
        assert len(x) == count + len(probes)
        assert probes.min() >= 1
        assert probes.max() < 8
        parted = 0
        for number, position in enumerate(probes):
            original, probe = x[number], x[count + number]
            assert np.array_equal(original[:position], probe[:position])
            parted += not np.array_equal(original[position:], probe[position:])
        assert parted > len(probes) / 2
    assert len(load(data, "train_x")) == len(load(data, "train_y")) == 60
    assert not list(data.inputs.glob("*probes*"))
    other = prepare(recipe.model_copy(update={"seed": 1}), directory=tmp_path)
    assert not np.array_equal(other.validation["probes"], data.validation["probes"])
    (data.inputs.parent / "labels" / "test_probes.npy").unlink()
    assert np.array_equal(prepare(recipe, directory=tmp_path).test["probes"], data.test["probes"])
