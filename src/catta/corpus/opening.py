"""The corpus that a question is about, however it was given."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from catta.corpus.store import Corpus
from catta.paths import default_corpus


@contextmanager
def opened(corpus: str | Path | Corpus | None) -> Generator[Corpus]:
    """A corpus to read from within the block.

    Args:
        corpus: An open one, which stays open; its path or URL; None for `CATTA_CORPUS` or the
            one in the user's data directory.

    Raises:
        UsageError: It is not there.
        CorpusError: It cannot be opened.
    """
    if isinstance(corpus, Corpus):
        yield corpus
        return
    location = corpus or default_corpus()
    with Corpus.open(location, create=False, read_only=True) as store:
        yield store
