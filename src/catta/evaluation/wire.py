"""Frames between processes: a JSON header and raw arrays. Nothing here can execute anything.

A frame is 8 bytes of header length, the header, and the bytes of the arrays that the header lists.
The reader checks every size before it allocates: the other side may be hostile.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

MAX_HEADER = 16 << 20
MAX_ARRAYS = 256 << 20
MAX_COUNT = 4_096
_DTYPES = {"float32": np.float32, "int64": np.int64}
_LENGTH = struct.Struct("<Q")

Arrays = Mapping[str, np.ndarray]


class WireError(Exception):
    """What arrived is not a frame."""


def encode(header: Mapping[str, Any], arrays: Arrays | None = None) -> bytes:
    """A frame as bytes; arrays must be float32 or int64.

    Raises:
        WireError: An array has another type, or the header is not plain data.
    """
    listed: list[list[Any]] = []
    chunks: list[bytes] = []
    for name, array in (arrays or {}).items():
        if array.dtype.name not in _DTYPES:
            raise WireError(f"arrays of type {array.dtype.name} do not travel")
        listed.append([name, array.dtype.name, list(array.shape)])
        chunks.append(np.ascontiguousarray(array).tobytes())
    try:
        head = json.dumps({"header": dict(header), "arrays": listed}).encode()
    except (TypeError, ValueError) as error:
        raise WireError(f"the header is not plain data: {error}") from error
    return b"".join((_LENGTH.pack(len(head)), head, *chunks))


def decode(read: Callable[[int], bytes]) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Read one frame.

    Args:
        read: Returns exactly that many bytes, or raises.

    Raises:
        WireError: The bytes are not a frame, or a frame larger than any honest one.
    """
    (length,) = _LENGTH.unpack(read(_LENGTH.size))
    if length > MAX_HEADER:
        raise WireError("the header is too long")
    try:
        head = json.loads(read(length))
    except (ValueError, RecursionError) as error:
        raise WireError("the header is not JSON") from error
    if not isinstance(head, dict) or not isinstance(head.get("header"), dict):
        raise WireError("the header is not an object")
    listed = head.get("arrays")
    if not isinstance(listed, list) or len(listed) > MAX_COUNT:
        raise WireError("the list of arrays is malformed")
    arrays: dict[str, np.ndarray] = {}
    room = MAX_ARRAYS
    for entry in listed:
        name, dtype, shape = _entry(entry)
        size = math.prod(shape) * np.dtype(_DTYPES[dtype]).itemsize
        room -= size
        if room < 0:
            raise WireError("the arrays are too large")
        # A bytearray makes the array writable, which torch wants of what it shares.
        arrays[name] = np.frombuffer(bytearray(read(size)), dtype=_DTYPES[dtype]).reshape(shape)
    return head["header"], arrays


def _entry(entry: object) -> tuple[str, str, list[int]]:
    if not isinstance(entry, list) or len(entry) != 3:
        raise WireError("an array is malformed")
    name, dtype, shape = entry
    if not isinstance(name, str) or not isinstance(dtype, str) or dtype not in _DTYPES:
        raise WireError("an array has no name or an unknown type")
    if not isinstance(shape, list) or len(shape) > 8:
        raise WireError("an array has no shape")
    if not all(isinstance(n, int) and not isinstance(n, bool) and 0 <= n < 2**40 for n in shape):
        raise WireError("an array has an impossible shape")
    return name, dtype, shape
