from collections.abc import Iterator
from pathlib import Path

import pytest

from catta.corpus import Corpus
from catta.testing.store import StoreContract


class TestFile(StoreContract):
    @pytest.fixture
    def corpus(self, tmp_path: Path) -> Iterator[Corpus]:
        with Corpus.open(tmp_path / "c.sqlite") as corpus:
            yield corpus


class TestMemory(StoreContract):
    @pytest.fixture
    def corpus(self) -> Iterator[Corpus]:
        with Corpus.open("sqlite://") as corpus:
            yield corpus
