"""Which network is meant: a file, one of the zoo, or one of the corpus."""

from __future__ import annotations

from pathlib import Path

from catta.corpus import Corpus
from catta.errors import UsageError
from catta.novelty import InvalidSource, network_id
from catta.records import Network
from catta.zoo import names, source

LARGEST = 1_000_000
"""Bytes of a file with a network."""


def find_subject(name: str | Path, corpus: Corpus | None = None) -> Network:
    """The network of a file (`NAME.py`), of a name or id in the corpus, or of the zoo.

    Args:
        name: A path ends in `.py`; the corpus comes before the zoo.
        corpus: Where names are looked up.

    Raises:
        UsageError: There is no such network, or the file is none.
    """
    text = str(name)
    if text.endswith(".py"):
        return named(Path(text).stem, _read(Path(text)))
    found = corpus.networks.get(text) if corpus is not None else None
    if found is not None:
        return found
    if text in names():
        return named(text, source(text), licence="MIT")
    where = f"in the corpus {corpus.location}" if corpus is not None else "in a corpus"
    raise UsageError(
        f"{text} is no name or id of a network {where}, no network of the zoo "
        f"({', '.join(names())}), and no file NAME.py"
    )


def named(name: str, text: str, *, licence: str | None = None) -> Network:
    """A network of the user's.

    Raises:
        UsageError: The text is not a module that parses.
    """
    try:
        identity = network_id(text)
    except InvalidSource as error:
        raise UsageError(f"{name} is no network: {error}") from error
    return Network(id=identity, source=text, name=name, origin="user", licence=licence)


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST:
            raise UsageError(f"{path} is larger than {LARGEST:,} bytes")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is no text in UTF-8") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
