"""Networks of one's own into a corpus."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from catta.corpus import Corpus
from catta.corpus.published import Traits
from catta.errors import UsageError
from catta.library.traits import identify
from catta.novelty import InvalidSource
from catta.records import Network

_LARGEST = 1_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class AddReport:
    """What was added.

    Attributes:
        added: Networks that the corpus did not hold before, by name.
        known: Those it did; they gained their names as aliases.
        ids: Identities of the networks, added or known.
        skipped: Files that were not taken, with the reasons.
    """

    added: tuple[str, ...]
    known: tuple[str, ...]
    ids: tuple[str, ...]
    skipped: tuple[tuple[str, str], ...]


def add_networks(corpus: Corpus, paths: Iterable[str | Path]) -> AddReport:
    """Add networks from Python files; each is called as its file. Nothing is executed.

    Args:
        corpus: Where they go.
        paths: Files, or directories that are searched for `*.py`; symbolic links in them are not
            followed. A given file has to be a network, others are skipped if they are none.

    Raises:
        UsageError: A path is not there, or a given file is not a module that parses.
    """
    networks: list[Network] = []
    traits: dict[str, Traits] = {}
    skipped: list[tuple[str, str]] = []
    for path, given in _files(paths):
        source = _read(path)
        if source is None or not source.strip():
            reason = f"it is no text in UTF-8 of 1 to {_LARGEST:,} bytes"
        else:
            try:
                identity, found = identify(path.stem, source)
            except InvalidSource as error:
                reason = str(error)
            else:
                traits.setdefault(identity, found)
                networks.append(Network(id=identity, source=source, name=path.stem, origin="user"))
                continue
        if given:
            raise UsageError(f"{path} cannot be added: {reason}")
        skipped.append((str(path), reason))
    with corpus.transaction():
        before = {n.id for n in corpus.networks.get_many([n.id for n in networks])}
        corpus.networks.add(networks)
        corpus.trials.add_traits(traits)
    return AddReport(
        added=tuple(n.name for n in networks if n.id not in before),
        known=tuple(n.name for n in networks if n.id in before),
        ids=tuple(dict.fromkeys(n.id for n in networks)),
        skipped=tuple(skipped),
    )


def _files(paths: Iterable[str | Path]) -> Iterator[tuple[Path, bool]]:
    """Files, and whether they were given by name."""
    for path in map(Path, paths):
        if path.is_dir():
            for file in sorted(path.rglob("*.py")):
                if file.name != "__init__.py" and file.is_file() and not file.is_symlink():
                    yield file, False
        elif path.is_file():
            yield path, True
        else:
            raise UsageError(f"{path} does not exist")


def _read(path: Path) -> str | None:
    try:
        if path.stat().st_size > _LARGEST:
            return None
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        return None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
