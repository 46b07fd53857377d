"""`catta.groups()`: networks side by side, for prompts that show how one was improved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import numpy as np

from catta.corpus import Corpus
from catta.corpus.frames import frame
from catta.corpus.opening import opened
from catta.corpus.questions import Question, Rows
from catta.errors import UsageError
from catta.library.neighbours import Networks
from catta.library.partners import Group, Wish
from catta.library.progress import Announced, ImportProgress
from catta.library.rows import Table, table_of
from catta.library.similarity import limits

if TYPE_CHECKING:
    import pandas as pd


def groups(
    n: int = 2,
    same: Sequence[str] = ("task", "dataset", "metric"),
    differ: Sequence[str] = ("nn",),
    improve: bool = True,
    anchor: str | None = None,
    band: str | None = None,
    min_jaccard: float | None = None,
    max_jaccard: float | None = None,
    max_rows: int | None = None,
    *,
    seed: int = 0,
    corpus: str | Path | Corpus | None = None,
    progress: ImportProgress | None = None,
    **rows: Unpack[Rows],
) -> pd.DataFrame:
    """Groups of measurements, a row each: one to begin with, and `n - 1` to compare it with.

    Without an anchor and a similarity, every row of `catta.data` begins at most one group, whose
    others are drawn from those that fit; at most 64 rows for each are looked at. With an anchor or
    a similarity, a network stands only with its best row of what is in `same`, and the best others
    come first: an anchor that is named begins as many groups as there are others, and where none
    is named, each best row of 256 drawn networks begins one.

    The same arguments give the same groups. Names without code are left out.

    The first question about similarity computes the signatures of the networks that it compares,
    and stores them in the corpus if that can be written.

    Args:
        n: Networks in a group, 2 or more.
        same: Columns of `catta.data` that agree within a group.
        differ: Columns in which no two of a group agree.
        improve: Whether all others have to be better than the first.
        anchor: Name, alias or id of the network that all groups begin with.
        band: Similarity of the others to the first: `very_high` (0.98 to 1), `high` (from 0.95),
            `medium` (0.85), `low` (0.60), `very_low_near` (0.30) or `very_low_far` (0).
        min_jaccard: Least similarity, 0..1, in place of a band.
        max_jaccard: The similarity that the others must not reach, unless it is 1.
        max_rows: No more groups than this.
        seed: Of the draws.
        corpus: A corpus, its path or URL; default: `CATTA_CORPUS` or the user's data directory.
        progress: Told how computing signatures goes; default: one line on stderr if it takes long.
        rows: Any argument of `catta.data` that chooses rows: `task`, `dataset`, `epoch`, ...

    Returns:
        The columns of `catta.data`, then `matched_id` (the id of the second) and the same columns
        for the others: `nn_2`, `nn_code_2`, `accuracy_2`, ..., `nn_3`; with a similarity also
        `jaccard_2`, ..., of each to the first. The largest improvement comes first, and within a
        group the best of the others. Where no network is that similar, `attrs["note"]` says which
        similarities there are.

    Raises:
        UsageError: An argument makes no sense, the corpus or the anchor is not there.
    """
    if n < 2:
        raise UsageError(f"n: a group has 2 networks or more, not {n}")
    if max_rows is not None and max_rows < 0:
        raise UsageError(f"max_rows: {max_rows} is negative")
    given = any(value is not None for value in (band, min_jaccard, max_jaccard))
    bounds = limits(band, min_jaccard, max_jaccard) if given else None
    wish = Wish(others=n - 1, improve=improve, seed=seed)
    with opened(corpus) as store:
        table = table_of(frame(store, Question.of(**rows)), same, differ)
        return _grouped(store, table, anchor, bounds, wish, max_rows, progress or _announced())


def around(
    anchor: str | None,
    band: str | None,
    min_jaccard: float,
    max_jaccard: float,
    *,
    at_least: int,
    corpus: str | Path | Corpus | None = None,
    **rows: Unpack[Rows],
) -> pd.DataFrame:
    """The networks that are like an anchor, each with its best row, the best network first.

    Args:
        anchor: Name, alias or id; None for the best network with enough neighbours.
        band: As in `groups`; the limits then count for nothing.
        min_jaccard: Least similarity.
        max_jaccard: The similarity that must not be reached, unless it is 1.
        at_least: How many neighbours are enough.
        corpus: As in `groups`.
        rows: As in `groups`.

    Returns:
        The columns of `catta.data`, `anchor_nn` and `anchor_jaccard`.

    Raises:
        UsageError: As `groups`; or no network has enough neighbours.
    """
    limited = (None, None) if band is not None else (min_jaccard, max_jaccard)
    bounds = limits(band, *limited)
    with opened(corpus) as store:
        table = table_of(frame(store, Question.of(**rows)), (), ())
        networks = Networks(table, store, alike=True, progress=_announced())
        return networks.around(None if anchor is None else networks.named(anchor), bounds, at_least)


def _grouped(
    store: Corpus,
    table: Table,
    anchor: str | None,
    bounds: tuple[float, float] | None,
    wish: Wish,
    max_rows: int | None,
    progress: ImportProgress,
) -> pd.DataFrame:
    if anchor is None and bounds is None:
        return _joined(table, list(islice(_drawn(table, wish), max_rows)), None, wish.others + 1)
    networks = Networks(table, store, alike=bounds is not None, progress=progress)
    begin = None if anchor is None else networks.named(anchor)
    found = list(islice(networks.groups(begin, bounds or (0.0, 1.0), wish), max_rows))
    frame = _joined(table, found, networks, wish.others + 1)
    if not found and bounds is not None and max_rows != 0:
        frame.attrs["note"] = networks.why_none(begin, bounds, wish)
    return frame


def _announced() -> ImportProgress:
    return Announced("once for this corpus")


def _drawn(table: Table, wish: Wish) -> Iterator[Group]:
    rows = np.arange(len(table.frame), dtype=np.int64)
    pool = table.pool(rows)
    generator = np.random.default_rng(wish.seed)
    draws = generator.random(len(rows))
    for start, draw in zip(generator.permutation(rows).tolist(), draws.tolist(), strict=True):
        others = pool.drawn(start, wish.others, improve=wish.improve, draw=draw)
        if others is not None:
            yield start, others


def _joined(table: Table, found: list[Group], networks: Networks | None, n: int) -> pd.DataFrame:
    """The groups side by side: the largest improvement first, the best of the others first."""
    import pandas as pd

    accuracy = table.accuracy
    groups = [(start, sorted(others, key=lambda r: (-accuracy[r], r))) for start, others in found]
    groups.sort(key=lambda g: (accuracy[g[0]] - accuracy[g[1][0]], g))
    members = np.array([[start, *others] for start, others in groups], dtype=np.int64)
    columns = members.reshape(-1, n).T
    frames = [table.frame.iloc[rows].reset_index(drop=True) for rows in columns]
    parts = [frames[0], frames[1][["id"]].rename(columns={"id": "matched_id"})]
    for place in range(1, n):
        parts.append(frames[place].add_suffix(f"_{place + 1}"))
        if networks is not None and networks.alike:
            similarity = networks.similarities(columns[0], columns[place])
            parts.append(pd.DataFrame({f"jaccard_{place + 1}": similarity}))
    return pd.concat(parts, axis=1)
