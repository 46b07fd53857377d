"""Files that appear at their path when they are whole, and never take another one's place."""

from __future__ import annotations

import os
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

_COMPANIONS = ("", "-wal", "-shm", "-journal")
"""What SQLite puts beside a database, by the end of its name."""


@contextmanager
def draft_of(path: Path) -> Generator[Path]:
    """An empty file beside a path; it is gone after the block unless it was published.

    Raises:
        OSError: It cannot be made.
    """
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        draft.touch(exist_ok=False)
        yield draft
    finally:
        for companion in _COMPANIONS:
            draft.with_name(draft.name + companion).unlink(missing_ok=True)


def publish(draft: Path, path: Path) -> bool:
    """Give a draft its name, unless something has it; says whether it was given.

    On a file system without hard links a file that appears there at this moment is overwritten.

    Raises:
        OSError: It cannot be done.
    """
    if path.exists():
        return False
    try:
        os.link(draft, path)
    except FileExistsError:
        return False
    except OSError:
        draft.rename(path)
    return True
