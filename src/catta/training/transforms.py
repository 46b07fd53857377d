"""From the name of a transform to the text of its module; nothing of it is executed here."""

from __future__ import annotations

import difflib
import hashlib
from dataclasses import dataclass
from pathlib import Path

from catta.corpus import Corpus
from catta.corpus.opening import opened
from catta.errors import UsageError

KIND = "transform"
LARGEST = 100_000
"""Bytes of a file with a transform."""


@dataclass(frozen=True, slots=True)
class Transform:
    """A transform module.

    Attributes:
        name: What recipes call it: the name in the corpus; of a file its stem and a hash of its
            text, since two files of one name are two transforms.
        source: Its text: a module with `transform(norm) -> callable`.
    """

    name: str
    source: str


def find_transform(
    name: str, corpus: Corpus | None = None, directory: str | Path | None = None
) -> Transform:
    """The transform of a file (`NAME.py`), of a directory, or of the corpus.

    Args:
        name: A path that ends in `.py`, or a name as of LEMUR's transforms (`echo_64`).
        corpus: Where the modules of an imported LEMUR are; None for the default corpus.
        directory: Looked into first, for `NAME.py`.

    Raises:
        UsageError: There is none, or the file cannot be read.
    """
    if name.endswith(".py"):
        return _of_file(Path(name))
    stem = name.partition("@")[0]
    if directory is not None:
        if Path(stem).name != stem:
            raise UsageError(f"transform {stem!r} is no name of a file in {directory}")
        path = Path(directory) / f"{stem}.py"
        if path.is_file():
            return _same(name, _of_file(path))
    found, names = _in_corpus(name, corpus)
    if found is not None:
        return Transform(name, found)
    if directory is not None:
        names += [path.stem for path in Path(directory).glob("*.py")]
    raise UsageError(_unknown(name, names))


def _same(name: str, found: Transform) -> Transform:
    """What a recipe named with the hash of a text must have this text."""
    if "@" in name and found.name != name:
        raise UsageError(f"transform {name} is another one than the file has now, {found.name}")
    return found


def _of_file(path: Path) -> Transform:
    try:
        if path.stat().st_size > LARGEST:
            raise UsageError(f"{path} is larger than {LARGEST:,} bytes")
        source = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is no text in UTF-8") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    digest = hashlib.sha256(source.encode()).hexdigest()
    return Transform(f"{path.stem}@{digest[:12]}", source)


def _in_corpus(name: str, corpus: Corpus | None) -> tuple[str | None, list[str]]:
    """The text of this name, and all names."""
    try:
        with opened(corpus) as store:
            return store.trials.module(KIND, name), store.trials.module_names(KIND)
    except UsageError:  # there is no default corpus
        return None, []


def _unknown(name: str, names: list[str]) -> str:
    if not names:
        return (
            f"transform {name!r} is unknown: the corpus has no transforms; import LEMUR's with "
            "`catta corpus import lemur`, or name a file NAME.py"
        )
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    return f"transform {name!r} is unknown{hint}"
