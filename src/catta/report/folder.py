"""A folder that is written whole or not at all, and that never takes the place of another's."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from catta.errors import UsageError

MARKER = ".catta-report"
"""A file that says that a folder was written by this module, and may be replaced by it."""

_MARKER_TEXT = (
    "This folder was written by `catta report`, which replaces it when it is run again.\n"
)


def check_target(directory: Path) -> Path:
    """The absolute path of a folder to be written.

    Raises:
        UsageError: It is a file, a folder of something else, the current one, or in no folder.
    """
    target = directory.expanduser().resolve()
    if target == Path.cwd().resolve() or target in Path.cwd().resolve().parents:
        raise UsageError(f"-o: {directory} is where you are; name a folder of the report's own")
    if not target.parent.is_dir():
        raise UsageError(f"-o: there is no directory {target.parent}")
    if target.exists() and not target.is_dir():
        raise UsageError(f"-o: {target} is a file; name a folder")
    if target.is_dir() and any(target.iterdir()) and not (target / MARKER).is_file():
        raise UsageError(f"-o: {target} holds something else than a report; name another folder")
    return target


@contextmanager
def replacing(directory: Path) -> Generator[Path]:
    """A new folder beside the one named, in whose place it is put when the block ends well.

    Raises:
        UsageError: As of `check_target`.
    """
    target = check_target(directory)
    fresh = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}-"))
    try:
        fresh.chmod(0o755)  # mkdtemp makes it private; a report is meant to be shared
        (fresh / MARKER).write_text(_MARKER_TEXT, encoding="utf-8")
        yield fresh
        _exchange(fresh, check_target(target))
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _exchange(fresh: Path, target: Path) -> None:
    if not target.exists():
        fresh.rename(target)
        return
    old = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}-old-"))
    before = old / "before"
    target.rename(before)
    try:
        fresh.rename(target)
    except BaseException:
        before.rename(target)
        raise
    finally:
        if target.exists():
            shutil.rmtree(old, ignore_errors=True)
