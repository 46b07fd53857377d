"""Which rows of `catta.data` a question is about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict


class Rows(TypedDict, total=False):
    """The arguments of `catta.data` that choose rows and columns."""

    only_best_accuracy: bool
    task: str | None
    dataset: str | None
    metric: str | None
    nn: str | Sequence[str] | None
    epoch: int | None
    nn_prefixes: Sequence[str] | None
    unique_nn: bool
    include_nn_stats: bool
