"""What the cache holds is counted and removed, kind by kind and by age."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pytest

from catta.caches import KINDS, Cached, cached, clear
from catta.errors import UsageError
from catta.records import Recipe
from catta.tasks import prepare

MIB = 1 << 20


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CATTA_CACHE", str(tmp_path))
    return tmp_path


def file(path: Path, *, days: float = 0.0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(os.urandom(MIB))
    aged(path, days)
    return path


def aged(path: Path, days: float) -> None:
    then = time.time() - days * 86_400
    os.utime(path, (then, then))


def kind(name: str) -> Cached:
    return next(one for one in cached() if one.kind == name)


def test_an_empty_cache_holds_nothing(cache: Path) -> None:
    assert [one.kind for one in cached()] == list(KINDS)
    assert all((one.entries, one.bytes) == (0, 0) for one in cached())
    assert clear(KINDS).entries == 0
    assert list(cache.iterdir()) == []


def test_entries_are_counted_and_removed_by_kind(cache: Path) -> None:
    file(cache / "data" / "digits-1" / "inputs" / "train_x.npy")
    file(cache / "data" / "digits-2" / "inputs" / "train_x.npy")
    kept = file(cache / "models" / "smollm" / "model.safetensors")
    found = kind("data")
    assert found.entries == 2
    assert 2 * MIB <= found.bytes < 2 * MIB + 100_000
    assert found.directory == cache / "data"

    cleared = clear(["data", "data"])
    assert (cleared.entries, cleared.bytes) == (2, found.bytes)
    assert kind("data").entries == 0
    assert kept.is_file()


def test_only_what_was_not_used_for_days(cache: Path) -> None:
    old = file(cache / "exports" / "old.file", days=10)
    young = file(cache / "exports" / "young.file", days=1)
    assert clear(["exports"], unused_days=5).entries == 1
    assert not old.exists()
    assert young.exists()


def test_data_counts_as_young_when_it_was_used(cache: Path) -> None:
    recipe = Recipe(dataset="digits", resolution=8, train_samples=100, validation_samples=50)
    place = prepare(recipe).inputs.parent
    aged(place, 10)
    data = prepare(recipe)
    assert clear(["data"], unused_days=5).entries == 0
    mapped = np.load(data.inputs / "train_x.npy", mmap_mode="r")
    assert clear(["data"]).entries == 1
    assert mapped.shape == (100, 1, 8, 8)  # a training that reads it goes on
    assert np.isfinite(mapped).all()
    assert prepare(recipe).inputs.is_dir()


def test_a_link_is_removed_and_not_what_it_leads_to(cache: Path, tmp_path: Path) -> None:
    elsewhere = file(tmp_path / "mine" / "dataset.bin")
    (cache / "datasets").mkdir()
    (cache / "datasets" / "link").symlink_to(elsewhere.parent)
    assert clear(["datasets"]).bytes < MIB
    assert elsewhere.is_file()
    assert list((cache / "datasets").iterdir()) == [cache / "datasets" / ".lock"]


def test_bad_input(cache: Path) -> None:
    file(cache / "data" / "one.npy")
    with pytest.raises(UsageError, match="the cache has no 'date'; it has data, "):
        clear(["data", "date"])
    with pytest.raises(UsageError, match="must not be negative, not -1"):
        clear(["data"], unused_days=-1)
    assert kind("data").entries == 1
