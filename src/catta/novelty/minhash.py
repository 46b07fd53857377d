"""MinHash signatures of source text: how alike two networks are, from 1 kB each.

256 permutations over 10-token shingles of the identity text, as in arXiv 2601.02997. Written with
numpy rather than datasketch, which hashes every shingle by SHA-1 in Python and took three times as
long on LEMUR: here a token is hashed once in its life, and shingles are combined as arrays.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from catta.novelty.canonical import identity_text

PERMUTATIONS = 256
"""Hash functions in a signature; the standard error of an estimate near 0.9 is 0.019."""

SHINGLE = 10
"""Consecutive tokens in a shingle."""

Signature = NDArray[np.uint32]
"""Shape (256,): the least hash of any shingle under each permutation."""

_TOKEN = re.compile(r"\w+|[^\w\s]")
_BASE = np.uint64(0x9E3779B97F4A7C15)
_RANDOM = np.random.Generator(np.random.PCG64(20_250_101))
_A = _RANDOM.integers(0, 2**64, PERMUTATIONS, dtype=np.uint64) | np.uint64(1)
_B = _RANDOM.integers(0, 2**64, PERMUTATIONS, dtype=np.uint64)
_CHUNK = 128


def signature(source: str) -> Signature:
    """MinHash signature of a network.

    Args:
        source: Text of a Python module.

    Returns:
        Shape (256,), uint32; the same for all sources with the same identity text.

    Raises:
        InvalidSource: If the text does not parse.
    """
    return text_signature(identity_text(source))


def text_signature(text: str) -> Signature:
    """As `signature`, for a text that `identity_text` returned already."""
    shingles = _shingles(text)
    least = np.full(PERMUTATIONS, np.iinfo(np.uint32).max, dtype=np.uint32)
    for start in range(0, len(shingles), _CHUNK):  # small enough for the cache
        # Multiply-shift: the high half of a * x + b (mod 2^64) is 2-universal in x.
        hashes = shingles[start : start + _CHUNK, None] * _A + _B
        least = np.minimum(least, (hashes >> np.uint64(32)).astype(np.uint32).min(axis=0))
    return least


def jaccard(one: Signature, other: Signature) -> float:
    """Estimated Jaccard similarity of the shingles of two networks, 0..1."""
    return int(np.count_nonzero(one == other)) / PERMUTATIONS


def signature_to_bytes(value: Signature) -> bytes:
    """A signature as 1,024 bytes (little-endian) for storage."""
    return value.astype("<u4").tobytes()


def signature_from_bytes(data: bytes) -> Signature:
    """A signature from the bytes `signature_to_bytes` made.

    Raises:
        ValueError: If these are not 1,024 bytes.
    """
    if len(data) != 4 * PERMUTATIONS:
        raise ValueError(f"a signature has {4 * PERMUTATIONS} bytes, not {len(data)}")
    return np.frombuffer(data, dtype="<u4").astype(np.uint32)


def _shingles(text: str) -> NDArray[np.uint64]:
    """Distinct hashes of all runs of 10 tokens (of the whole text if it is shorter)."""
    found: list[str] = _TOKEN.findall(text)
    tokens = np.array([_token_hash(token) for token in found], dtype=np.uint64)
    count = max(1, len(tokens) - SHINGLE + 1)
    hashes = np.zeros(count, dtype=np.uint64)
    for position in range(min(SHINGLE, len(tokens))):
        hashes = hashes * _BASE + tokens[position : position + count]
    return np.unique(hashes)


@lru_cache(maxsize=65_536)
def _token_hash(token: str) -> int:
    digest = hashlib.blake2b(token.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little")
