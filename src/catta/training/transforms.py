"""From the name of a transform to the text of its module; nothing of it is executed here."""

from __future__ import annotations

import difflib
from pathlib import Path

from catta.corpus import Corpus
from catta.corpus.opening import opened
from catta.errors import UsageError
from catta.tasks.own_transforms import OwnTransform, own_transform, own_transform_names, read_file

KIND = "transform"


Transform = OwnTransform
"""A transform module: what recipes call it, and its text. One of a corpus has its name there."""


def find_transform(
    name: str, corpus: Corpus | None = None, directory: str | Path | None = None
) -> Transform:
    """The transform of a file (`NAME.py`), of a directory, a package, a plugin or the corpus.

    Args:
        name: A path that ends in `.py`, or a name as of LEMUR's transforms (`echo_64`).
        corpus: Where the modules of an imported LEMUR are; None for the default corpus.
        directory: Looked into first, for `NAME.py`.

    Raises:
        UsageError: There is none, or the file cannot be read.
    """
    if name.endswith(".py"):
        return read_file(Path(name))
    stem = name.partition("@")[0]
    if directory is not None:
        if Path(stem).name != stem:
            raise UsageError(f"transform {stem!r} is no name of a file in {directory}")
        path = Path(directory) / f"{stem}.py"
        if path.is_file():
            return _same(name, read_file(path))
    own = own_transform(stem)
    if own is not None:
        return _same(name, own)
    found, names = _in_corpus(name, corpus)
    if found is not None:
        return Transform(name, found)
    names += own_transform_names()
    if directory is not None:
        names += [path.stem for path in Path(directory).glob("*.py")]
    raise UsageError(_unknown(name, names))


def _same(name: str, found: Transform) -> Transform:
    """What a recipe named with the hash of a text must have this text."""
    if "@" in name and found.name != name:
        raise UsageError(f"transform {name} is another one than there is now, {found.name}")
    return found


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
