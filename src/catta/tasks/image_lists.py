"""Datasets of images whose files and labels stand in text files, line by line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from catta.errors import UsageError


def read_rows(path: Path, columns: int, *, skip: int = 0) -> Iterator[list[str]]:
    """The words of each line.

    Args:
        path: A text file.
        columns: Words of a line, at least.
        skip: Lines at the beginning that are no rows.

    Raises:
        UsageError: The file cannot be read, or a line is too short.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error
    for number, line in enumerate(lines[skip:], skip + 1):
        row = line.split()
        if not row:
            continue
        if len(row) < columns:
            raise UsageError(f"line {number} of {path} has {len(row)} instead of {columns} columns")
        yield row


def number(text: str, path: Path) -> int:
    """A whole number that stands in a file.

    Raises:
        UsageError: It is none.
    """
    try:
        return int(text)
    except ValueError as error:
        raise UsageError(f"{text!r} in {path} is not a whole number") from error


def find_layout(directories: list[Path], names: tuple[str, ...]) -> Path | None:
    """The first of some directories that holds all of these files and directories."""
    return next(
        (place for place in directories if all((place / name).exists() for name in names)), None
    )
