"""The one definition of novelty: exact identity, then Jaccard similarity, then the traced graph."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from catta.novelty.canonical import hash_identity, identity_text
from catta.novelty.minhash import PERMUTATIONS, Signature, text_signature
from catta.novelty.syntax import InvalidSource
from catta.records import Match

THRESHOLD = 0.90
"""Jaccard similarity from which a network is a near-duplicate."""

Level = Literal["exact", "jaccard", "graph"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """Whether a network is new.

    Attributes:
        duplicate: Whether it counts as one that is known.
        level: The first test that said so, or None.
        duplicate_of: Id of the known network, or None.
        nearest: The most similar known network, duplicate or not; None where none is known.
    """

    duplicate: bool
    level: Level | None = None
    duplicate_of: str | None = None
    nearest: Match | None = None


class NoveltyIndex:
    """All known networks by identity, signature and graph.

    A query compares with every signature: a few milliseconds for 10,000 networks, exact, and
    independent of the order in which they came, which a locality-sensitive hash would not be.

    Args:
        threshold: Jaccard similarity (0..1) from which a network is a near-duplicate.
    """

    def __init__(self, threshold: float = THRESHOLD) -> None:
        if not 0 < threshold <= 1:
            raise ValueError(f"threshold must be above 0 and at most 1, not {threshold}")
        self.threshold = threshold
        self._ids: list[str] = []
        self._known: set[str] = set()
        self._graphs: dict[str, str] = {}
        self._rows = np.empty((64, PERMUTATIONS), dtype=np.uint32)

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, network_id: object) -> bool:
        return network_id in self._known

    def add(self, network_id: str, signature: Signature, graph: str | None = None) -> None:
        """Make a network known; one that is known already only gains its graph.

        Args:
            network_id: Its identity.
            signature: Shape (256,), uint32.
            graph: Fingerprint of its traced graph, where it was traced.
        """
        if graph is not None:
            self._graphs.setdefault(graph, network_id)
        if network_id in self._known:
            return
        count = len(self._ids)
        if count == len(self._rows):
            self._rows = np.concatenate([self._rows, np.empty_like(self._rows)])
        self._rows[count] = signature
        self._ids.append(network_id)
        self._known.add(network_id)

    def nearest(self, signature: Signature) -> Match | None:
        """The most similar known network (the first of equals), or None where none is known."""
        count = len(self._ids)
        if not count:
            return None
        equal = np.count_nonzero(self._rows[:count] == signature, axis=1)
        best = int(np.argmax(equal))
        return Match(network_id=self._ids[best], jaccard=float(equal[best]) / PERMUTATIONS)

    def judge(self, network_id: str, signature: Signature, graph: str | None = None) -> Judgement:
        """Whether a network is new; it is not added.

        Args:
            network_id: Its identity.
            signature: Shape (256,), uint32.
            graph: Fingerprint of its traced graph, where it was traced.
        """
        if network_id in self._known:
            match = Match(network_id=network_id, jaccard=1.0)
            return _duplicate("exact", network_id, match)
        match = self.nearest(signature)
        if match is not None and match.jaccard >= self.threshold:
            return _duplicate("jaccard", match.network_id, match)
        twin = self._graphs.get(graph) if graph is not None else None
        if twin is not None:
            return _duplicate("graph", twin, match)
        return Judgement(duplicate=False, nearest=match)


def _duplicate(level: Level, of: str, nearest: Match | None) -> Judgement:
    return Judgement(duplicate=True, level=level, duplicate_of=of, nearest=nearest)


def curate(items: Iterable[tuple[str, str]], threshold: float = THRESHOLD) -> list[int]:
    """Keep the first of each group of near-duplicates.

    Args:
        items: Pairs of a name (for the caller; not compared) and source text, the preferred first.
        threshold: Jaccard similarity (0..1) from which the later of two networks is dropped.

    Returns:
        Positions of those that are kept, in order; sources that do not parse are dropped.
    """
    index = NoveltyIndex(threshold)
    kept: list[int] = []
    for position, (_, source) in enumerate(items):
        try:
            text = identity_text(source)
        except InvalidSource:
            continue
        identity = hash_identity(text)
        if identity in index:
            continue
        minhash = text_signature(text)
        if not index.judge(identity, minhash).duplicate:
            index.add(identity, minhash)
            kept.append(position)
    return kept
