"""Traced graphs on their way out of the sandbox: as an array, since headers are short."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from catta.graphs import Graph

_NAME = "traced"
_MAX_BYTES = 8 << 20


def packed(graph: Graph | None) -> dict[str, np.ndarray]:
    """The arrays that a job returns: the bytes of its text, or nothing for what is too large."""
    text = b"" if graph is None else graph.to_json().encode()
    return {_NAME: np.frombuffer(text, dtype=np.uint8)} if 0 < len(text) <= _MAX_BYTES else {}


def unpacked(arrays: Mapping[str, np.ndarray]) -> Graph | None:
    """The graph in what a worker sent.

    Raises:
        ValueError: There is something else in its place.
    """
    if not arrays:
        return None
    array = arrays.get(_NAME)
    if len(arrays) > 1 or array is None or array.dtype != np.uint8 or array.size > _MAX_BYTES:
        raise ValueError("there are other arrays than that of a graph")
    return Graph.from_json(array.tobytes())
