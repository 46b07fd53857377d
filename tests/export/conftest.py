from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from catta.corpus import Corpus
from catta.evaluation import available_sandboxes
from catta.export.exporting import Reference, reference_of
from catta.export.subjects import Subject, prepared
from catta.export.trained import trained_subject
from catta.export.workplace import Workplace
from catta.records import Network, Recipe
from catta.testing.exporter import NETWORK
from catta.training import recipe_for
from catta.training.subjects import named
from catta.training.warm import WarmWorker

SMALL = {"dataset": "digits", "resolution": 16, "train_samples": 1_000, "validation_samples": 500}


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session", autouse=True)
def cache(shared_cache: Path) -> Iterator[Path]:
    """One cache for all: the digits are prepared once, and a worker keeps their files open."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CATTA_CACHE", str(shared_cache))
        yield shared_cache


@pytest.fixture(scope="session")
def unsafe() -> bool:
    """These tests are not about the sandbox: any will do, and where there is none, none."""
    return not list(available_sandboxes())


@pytest.fixture(scope="session")
def workplace(unsafe: bool, cache: Path) -> Iterator[Workplace]:
    with Workplace(unsafe=unsafe) as place:
        yield place


@pytest.fixture(scope="session")
def network() -> Network:
    return named("small", NETWORK)


@pytest.fixture(scope="session")
def recipe() -> Recipe:
    return recipe_for("img-classification", NETWORK, epochs=6, batch=32, prm={"lr": 0.01}, **SMALL)


@pytest.fixture(scope="session")
def subject(network: Network, recipe: Recipe, unsafe: bool, cache: Path) -> Subject:
    with WarmWorker(unsafe=unsafe, threads=1) as warm:
        return trained_subject(network, recipe, warm=warm)


@pytest.fixture(scope="session")
def reference(subject: Subject, workplace: Workplace) -> Reference:
    return reference_of(subject, workplace)


@pytest.fixture(scope="session")
def make_subject(cache: Path) -> Callable[[str], Subject]:
    def make(source: str) -> Subject:
        return prepared(named("other", source), recipe_for("img-classification", source, **SMALL))

    return make


@pytest.fixture
def corpus(tmp_path: Path) -> Iterator[Corpus]:
    with Corpus.open(tmp_path / "corpus.sqlite") as opened:
        yield opened
