"""Text files as pieces of a text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from catta.errors import UsageError

SUFFIXES = (".txt", ".rst", ".md")


def find_texts(place: Path, suffixes: tuple[str, ...] = SUFFIXES) -> list[Path]:
    """A file, or all files below a directory that have one of the suffixes, in order of path.

    Raises:
        UsageError: There is no such file or directory, or no such file in it.
    """
    if place.is_file():
        return [place]
    if not place.is_dir():
        raise UsageError(f"the text {place} does not exist")
    found = sorted(path for path in place.rglob("*") if path.suffix.lower() in suffixes)
    files = [path for path in found if path.is_file()]
    if not files:
        raise UsageError(f"the directory {place} holds no text: no {', '.join(suffixes)} in it")
    return files


def read_texts(paths: Iterable[Path]) -> Iterator[str]:
    """The content of each file; line breaks of every kind become line feeds.

    Raises:
        UsageError: A file cannot be read or is not UTF-8.
    """
    for path in paths:
        try:
            yield path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise UsageError(
                f"{path} is not a text in UTF-8: byte {error.start} is wrong"
            ) from error
        except OSError as error:
            raise UsageError(f"{path} cannot be read: {error.strerror or error}") from error
