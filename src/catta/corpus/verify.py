"""Checking a whole corpus, wherever it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from catta.corpus.location import locate
from catta.corpus.migrate import HEAD
from catta.corpus.store import Corpus
from catta.errors import CorpusError


@dataclass(frozen=True, kw_only=True, slots=True)
class VerifyReport:
    """What a check showed.

    Attributes:
        corpus: Location of the corpus, without a password.
        schema: The schema version it was checked against.
        problems: A sentence a problem, on one line each; none if all is well.
    """

    corpus: str
    schema: str
    problems: tuple[str, ...]


def verify_corpus(location: str | Path) -> VerifyReport:
    """Check the schema, the database's own structure, references, JSON, and texts by their hashes.

    Nothing is changed; a corpus that cannot even be opened has one problem.

    Raises:
        UsageError: There is no corpus at this place.
    """
    place = locate(location)
    try:
        with Corpus.open(location, create=False, read_only=True) as corpus:
            problems = corpus.check_integrity(sample=None)
    except CorpusError as error:
        problems = [str(error)]
    return VerifyReport(corpus=place.name, schema=HEAD, problems=tuple(problems))
