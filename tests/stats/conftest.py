from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import pytest
from stats_corpus import fill

import catta
from catta.corpus import Corpus


@pytest.fixture(scope="session")
def stats_corpus() -> Iterator[Corpus]:
    """Two families and more (see `stats_corpus.py`); tests must not write to it."""
    with Corpus.open("sqlite://") as opened:
        fill(opened)
        yield opened


@pytest.fixture(scope="session")
def trials(stats_corpus: Corpus) -> pd.DataFrame:
    """What `load` reads of it."""
    return catta.stats.load(stats_corpus)


@pytest.fixture(scope="session")
def data(stats_corpus: Corpus) -> pd.DataFrame:
    """The same measurements, by the way that owes nothing to the statistics."""
    return catta.data(corpus=stats_corpus)


@pytest.fixture
def nothing() -> Iterator[Corpus]:
    """A corpus without a measurement."""
    with Corpus.open("sqlite://") as opened:
        yield opened
