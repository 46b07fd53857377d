from __future__ import annotations

import json
import socket
import struct
import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from catta.evaluation import wire

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
ARRAYS = st.dictionaries(
    st.text(max_size=5),
    arrays_of.arrays(
        st.sampled_from([np.float32, np.int64]),
        arrays_of.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
    ),
    max_size=3,
)


def message(header: object, listed: object, body: bytes = b"") -> bytes:
    head = json.dumps({"header": header, "arrays": listed}).encode()
    return struct.pack("<Q", len(head)) + head + body


@given(st.dictionaries(st.text(), PLAIN, max_size=3), ARRAYS)
def test_what_is_encoded_is_decoded(header: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    again, found = wire.decode(wire.encode(header, arrays))

    assert again == header
    assert list(found) == list(arrays)
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        assert found[name].flags.writeable
        np.testing.assert_array_equal(found[name], array)


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_or_read(data: bytes) -> None:
    with pytest.raises(wire.WireError):
        wire.decode(data)


@given(st.data())
def test_damaged_message_is_refused_or_read(data: st.DataObject) -> None:
    whole = bytearray(wire.encode({"a": 1}, {"x": np.zeros((2, 3), np.float32)}))
    position = data.draw(st.integers(0, len(whole) - 1))
    whole[position] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(whole)))

    for candidate in (bytes(whole), bytes(whole[:cut]) if cut < len(whole) else b""):
        try:
            header, arrays = wire.decode(candidate)
        except wire.WireError:
            continue
        assert isinstance(header, dict)
        assert sum(array.nbytes for array in arrays.values()) <= len(candidate)


@pytest.mark.parametrize(
    "hostile",
    [
        struct.pack("<Q", 2**63),
        struct.pack("<Q", wire.MAX_HEADER + 1) + b" " * (wire.MAX_HEADER + 1),
        struct.pack("<Q", 100_000) + b"[" * 100_000,
        message([], []),
        message({}, {}),
        message({}, [["x", "float32"]]),
        message({}, [["x", "object", [1]]], b"\0" * 8),
        message({}, [[["x"], "float32", [1]]], b"\0" * 4),
        message({}, [["x", "float32", [-1]]]),
        message({}, [["x", "float32", [True]]], b"\0" * 4),
        message({}, [["x", "float32", [2**39, 2**39]]]),
        message({}, [["x", "float32", [0, 2**39, 2**39, 2**39]]]),
        message({}, [["x", "float32", [1] * 9]], b"\0" * 4),
        message({}, [["x", "float32", [2]]], b"\0" * 4),
        message({}, [["x", "float32", [1]]], b"\0" * 5),
        message({}, [["x", "float32", [0]]] * (wire.MAX_COUNT + 1)),
    ],
    ids=range(16),
)
def test_hostile_message_is_refused(hostile: bytes) -> None:
    with pytest.raises(wire.WireError):
        wire.decode(hostile)


def test_nested_too_deeply_to_write() -> None:
    nested: dict[str, Any] = {}
    for _ in range(100_000):
        nested = {"a": nested}

    with pytest.raises(wire.WireError, match="not plain data"):
        wire.encode(nested)


def test_other_types_of_arrays_do_not_travel() -> None:
    with pytest.raises(wire.WireError, match="float64"):
        wire.encode({}, {"x": np.zeros(2)})


def test_messages_over_a_socket() -> None:
    left, right = socket.socketpair()
    with left, right:
        wire.send(left, b"one")
        wire.send(left, b"")
        wire.send(left, b"12345")

        assert wire.receive(right, 100) == b"one"
        assert wire.receive(right, 100) == b""
        with pytest.raises(wire.WireError, match="too long"):
            wire.receive(right, 4)


def test_silent_and_closed_ends() -> None:
    left, right = socket.socketpair()
    with left, right:
        with pytest.raises(TimeoutError):
            wire.receive(right, 100, time.monotonic() + 0.01)
        left.close()
        with pytest.raises(EOFError):
            wire.receive(right, 100, time.monotonic() + 60)
