from __future__ import annotations

import hashlib
import pickle
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import scipy.io
from torchvision.datasets import CIFAR10
from torchvision.datasets import SVHN as TORCHVISION_SVHN

from catta.errors import FetchError, UsageError
from catta.tasks import colour
from catta.tasks.colour import CIFAR_10, CIFAR_100, SVHN, TorchvisionDataset

PIXELS = np.random.default_rng(0).integers(0, 256, (20, 3, 32, 32), dtype=np.uint8)


def write_pickle(path: Path, content: object) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(content, protocol=2))
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


@pytest.fixture
def small_cifar(tmp_path: Path) -> tuple[TorchvisionDataset, Path]:
    """CIFAR-10 with one training and one test file of 20 images, as torchvision reads it."""
    folder = tmp_path / "given" / "cifar-10-batches-py"
    batch = {"data": PIXELS.reshape(20, -1), "labels": [i % 10 for i in range(20)]}
    sums = {name: write_pickle(folder / name, batch) for name in ("train", "test")}
    meta_sum = write_pickle(folder / "meta", {"label_names": [str(i) for i in range(10)]})

    class SmallCifar(CIFAR10):
        train_list: ClassVar = [["train", sums["train"]]]
        test_list: ClassVar = [["test", sums["test"]]]
        meta: ClassVar = {"filename": "meta", "key": "label_names", "md5": meta_sum}

    return replace(CIFAR_10, read=colour._cifar(SmallCifar)), tmp_path / "given"


def test_cifar_is_read_from_torchvisions_layout(
    small_cifar: tuple[TorchvisionDataset, Path],
) -> None:
    dataset, directory = small_cifar
    raw = dataset.load(directory)
    assert np.array_equal(raw.train_x, PIXELS)
    assert np.array_equal(raw.test_x, PIXELS)
    assert raw.train_y.tolist() == [i % 10 for i in range(20)]
    assert raw.name == "cifar-10"


class Trap:
    """Unpickling this makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.path,)


def test_a_changed_pickle_is_never_loaded(
    small_cifar: tuple[TorchvisionDataset, Path], tmp_path: Path
) -> None:
    dataset, directory = small_cifar
    write_pickle(directory / "cifar-10-batches-py" / "train", Trap(tmp_path / "sprung"))
    with pytest.raises(UsageError, match=r"cifar-10 in .* is incomplete or damaged"):
        dataset.load(directory)
    assert not (tmp_path / "sprung").exists()


def test_svhn_is_read_from_torchvisions_layout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = np.arange(1, 21, dtype=np.uint8) % 10
    labels[labels == 0] = 10  # SVHN's label of the digit 0
    lists: dict[str, list[str]] = {}
    for part in ("train", "test"):
        path = tmp_path / f"{part}_32x32.mat"
        scipy.io.savemat(path, {"X": PIXELS.transpose(2, 3, 1, 0), "y": labels[:, None]})
        md5 = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
        lists[part] = ["", path.name, md5]
    monkeypatch.setattr(TORCHVISION_SVHN, "split_list", lists)
    raw = SVHN.load(tmp_path)
    assert np.array_equal(raw.train_x, PIXELS)
    assert raw.test_y.tolist() == [i % 10 for i in range(1, 21)]
    (tmp_path / "test_32x32.mat").write_bytes(b"damaged")
    with pytest.raises(UsageError, match=r"svhn in .* is incomplete or damaged"):
        SVHN.load(tmp_path)


@pytest.mark.parametrize("dataset", [CIFAR_10, CIFAR_100, SVHN])
def test_a_missing_or_wrong_directory_is_a_mistake_of_the_user(
    dataset: TorchvisionDataset, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        dataset.load(tmp_path / "missing")
    with pytest.raises(UsageError, match=f"does not hold {dataset.name}: it needs"):
        dataset.load(tmp_path)


def test_offline_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*args: object, **options: object) -> None:
        raise FetchError("no network")

    monkeypatch.setattr(colour, "download", unreachable)
    with pytest.raises(FetchError, match=r"cifar-100 could not be obtained \(no network\); give a"):
        CIFAR_100.load(None)


def test_a_damaged_download_is_fetched_again(
    small_cifar: tuple[TorchvisionDataset, Path], cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset, directory = small_cifar
    damaged = cache / "datasets" / "cifar-10-batches-py"
    damaged.mkdir(parents=True)
    assert dataset.present()

    def download(build: object, *, url: str, progress: object) -> None:
        damaged.rmdir()
        (directory / damaged.name).rename(damaged)

    monkeypatch.setattr(colour, "download", download)
    assert len(dataset.load(None).train_x) == 20
