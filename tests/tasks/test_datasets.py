from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pytest

from catta.errors import UsageError
from catta.tasks import dataset_names, datasets, find_dataset, list_datasets
from catta.tasks.digits import DIGITS, Digits

BUILT_IN = tuple(datasets._BUILT_IN)


def test_the_built_in_datasets_are_listed() -> None:
    assert dataset_names()[:6] == (
        "fashion-mnist",
        "mnist",
        "cifar-10",
        "cifar-100",
        "svhn",
        "digits",
    )
    listed = {info.name: info for info in list_datasets()}
    assert listed["digits"].present
    assert not listed["cifar-100"].present
    assert (listed["cifar-100"].classes, listed["cifar-100"].channels) == (100, 3)
    assert all(info.origin for info in listed.values())
    assert set(listed) == set(BUILT_IN)


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"must be one of fashion-mnist, .*, not 'imagenet'"):
        find_dataset("imagenet")


def add_entry_point(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    point = EntryPoint(name=name, value=value, group=datasets.GROUP)
    monkeypatch.setattr(datasets, "entry_points", lambda *, group: [point])


def test_another_package_adds_a_dataset(monkeypatch: pytest.MonkeyPatch) -> None:
    add_entry_point(monkeypatch, "mine", "catta.tasks.digits:DIGITS")
    assert dataset_names() == (*BUILT_IN, "mine")
    assert find_dataset("mine") is DIGITS


def test_another_package_cannot_replace_a_built_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    add_entry_point(monkeypatch, "digits", "os:system")
    assert dataset_names() == BUILT_IN
    assert find_dataset("digits") is DIGITS


def test_a_package_that_cannot_be_loaded_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    add_entry_point(monkeypatch, "mine", "no_such_module:DATASET")
    with pytest.raises(UsageError, match="no_such_module:DATASET"):
        find_dataset("mine")


def test_digits_are_always_there_and_always_split_alike() -> None:
    one, other = Digits().load(None), Digits().load(None)
    assert one.train_x.shape == (1438, 1, 8, 8)
    assert one.test_x.shape == (359, 1, 8, 8)
    assert one.train_x.max() == 255
    assert np.array_equal(one.test_x, other.test_x)
    assert set(one.test_y.tolist()) == set(range(10))


def test_digits_take_no_directory(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="takes no directory"):
        Digits().load(tmp_path)


def test_importing_the_package_loads_no_torch() -> None:
    program = (
        "import sys, catta.tasks; sys.exit('torch' in sys.modules or 'sklearn' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
