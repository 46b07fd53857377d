"""Pairs of networks that were trained by the same settings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from catta.corpus import Corpus
from catta.errors import UsageError
from catta.stats.filters import Filters
from catta.stats.grouped import PROBLEM, plain
from catta.stats.hyperparameters import hyperparameters
from catta.stats.sides import Sides, sides

if TYPE_CHECKING:
    import pandas as pd

ON = ("transform", "batch", "lr")
COLUMNS = (*PROBLEM, "epoch", "settings", "nn_a", "nn_b", "accuracy_a", "accuracy_b", "difference")

_STEPS_A_DECADE = 2
_FEW = 32
"""Up to so many values of a number are matched exactly, more in tenths of its range."""


def matched(
    a: str,
    b: str,
    corpus: str | Path | Corpus | None = None,
    *,
    by: str = "family",
    on: Sequence[str] = ON,
    seed: int = 0,
    trials: pd.DataFrame | None = None,
    **filters: Unpack[Filters],
) -> pd.DataFrame:
    """Pairs of a network of each group, of one problem, epoch and settings; a network is in one.

    The learning rate is matched to half an order of magnitude, other numbers exactly, or to a tenth
    of their range where there are more than 32 of them. Where a network has several trainings by
    such settings, their mean counts. Which ones go together is drawn by seed.

    Args:
        a: One group, such as a family.
        b: The other.
        corpus: An open corpus, its path or URL; default: `CATTA_CORPUS` or the user's.
        by: What `a` and `b` are: `family`, `nn`, `transform` or `source`.
        on: Hyperparameters that have to agree beside task, dataset, metric and epoch; a problem
            where one of them is not known has no pair.
        seed: Of the drawing.
        trials: What `load` returned, in place of a corpus.
        filters: See `Filters`.

    Returns:
        A row a pair: the problem, the epoch, the `settings` as a text, the names `nn_a` and `nn_b`,
        their accuracies and the `difference` a - b.

    Raises:
        UsageError: There is nothing of `a` or of `b`, or no such corpus, column or filter.
    """
    if isinstance(on, str) or not on:
        raise UsageError("on: name at least one hyperparameter, as a sequence")
    found = [
        row for pair in sides(a, b, by, corpus, trials, filters) for row in pairs(pair, on, seed)
    ]
    import pandas as pd

    return plain(pd.DataFrame(found, columns=list(COLUMNS)), COLUMNS)


def pairs(pair: Sides, on: Sequence[str], seed: int) -> list[dict[str, Any]]:
    """The pairs of one problem."""
    import pandas as pd

    rows: Any = pd.concat([pair.a, pair.b])
    settings = hyperparameters(rows)
    if any(name not in settings for name in on):
        return []
    values = [_coarse(name, settings[name]) for name in on]
    cells = pd.DataFrame(
        {
            "settings": _joined(on, values),
            "nn": rows["nn"].astype(object).to_numpy(),
            "a": np.arange(len(rows)) < len(pair.a),
            "accuracy": rows["accuracy"].to_numpy(),
        }
    )
    means: Any = cells.dropna().groupby(["settings", "a", "nn"])["accuracy"].mean()
    rng = np.random.default_rng(seed)
    means = means.reset_index().sample(frac=1.0, random_state=rng)
    used: set[tuple[bool, str]] = set()
    found: list[dict[str, Any]] = []
    # The rarer settings first: their networks have fewer others to go with.
    sizes = means.groupby("settings")["nn"].size().sort_values(kind="stable")
    groups = dict(iter(means.groupby("settings")))
    for text in sizes.index:
        one, other = _free(groups[text], True, used), _free(groups[text], False, used)
        for (nn_a, value_a), (nn_b, value_b) in zip(one, other, strict=False):
            used |= {(True, nn_a), (False, nn_b)}
            found.append(
                {
                    **dict(zip(PROBLEM, pair.problem, strict=True)),
                    "epoch": pair.epoch,
                    "settings": text,
                    "nn_a": nn_a,
                    "nn_b": nn_b,
                    "accuracy_a": value_a,
                    "accuracy_b": value_b,
                    "difference": value_a - value_b,
                }
            )
    return found


def _free(group: Any, of_a: bool, used: set[tuple[bool, str]]) -> list[tuple[str, float]]:
    part = group[(group["a"] == of_a).to_numpy()]
    rows = zip(part["nn"].tolist(), part["accuracy"].tolist(), strict=True)
    return [(name, value) for name, value in rows if (of_a, name) not in used]


def _coarse(name: str, column: Any) -> Any:
    """Texts that agree where the values do, more or less; None where there is none."""
    import pandas as pd

    if column.dtype != np.float64:
        return column
    known = column.notna()
    if name == "lr" and (column[known] > 0).all():
        steps = np.floor(np.log10(column) * _STEPS_A_DECADE)
        texts = [f"{10 ** (step / _STEPS_A_DECADE):.2g}+" for step in steps]
    elif column.nunique() <= _FEW:
        texts = column.map("{:g}".format)
    else:
        low, width = column.min(), column.max() - column.min()
        tenths = np.minimum(np.floor((column - low) / width * 10), 9)
        texts = [f"{low + tenth * width / 10:.2g}+" for tenth in tenths]
    return pd.Series(texts, index=column.index, dtype=object).where(known, None)


def _joined(names: Sequence[str], columns: list[Any]) -> list[str | None]:
    rows = zip(*(column.where(column.notna(), None).tolist() for column in columns), strict=True)
    return [
        None
        if any(value is None for value in row)
        else ", ".join(f"{name} {value}" for name, value in zip(names, row, strict=True))
        for row in rows
    ]
