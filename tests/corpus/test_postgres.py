"""The store on PostgreSQL does what it does on SQLite."""

from collections.abc import Iterator

import pytest

from catta.corpus import Corpus
from catta.testing.store import StoreContract

pytestmark = pytest.mark.postgres


class TestServer(StoreContract):
    @pytest.fixture
    def corpus(self, corpus_url: str) -> Iterator[Corpus]:
        with Corpus.open(corpus_url) as corpus:
            yield corpus
