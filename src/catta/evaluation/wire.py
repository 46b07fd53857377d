"""Messages between processes: a JSON header and raw arrays. Nothing here can execute anything.

A message is 8 bytes of header length, the header, and the bytes of the arrays that the header
lists. On a socket each message travels behind its own length. Every size is checked before
anything is allocated: the other side may be hostile.
"""

from __future__ import annotations

import json
import math
import socket
import struct
import time
from collections.abc import Iterator, Mapping
from typing import Any, cast

import numpy as np

MAX_HEADER = 1 << 20
MAX_ARRAYS = 256 << 20
MAX_RESULT = 8 + MAX_HEADER + MAX_ARRAYS
MAX_JOB = MAX_RESULT  # what is sent back to go on with came as a result
MAX_JOB_HEADER = 64 << 20
MAX_COUNT = 4_096
# What a zygote sends while a job runs begins with one of these bytes.
DATA, STATUS = b"D", b"S"
# What a worker sends while a job runs, to end it; shorter than any message.
END = b"E"
MAX_PIECE = 1 << 20
MAX_ANSWER = 1 + max(MAX_PIECE, MAX_HEADER) + 8
_CHUNK = 1 << 20
_DTYPES = {"float32": np.float32, "int64": np.int64, "uint8": np.uint8}
_LENGTH = struct.Struct("<Q")

Arrays = Mapping[str, np.ndarray]


class WireError(Exception):
    """What arrived is not a message."""


def encode(header: Mapping[str, Any], arrays: Arrays | None = None) -> bytes:
    """A message as bytes; arrays must be float32, int64 or uint8.

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
    except (TypeError, ValueError, RecursionError) as error:
        raise WireError(f"the header is not plain data: {error}") from error
    return b"".join((_LENGTH.pack(len(head)), head, *chunks))


def decode(
    message: bytes, max_header: int = MAX_HEADER
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The header and the arrays of a message, which has to end where its arrays end.

    Raises:
        WireError: The bytes are not a message, or one larger than any honest one.
    """
    view = memoryview(message)
    if len(view) < _LENGTH.size:
        raise WireError("the message is cut short")
    (length,) = _LENGTH.unpack(view[: _LENGTH.size])
    if length > max_header:
        raise WireError("the header is too long")
    header, listed = _head(bytes(view[_LENGTH.size : _LENGTH.size + length]))
    body = view[_LENGTH.size + length :]
    arrays: dict[str, np.ndarray] = {}
    for entry in listed:
        name, dtype, shape = _entry(entry)
        size = math.prod(shape) * np.dtype(_DTYPES[dtype]).itemsize
        if size > min(len(body), MAX_ARRAYS):
            raise WireError("the arrays are larger than the message")
        # A bytearray makes the array writable, which torch wants of what it shares.
        values = np.frombuffer(bytearray(body[:size]), dtype=_DTYPES[dtype])
        try:
            arrays[name] = values.reshape(shape)
        except ValueError as error:
            raise WireError("an array has an impossible shape") from error
        body = body[size:]
    if len(body) > 0:
        raise WireError("there is more than one message")
    return header, arrays


def framed(message: bytes) -> bytes:
    """A message behind its length."""
    return _LENGTH.pack(len(message)) + message


class Frames:
    """Messages behind their lengths, taken out of a stream of bytes that comes in pieces."""

    def __init__(self, limit: int = MAX_RESULT) -> None:
        """Believe lengths up to a limit."""
        self._limit = limit
        self._buffer = bytearray()

    @property
    def left(self) -> int:
        """Number of bytes that are not a whole message yet."""
        return len(self._buffer)

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Add bytes; yields the messages that are whole now.

        Raises:
            WireError: A message is longer than the limit.
        """
        self._buffer += data
        start = 0
        while len(self._buffer) - start >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer, start)
            if length > self._limit:
                raise WireError("the message is too long")
            end = start + _LENGTH.size + length
            if len(self._buffer) < end:
                break
            yield bytes(memoryview(self._buffer)[start + _LENGTH.size : end])
            start = end
        del self._buffer[:start]


def send(control: socket.socket, message: bytes) -> None:
    """Send one message behind its length.

    Raises:
        OSError: The other side is gone or, with a timeout set, does not read.
    """
    control.sendall(_LENGTH.pack(len(message)))
    control.sendall(message)


def receive(control: socket.socket, limit: int, deadline: float | None = None) -> bytes:
    """Receive one message of at most `limit` bytes.

    Args:
        control: A connected socket.
        limit: Largest length that is believed.
        deadline: Moment of `time.monotonic` to wait for, or None to wait for ever.

    Raises:
        EOFError: The other side closed its end.
        TimeoutError: The deadline passed.
        OSError: The connection is broken.
        WireError: The message is too long.
    """
    (length,) = _LENGTH.unpack(_exactly(control, _LENGTH.size, deadline))
    if length > limit:
        raise WireError("the message is too long")
    return _exactly(control, length, deadline)


def _head(text: bytes) -> tuple[dict[str, Any], list[object]]:
    try:
        head = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise WireError("the header is not JSON") from error
    if not isinstance(head, dict):
        raise WireError("the header is not an object")
    parts = cast("dict[str, object]", head)
    header, listed = parts.get("header"), _list(parts.get("arrays"))
    if not isinstance(header, dict):
        raise WireError("the header is not an object")
    if listed is None or len(listed) > MAX_COUNT:
        raise WireError("the list of arrays is malformed")
    return cast("dict[str, Any]", header), listed


def _entry(entry: object) -> tuple[str, str, list[int]]:
    parts = _list(entry)
    if parts is None or len(parts) != 3:
        raise WireError("an array is malformed")
    name, dtype, shape = parts[0], parts[1], _list(parts[2])
    if not isinstance(name, str) or not isinstance(dtype, str) or dtype not in _DTYPES:
        raise WireError("an array has no name or an unknown type")
    if shape is None or len(shape) > 8:
        raise WireError("an array has no shape")
    sizes = [n for n in shape if isinstance(n, int) and not isinstance(n, bool) and 0 <= n < 2**40]
    if len(sizes) != len(shape):
        raise WireError("an array has an impossible shape")
    return name, dtype, sizes


def _list(value: object) -> list[object] | None:
    return cast("list[object]", value) if isinstance(value, list) else None


def _exactly(control: socket.socket, size: int, deadline: float | None) -> bytes:
    chunks = bytearray()
    while len(chunks) < size:
        if deadline is not None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            control.settimeout(left)
        chunk = control.recv(min(size - len(chunks), _CHUNK))
        if not chunk:
            raise EOFError("it closed its end")
        chunks += chunk
    return bytes(chunks)
