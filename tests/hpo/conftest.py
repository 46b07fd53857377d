from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hpo_networks import FakeTraining

from catta.corpus import Corpus


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache for all tests: digits are prepared once."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def cache(shared_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATTA_CACHE", str(shared_cache))
    monkeypatch.delenv("CATTA_DEBUG", raising=False)


@pytest.fixture
def corpus(tmp_path: Path) -> Iterator[Corpus]:
    with Corpus.open(tmp_path / "corpus.sqlite") as opened:
        yield opened


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeTraining:
    """Trainings take no time and come to what their dropout says."""
    training = FakeTraining()
    monkeypatch.setattr("catta.hpo.trials.train", training)
    return training
