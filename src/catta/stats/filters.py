"""Which measurements a statistic is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np

from catta.corpus import Corpus
from catta.errors import UsageError
from catta.stats.loading import load

if TYPE_CHECKING:
    import pandas as pd

_EQUAL = ("task", "dataset", "metric", "family", "source", "epoch")


class Filters(TypedDict, total=False):
    """What chooses measurements; None chooses all.

    Attributes:
        task: Only this task.
        dataset: Only this dataset.
        metric: Only this metric.
        family: Only networks whose names begin with this word (`ga`, `ResNet`).
        source: Only `published` or only `measured` ones.
        nn: Only these names of networks.
        nn_prefixes: Only names that begin so; case counts.
        epoch: Only this epoch, from 1.
    """

    task: str | None
    dataset: str | None
    metric: str | None
    family: str | None
    source: str | None
    nn: str | Sequence[str] | None
    nn_prefixes: Sequence[str] | None
    epoch: int | None


def chosen(
    corpus: str | Path | Corpus | None, trials: pd.DataFrame | None, filters: Mapping[str, Any]
) -> pd.DataFrame:
    """The measurements that a statistic is about, read if they were not.

    Raises:
        UsageError: There is no such corpus or no such filter.
    """
    unknown = sorted(set(filters) - set(Filters.__annotations__))
    if unknown:
        raise UsageError(f"there is no filter {unknown[0]!r}; there are: {', '.join(_names())}")
    if trials is None:
        asked = {name: value for name, value in filters.items() if name not in ("family", "source")}
        trials = load(corpus, **asked)
    return _filtered(trials, filters)


def _names() -> list[str]:
    return sorted(Filters.__annotations__)


def _filtered(trials: pd.DataFrame, filters: Mapping[str, Any]) -> pd.DataFrame:
    mask = np.ones(len(trials), dtype=bool)
    for name in _EQUAL:
        if filters.get(name) is not None:
            mask &= (trials[name] == filters[name]).to_numpy(dtype=bool)
    names, prefixes = filters.get("nn"), filters.get("nn_prefixes")
    if names is not None:
        mask &= trials["nn"].isin([names] if isinstance(names, str) else list(names)).to_numpy()
    if prefixes is not None:
        starts = (prefixes,) if isinstance(prefixes, str) else tuple(prefixes)
        known: Any = trials["nn"].cat.categories
        fits = np.array([str(name).startswith(starts) for name in known], dtype=bool)
        codes = trials["nn"].cat.codes.to_numpy()
        mask &= (fits[codes] if len(fits) else np.zeros(len(codes), dtype=bool)) & (codes >= 0)
    found: Any = trials if mask.all() else trials[mask]
    return found
