"""`catta cache` shows what is there and removes what it is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_builders import Invoke


@pytest.fixture(autouse=True)
def cache(corpus: Path) -> Path:
    """With some data and a model."""
    place = corpus.parent / "cache"
    for name, size in (("data/one.npy", 2_000_000), ("models/two.bin", 10)):
        (place / name).parent.mkdir(parents=True)
        (place / name).write_bytes(bytes(size))
    return place


def test_list(invoke: Invoke) -> None:
    shown = invoke("cache", "list").stdout
    (row,) = [line.split() for line in shown.splitlines() if line.split()[:1] == ["data"]]
    assert row[-2:] == ["1", "2.0"]
    found = {one["kind"]: one for one in json.loads(invoke("cache", "list", "--json").stdout)}
    assert found["data"]["bytes"] >= 2_000_000
    assert found["wheels"]["entries"] == 0


def test_clear(invoke: Invoke, cache: Path) -> None:
    assert invoke("cache", "clear", "data").stdout == "1 entry removed, 2 MB\n"
    assert not (cache / "data" / "one.npy").exists()
    assert (cache / "models" / "two.bin").exists()
    assert json.loads(invoke("cache", "clear", "--all", "--json").stdout)["entries"] == 1


@pytest.mark.parametrize(
    "words", [("clear",), ("clear", "data", "--all"), ("clear", "nothing"), ("clear", "/etc")]
)
def test_nothing_is_removed_by_mistake(invoke: Invoke, cache: Path, words: tuple[str, ...]) -> None:
    result = invoke("cache", *words)
    assert result.exit_code == 2
    assert len(result.stderr.strip().splitlines()) == 1
    assert (cache / "data" / "one.npy").exists()
