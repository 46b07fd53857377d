"""Files that appear when they are whole."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def write_file(path: Path, content: bytes) -> None:
    """Write a file whole or not at all.

    Raises:
        OSError: The disk is full, or the directory may not be written.
    """
    descriptor, name = tempfile.mkstemp(dir=path.absolute().parent, prefix=".catta-")
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        draft.chmod(0o644)  # mkstemp makes it private; this file is meant to be shared
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
