"""How results leave the program: JSON or rich on stdout, a file written whole or not at all."""

from __future__ import annotations

import json
import math
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, cast

import typer
from rich.console import Console, RenderableType

from catta.errors import UsageError

_WIDTH_WITHOUT_TERMINAL = 150


def print_json(value: object) -> None:
    """Print one JSON value on one line of stdout; records become objects."""
    typer.echo(json.dumps(plain(value), ensure_ascii=False, allow_nan=False))


def print_rich(*parts: RenderableType) -> None:
    """Print tables and sentences on stdout; text is taken literally."""
    console = Console(highlight=False, markup=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _WIDTH_WITHOUT_TERMINAL
    for part in parts:
        console.print(part, soft_wrap=isinstance(part, str))


def check_target(path: Path | None, option: str) -> None:
    """Raise UsageError, before any work, where a file cannot be written to that path.

    Args:
        path: Of the file; None for none.
        option: What names it.
    """
    if path is None:
        return
    directory = path.absolute().parent
    if path.is_dir():
        raise UsageError(f"{option}: {path} is a directory; name a file")
    if not directory.is_dir():
        raise UsageError(f"{option}: there is no directory {directory}")
    if not os.access(directory, os.W_OK | os.X_OK):
        raise UsageError(f"{option}: nothing can be written to {directory}")


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    descriptor, name = tempfile.mkstemp(dir=path.absolute().parent, prefix=".catta-")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        temporary.chmod(0o644)  # mkstemp makes it private; this file is meant to be shared
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def plain(value: object) -> Any:
    """Data for JSON, which knows no path and no NaN: a number that is not finite becomes null."""
    if is_dataclass(value) and not isinstance(value, type):
        # Not `asdict`, which cannot copy the read-only mappings of our records.
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in cast("Mapping[str, object]", value).items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in cast("Sequence[object]", value)]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return str(value) if isinstance(value, Path) else value
