"""Networks around an anchor: which ones are like it, and how they are grouped with it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from catta.corpus import Corpus
from catta.corpus.registry import find
from catta.errors import UsageError
from catta.library.hints import no_groups
from catta.library.partners import Group, Integers, Wish
from catta.library.progress import ImportProgress
from catta.library.rows import Table, factorized
from catta.library.signatures import signatures_of
from catta.library.similarity import BANDS, Likeness, bands, within

if TYPE_CHECKING:
    import pandas as pd

ANCHORS = 256
"""Networks that are tried as anchors where none is named.

Each is compared with every other network: to try all of them would take the square of the time.
"""


class Networks:
    """The rows of networks, the best one of each for what is to be the same, and likeness."""

    def __init__(
        self, table: Table, store: Corpus, *, alike: bool, progress: ImportProgress
    ) -> None:
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
            texts = {i: sources[i] for i in ids}
            self._likeness = Likeness(signatures_of(store, texts, progress))

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
                found = found.assign(anchor_nn=self._name(begin), anchor_jaccard=similarity[fits])
                if found.empty:
                    wish = Wish(others=at_least, improve=False, seed=0)
                    found.attrs["note"] = self.why_none(begin, bounds, wish)
                return found
        raise UsageError(f"no network has {at_least} neighbours of that similarity")

    def why_none(self, anchor: int | None, bounds: tuple[float, float], wish: Wish) -> str:
        """A sentence for the user who was given no groups, after they were looked for."""
        tried = list(self._similar) if anchor is None else [anchor]
        counts = Counter[str]()
        fitting = 0
        for one in tried:
            others = np.delete(self._similarity(one), one)
            found = bands(others)
            counts.update(found if anchor is not None else dict.fromkeys(found, 1))
            fitting += int(within(others, bounds).any())
        return no_groups(
            None if anchor is None else self._name(anchor),
            bounds,
            {name: counts[name] for name in BANDS if counts[name]},
            fitting=fitting,
            others=wish.others,
            improve=wish.improve,
        )

    def similarities(self, rows: Integers, others: Integers) -> list[float]:
        """Of the networks of rows to those of others, pair by pair."""
        pairs = zip(self._network[rows].tolist(), self._network[others].tolist(), strict=True)
        return [float(self._similarity(one)[other]) for one, other in pairs]

    def _name(self, network: int) -> str:
        """What a network is called where it is best."""
        rows = self._rows[self._network[self._rows] == network]
        best = rows[np.lexsort((rows, -self._table.accuracy[rows]))[0]]
        return str(self._table.frame["nn"].iloc[int(best)])

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
