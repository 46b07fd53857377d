"""The corpus: networks, evaluations and runs in one database."""

from catta.corpus.store import Corpus

__all__ = ["Corpus"]
