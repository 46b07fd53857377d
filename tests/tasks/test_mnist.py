from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from catta.errors import FetchError, UsageError
from catta.tasks import mnist
from catta.tasks.mnist import FASHION_MNIST, MNIST, IdxDataset

IMAGES = "train-images-idx3-ubyte.gz"
LABELS = "train-labels-idx1-ubyte.gz"


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*args: object, **options: object) -> Path:
        raise FetchError("no network")

    monkeypatch.setattr(mnist, "download", unreachable)
    monkeypatch.setattr(mnist, "debian_package", unreachable)


@pytest.fixture
def not_installed() -> IdxDataset:
    return replace(FASHION_MNIST, debian=("dataset-fashion-mnist", "no/such/directory"))


@pytest.mark.parametrize("layout", [".", "raw", "FashionMNIST/raw"])
@pytest.mark.parametrize("packed", [True, False])
def test_a_directory_is_read_in_any_usual_layout(
    tmp_path: Path, fashion: Path, layout: str, packed: bool
) -> None:
    place = tmp_path / "given" / layout
    place.mkdir(parents=True)
    for path in fashion.iterdir():
        if packed:
            (place / path.name).write_bytes(path.read_bytes())
        else:
            (place / path.stem).write_bytes(gzip.decompress(path.read_bytes()))
    raw = FASHION_MNIST.load(tmp_path / "given")
    assert raw.name == "fashion-mnist"
    assert raw.note is None
    assert raw.train_x.shape == (400, 1, 28, 28)
    assert raw.test_x.shape == (50, 1, 28, 28)
    expected = np.random.default_rng(0).integers(0, 256, (400, 28, 28), dtype=np.uint8)
    assert np.array_equal(raw.train_x[:, 0], expected)
    assert raw.train_y.tolist() == [i % 10 for i in range(400)]


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def cut_values(path: Path) -> None:
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes())[:-1]))


def add_values(path: Path) -> None:
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()) + b"\0"))


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-6] ^= 255  # in the checksum of the content
    path.write_bytes(bytes(data))


def claim_much(path: Path) -> None:
    path.write_bytes(gzip.compress(bytes((0, 0, 8, 3)) + b"\xff" * 12))


def not_gzip(path: Path) -> None:
    path.write_bytes(b"<html>not found</html>")


def empty(path: Path) -> None:
    path.write_bytes(b"")


def other_format(path: Path) -> None:
    path.write_bytes(gzip.compress(b"something else"))


@pytest.mark.parametrize(
    "damage",
    [truncate, cut_values, add_values, flip, claim_much, not_gzip, empty, other_format],
)
def test_a_damaged_file_of_the_user_is_named(fashion: Path, damage: Callable[[Path], None]) -> None:
    damage(fashion / IMAGES)
    with pytest.raises(UsageError, match=IMAGES):
        FASHION_MNIST.load(fashion)


def test_images_and_labels_must_be_equally_many(
    fashion: Path, write_idx: Callable[[Path, np.ndarray], None]
) -> None:
    write_idx(fashion / LABELS, np.zeros(399, np.uint8))
    with pytest.raises(UsageError, match=r"400 images.*399 labels"):
        FASHION_MNIST.load(fashion)


def test_a_missing_or_wrong_directory_is_a_mistake_of_the_user(
    tmp_path: Path, fashion: Path
) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        FASHION_MNIST.load(tmp_path / "missing")
    (fashion / LABELS).unlink()
    with pytest.raises(UsageError, match=f"does not hold fashion-mnist.*{LABELS}"):
        FASHION_MNIST.load(fashion)


@pytest.mark.usefixtures("offline")
def test_installed_files_are_found_without_the_network(fashion: Path) -> None:
    installed = replace(FASHION_MNIST, debian=("dataset-fashion-mnist", str(fashion)))
    assert installed.present()
    assert installed.load(None).name == "fashion-mnist"


@pytest.mark.usefixtures("offline")
def test_offline_the_digits_are_used_and_a_note_says_so(not_installed: IdxDataset) -> None:
    assert not not_installed.present()
    raw = not_installed.load(None)
    assert raw.name == "digits"
    assert raw.note == (
        "fashion-mnist could not be obtained (no network; no network), so digits is used instead"
    )


@pytest.mark.usefixtures("offline")
def test_offline_a_dataset_without_a_fallback_fails() -> None:
    with pytest.raises(FetchError, match=r"mnist could not be obtained.*give a directory"):
        MNIST.load(None)


@pytest.mark.usefixtures("offline")
def test_damaged_files_in_the_cache_are_not_used(
    cache: Path, fashion: Path, not_installed: IdxDataset
) -> None:
    place = cache / "datasets" / "FashionMNIST"
    place.mkdir(parents=True)
    fashion.rename(place / "raw")
    assert not_installed.load(None).name == "fashion-mnist"
    truncate(place / "raw" / IMAGES)
    raw = not_installed.load(None)
    assert raw.name == "digits"
    assert IMAGES in str(raw.note)


def test_torchvision_is_asked_before_debian(
    cache: Path, fashion: Path, not_installed: IdxDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    def download(build: object, *, url: str, progress: object) -> None:
        (cache / "datasets" / "FashionMNIST").mkdir(parents=True)
        fashion.rename(cache / "datasets" / "FashionMNIST" / "raw")

    monkeypatch.setattr(mnist, "download", download)
    monkeypatch.setattr(mnist, "debian_package", None)
    assert not_installed.load(None).name == "fashion-mnist"


@pytest.mark.usefixtures("offline")
def test_debians_package_is_fetched_where_torchvision_fails(
    cache: Path, fashion: Path, not_installed: IdxDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    def debian_package(name: str, directory: Path, *, progress: object) -> Path:
        root = directory / name
        (root / "no/such").mkdir(parents=True)
        fashion.rename(root / "no/such/directory")
        return root

    monkeypatch.setattr(mnist, "debian_package", debian_package)
    assert not_installed.load(None).name == "fashion-mnist"
    monkeypatch.setattr(mnist, "debian_package", None)
    assert not_installed.load(None).name == "fashion-mnist"  # now from the cache
    assert (cache / "debian" / "dataset-fashion-mnist").is_dir()
