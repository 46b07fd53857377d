"""What is asked of the corpus: the one definition of the arguments that choose rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict, Unpack, cast

from catta.errors import UsageError


class Rows(TypedDict, total=False):
    """The arguments of `catta.data` that choose rows and columns, where they are passed on.

    What each of them means is said there, and only there.
    """

    only_best_accuracy: bool
    task: str | None
    dataset: str | None
    metric: str | None
    nn: str | Sequence[str] | None
    epoch: int | None
    nn_prefixes: Sequence[str] | None
    unique_nn: bool
    include_nn_stats: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """A question, made by `Question.of`; its fields are those of `Rows`, and None chooses all.

    Attributes:
        max_rows: No more rows than this.
    """

    only_best_accuracy: bool = False
    task: str | None = None
    dataset: str | None = None
    metric: str | None = None
    nn: tuple[str, ...] | None = None
    epoch: int | None = None
    nn_prefixes: tuple[str, ...] | None = None
    unique_nn: bool = False
    include_nn_stats: bool = False
    max_rows: int | None = None

    @classmethod
    def of(cls, max_rows: int | None = None, **rows: Unpack[Rows]) -> Question:
        """The question that these arguments ask.

        Raises:
            UsageError: One of them makes no sense.
        """
        if max_rows is not None and max_rows < 0:
            raise UsageError(f"max_rows: {max_rows} is negative")
        values: dict[str, Any] = {**rows, "max_rows": max_rows}
        for name in ("nn", "nn_prefixes"):
            values[name] = _texts(name, values.get(name))
        return cls(**values)

    @property
    def by_name(self) -> bool:
        """Whether only some names are wanted."""
        return self.nn is not None or self.nn_prefixes is not None

    @property
    def best_of(self) -> tuple[str, ...]:
        """Of the rows that agree in these columns only the best one is wanted."""
        if self.unique_nn:  # which leaves one row of each name, the best of its own group as well
            return ("nn",)
        return ("task", "dataset", "metric", "nn", "epoch") if self.only_best_accuracy else ()

    @property
    def limit(self) -> int | None:
        """Rows that are enough as they are found; of all of them the best ones are chosen."""
        return None if self.best_of else self.max_rows

    def accepts(self, task: str, dataset: str, metric: str) -> bool:
        """Whether rows of this problem are wanted."""
        return (
            self.task in (None, task)
            and self.dataset in (None, dataset)
            and self.metric in (None, metric)
        )


def _texts(what: str, value: object) -> tuple[str, ...] | None:
    """One text or several as a tuple."""
    if value is None:
        return None
    given = (value,) if isinstance(value, str) else value
    if not isinstance(given, Iterable):
        raise UsageError(f"{what}: {value!r} is not a text or a sequence of texts")
    found = tuple(cast("Iterable[object]", given))
    if not all(isinstance(text, str) for text in found):
        raise UsageError(f"{what}: {value!r} is not a text or a sequence of texts")
    return cast("tuple[str, ...]", found)
