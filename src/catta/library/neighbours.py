"""Networks around an anchor: which ones are like it, and how they are grouped with it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from catta.corpus import Corpus
from catta.corpus.registry import find
from catta.errors import UsageError
from catta.library.partners import Group, Integers, Wish
from catta.library.rows import Table, factorized
from catta.library.similarity import Likeness, within

if TYPE_CHECKING:
    import pandas as pd

ANCHORS = 256
"""Networks that are tried as anchors where none is named.

Each is compared with every other network: to try all of them would take the square of the time.
"""


class Networks:
    """The rows of networks, the best one of each for what is to be the same, and likeness."""

    def __init__(self, table: Table, store: Corpus, *, alike: bool) -> None:
        self._table, self._store = table, store
        codes, ids = factorized(table.frame["nn_id"])
        self._network, self._ids = codes, ids
        order = np.lexsort((-table.accuracy, codes, table.same))  # stable: the first of equals
        pairs = np.stack([table.same[order], codes[order]])
        first = np.ones(len(order), dtype=bool)
        first[1:] = (pairs[:, 1:] != pairs[:, :-1]).any(axis=0)
        self._rows: Integers = np.sort(order[first])
        self._similar: dict[int, NDArray[np.float64]] = {}
        self._likeness: Likeness | None = None
        if alike:
            sources = dict(zip(table.frame["nn_id"], table.frame["nn_code"], strict=True))
            stored = {i: m for i, m, _ in store.networks.fingerprints() if i in sources}
            self._likeness = Likeness({i: sources[i] for i in ids}, stored)

    def named(self, anchor: str) -> int:
        """Number of the network that the user names."""
        identity = find(self._store, anchor).id
        if identity not in self._ids:
            raise UsageError(f"anchor: no row of {anchor} is among those that are to be grouped")
        return self._ids.index(identity)

    @property
    def alike(self) -> bool:
        """Whether a similarity was asked for."""
        return self._likeness is not None

    def groups(
        self, anchor: int | None, bounds: tuple[float, float], wish: Wish
    ) -> Iterator[Group]:
        """Groups that begin with the anchor, or one for each of some networks that are drawn."""
        if anchor is not None:
            yield from self._of(anchor, bounds, wish)
            return
        order = list(range(len(self._ids)))
        random.Random(wish.seed).shuffle(order)  # noqa: S311 - no secret
        for number in order[:ANCHORS]:
            yield from self._of(number, bounds, wish, at_most=1)

    def around(
        self, anchor: int | None, bounds: tuple[float, float], at_least: int
    ) -> pd.DataFrame:
        """Best rows of the networks that are like the anchor, or like the best with enough."""
        table = self._table
        ranked = self._rows[np.lexsort((self._rows, -table.accuracy[self._rows]))]
        networks = self._network[ranked]
        for begin in networks[:ANCHORS].tolist() if anchor is None else [anchor]:
            similarity = self._similarity(begin)[networks]
            fits = within(similarity, bounds) & (networks != begin)
            if anchor is not None or np.count_nonzero(fits) >= at_least:
                found: Any = table.frame.iloc[ranked[fits]].reset_index(drop=True)
                name = table.frame["nn"].iloc[int(ranked[networks == begin][0])]
                return found.assign(anchor_nn=name, anchor_jaccard=similarity[fits])
        raise UsageError(f"no network has {at_least} neighbours of that similarity")

    def similarities(self, rows: Integers, others: Integers) -> list[float]:
        """Of the networks of rows to those of others, pair by pair."""
        pairs = zip(self._network[rows].tolist(), self._network[others].tolist(), strict=True)
        return [float(self._similarity(one)[other]) for one, other in pairs]

    def _of(
        self,
        anchor: int,
        bounds: tuple[float, float],
        wish: Wish,
        at_most: int | None = None,
    ) -> Iterator[Group]:
        fits = within(self._similarity(anchor), bounds)
        fits[anchor] = False
        networks = self._network[self._rows]
        pool = self._table.pool(self._rows[fits[networks]])
        for start in self._rows[networks == anchor].tolist():
            found = pool.best(start, wish.others, improve=wish.improve)
            yield from ((start, others) for others in islice(found, at_most))

    def _similarity(self, anchor: int) -> NDArray[np.float64]:
        if self._likeness is None:
            return np.ones(len(self._ids))
        if anchor not in self._similar:
            self._similar[anchor] = self._likeness.to(self._ids[anchor])
        return self._similar[anchor]
