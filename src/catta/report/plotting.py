"""The script that draws charts: plotly.js, as the package `plotly` ships it."""

from __future__ import annotations

import re
import shutil
from importlib.resources import as_file, files
from pathlib import Path

NAME = "plotly.min.js"

_GUARD = re.compile(rb'getElementById\("([0-9a-f]{64})"\)')


def copy_script(folder: Path) -> str | None:
    """Copy the script into a folder.

    Returns:
        The id of an element that keeps it from adding the style sheet of its maps, which no chart
        of ours needs and the pages' policy refuses; None where it adds none.
    """
    with as_file(files("plotly") / "package_data" / NAME) as script:
        shutil.copyfile(script, folder / NAME)
    found = _GUARD.search((folder / NAME).read_bytes())
    return found[1].decode() if found else None
