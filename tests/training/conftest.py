from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from training_networks import Lines

from catta.corpus import Corpus
from catta.evaluation import available_sandboxes
from catta.training.warm import WarmWorker


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def cache(shared_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One cache for all: the digits are prepared once, and a worker keeps their files open."""
    monkeypatch.setenv("CATTA_CACHE", str(shared_cache))
    return shared_cache


@pytest.fixture(scope="session")
def unsafe() -> bool:
    """These tests are not about the sandbox: any will do, and where there is none, none."""
    return not list(available_sandboxes())


@pytest.fixture(scope="session")
def warm(unsafe: bool) -> Iterator[WarmWorker]:
    with WarmWorker(unsafe=unsafe, threads=1) as worker:
        yield worker


@pytest.fixture
def corpus(tmp_path: Path) -> Iterator[Corpus]:
    with Corpus.open(tmp_path / "corpus.sqlite") as opened:
        yield opened


@pytest.fixture
def lines() -> Lines:
    return Lines()
