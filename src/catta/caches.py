"""What the cache holds, and how it is emptied: all of it can be fetched or computed again."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from catta.errors import UsageError
from catta.fetch import locked, storing
from catta.paths import cache_dir

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "data": "data of recipes, split and normalised",
        "datasets": "datasets as they were downloaded",
        "debian": "packages of Debian",
        "wheels": "packages of PyPI",
        "models": "language models, converted",
        "adapters": "what language models learnt; a run that goes on needs its own",
        "checkpoints": "trainings that were interrupted",
        "exports": "files and weights of exported networks",
    }
)
"""Directories of the cache, and what is in them."""

_DAY = 86_400.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Cached:
    """One kind of what the cache holds.

    Attributes:
        kind: One of `KINDS`.
        what: What that is.
        entries: Number of its files and directories.
        bytes: What they take on the disk.
        directory: Where they are.
    """

    kind: str
    what: str
    entries: int
    bytes: int
    directory: Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Cleared:
    """What was removed: entries, and the bytes that they took."""

    entries: int
    bytes: int


def cached() -> list[Cached]:
    """What the cache holds, kind by kind."""
    found: list[Cached] = []
    for kind, what in KINDS.items():
        directory = cache_dir() / kind
        entries = _entries(directory)
        size = sum(map(_size, entries))
        found.append(
            Cached(kind=kind, what=what, entries=len(entries), bytes=size, directory=directory)
        )
    return found


def clear(kinds: Iterable[str], *, unused_days: float = 0.0) -> Cleared:
    """Remove what the cache holds; what a training reads just now stays readable to it.

    Args:
        kinds: Of `KINDS`.
        unused_days: Only what was not made for so many days, nor, where it is data, used.

    Raises:
        UsageError: A kind is unknown, or the days are negative.
        FetchError: The cache cannot be written.
    """
    wanted = list(dict.fromkeys(kinds))
    unknown = [kind for kind in wanted if kind not in KINDS]
    if unknown:
        raise UsageError(f"the cache has no {unknown[0]!r}; it has {', '.join(KINDS)}")
    if unused_days < 0:
        raise UsageError(f"unused_days must not be negative, not {unused_days}")
    before = time.time() - unused_days * _DAY
    entries, size = 0, 0
    for kind in wanted:
        directory = cache_dir() / kind
        if not directory.is_dir():
            continue
        with locked(directory), storing(directory):  # nobody is just writing into it
            for entry in _entries(directory):
                if entry.lstat().st_mtime <= before:
                    size += _size(entry)
                    _remove(entry)
                    entries += 1
    return Cleared(entries=entries, bytes=size)


def _entries(directory: Path) -> list[Path]:
    """Files and directories of a kind, without its lock."""
    if not directory.is_dir():
        return []
    return sorted(path for path in directory.iterdir() if path.name != ".lock")


def _size(entry: Path) -> int:
    """Bytes that an entry takes on the disk."""
    paths = [entry, *entry.rglob("*")] if entry.is_dir() and not entry.is_symlink() else [entry]
    return sum(path.lstat().st_blocks * 512 for path in paths)


def _remove(entry: Path) -> None:
    if entry.is_dir() and not entry.is_symlink():
        shutil.rmtree(entry)
    else:
        entry.unlink()
