"""Transforms by name besides those of a corpus: texts, of which nothing is executed here.

A package adds one with an entry point of the group `catta.transforms`: its name is the transform's,
its object is a text, or a path to a file. A program adds one with `register_transform`.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from catta.errors import UsageError

GROUP = "catta.transforms"
LARGEST = 100_000
"""Bytes of a text."""

_NAME = re.compile(r"[A-Za-z0-9_-]+")

_registered: dict[str, OwnTransform] = {}


@dataclass(frozen=True, slots=True)
class OwnTransform:
    """A transform module.

    Attributes:
        name: What recipes call it: its own name and a hash of its text, since two texts of one name
            are two transforms.
        source: Its text: a module with `transform(norm) -> callable`.
    """

    name: str
    source: str


def register_transform(name: str, source: str | Path) -> None:
    """Make a transform known in this process; one registered under this name before is replaced.

    Args:
        name: What `--transform` calls it.
        source: Text of a module with `transform(norm) -> callable`, or the path to one; the sandbox
            executes it.

    Raises:
        UsageError: The name is none, or the file cannot be read.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"a transform is named by letters, digits, - and _, not {name!r}")
    _registered[name] = (
        _of_text(name, source) if isinstance(source, str) else read_file(source, name)
    )


def registered_transforms() -> dict[str, OwnTransform]:
    """What was registered in this process, by name."""
    return dict(_registered)


def own_transform_names() -> tuple[str, ...]:
    """Names of registered and installed transforms."""
    return tuple(sorted({*_points(), *_registered}))


def own_transform(name: str) -> OwnTransform | None:
    """The registered or installed transform of a name, which is without a hash; None without one.

    Raises:
        UsageError: The package that brings it cannot be loaded.
    """
    if name in _registered:
        return _registered[name]
    point = _points().get(name)
    return None if point is None else _load(point)


def read_file(path: Path, name: str | None = None) -> OwnTransform:
    """The transform of a file, under a name or that of the file.

    Raises:
        UsageError: The file cannot be read.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise UsageError(f"{path} is larger than {LARGEST:,} bytes")
        source = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is no text in UTF-8") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    return _of_text(name or path.stem, source)


def _of_text(name: str, source: str) -> OwnTransform:
    digest = hashlib.sha256(source.encode()).hexdigest()
    return OwnTransform(f"{name}@{digest[:12]}", source)


def _points() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP)}


def _load(point: EntryPoint) -> OwnTransform:
    try:
        source: Any = point.load()
    except (ImportError, AttributeError) as error:
        raise UsageError(
            f"transform {point.name!r} ({point.value}) cannot be loaded: {error}"
        ) from error
    if isinstance(source, str):
        return _of_text(point.name, source)
    if isinstance(source, Path):
        return read_file(source, point.name)
    raise UsageError(f"transform {point.name!r} ({point.value}) is neither a text nor a path")
