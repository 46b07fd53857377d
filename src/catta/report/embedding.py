"""Data for the pages' scripts: files of JavaScript, because a page from disk may fetch nothing."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

_ESCAPES = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&"}
"""So that no text in the data ends or begins an element, wherever the script stands."""


def to_json(value: object) -> str:
    """JSON in ASCII that is safe within HTML; numbers that are not finite become null."""
    text = json.dumps(_plain(value), ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.translate(_ESCAPES)


def write_data(path: Path, name: str, value: object) -> None:
    """Write a script that puts a value into `cattaData` under a name."""
    path.parent.mkdir(exist_ok=True)
    key = to_json(name)
    text = f"(window.cattaData=window.cattaData||{{}})[{key}]={to_json(value)};\n"
    path.write_text(text, encoding="ascii")


def _plain(value: object) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in cast("Mapping[object, object]", value).items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in cast("Sequence[object]", value)]
    return value
