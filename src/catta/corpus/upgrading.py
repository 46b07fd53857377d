"""Bringing an older corpus to the newest schema when the user says so, with a backup beside it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from catta.corpus.location import Location, locate
from catta.corpus.migrate import HEAD, schema_version
from catta.corpus.store import Corpus
from catta.corpus.transfer import copy_file
from catta.errors import UsageError


@dataclass(frozen=True, kw_only=True, slots=True)
class UpgradeReport:
    """What an upgrade did.

    Attributes:
        corpus: Location of the corpus, without a password.
        before: Its schema version until now.
        after: The one it has.
        backup: The file that holds the corpus as it was; None where nothing was to do, or no
            backup was wanted.
    """

    corpus: str
    before: str
    after: str
    backup: Path | None = None


def upgrade_corpus(location: str | Path, *, backup: bool = True) -> UpgradeReport:
    """Bring a corpus to the newest schema; one that has it stays as it is.

    Args:
        location: Path or URL.
        backup: Whether to copy a file as it is first, to one beside it that is called by the
            older schema.

    Raises:
        UsageError: It is not there, the backup's file is there already, or a database on a server
            is to be backed up.
        CorpusError: It is no corpus, of a newer schema, or cannot be written; it stays as it was.
    """
    place = locate(location)
    before = _version(place)
    if before == HEAD:
        return UpgradeReport(corpus=place.name, before=before, after=before)
    kept = _back_up(place, before) if backup else None
    Corpus.open(place.target, create=False).close()
    return UpgradeReport(corpus=place.name, before=before, after=HEAD, backup=kept)


def _version(place: Location) -> str:
    if place.path is None and place.url is None:
        raise UsageError("upgrade: a corpus in memory is never older")
    if place.path is not None and not place.path.exists():
        raise UsageError(f"corpus: {place.path} does not exist")
    found = schema_version(place)
    if found is None:
        raise UsageError(f"corpus: {place.name} holds no corpus")
    return found


def _back_up(place: Location, version: str) -> Path:
    if place.path is None:
        raise UsageError(
            "upgrade: back up the server's database with pg_dump, and then say --no-backup"
        )
    path = place.path.with_name(f"{place.path.stem}-schema-{version}{place.path.suffix}")
    if path.exists():
        raise UsageError(
            f"upgrade: the backup would be {path}, which exists already; move it away, or say "
            "--no-backup"
        )
    copy_file(place.path, path)
    return path
