"""Which hyperparameters decide how good a training becomes."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
from scipy import stats

from catta.corpus import Corpus
from catta.errors import UsageError
from catta.stats.drawing import at_common_epoch, at_most
from catta.stats.filters import Filters, chosen
from catta.stats.grouped import PROBLEM, having, per_problem, plain
from catta.stats.hyperparameters import hyperparameters, numeric, textual

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (*PROBLEM, "epoch", "parameter", "fanova", "mdi", "trainings", "networks", "drawn_from")

CONTEXTS = ("transform", "family", "nn")
"""What else than hyperparameters can be asked about."""

FEWEST = 10
"""Of fewer trainings nothing is said."""

_FOREST = {"n_trees": 32, "max_depth": 8}
"""Deeper trees learn single trainings by heart, and fANOVA's time grows with their leaves."""


def importance(
    corpus: str | Path | Corpus | None = None,
    *,
    context: Sequence[str] = ("transform",),
    sample: int = 2_000,
    seed: int = 0,
    trials: pd.DataFrame | None = None,
    **filters: Unpack[Filters],
) -> pd.DataFrame:
    """Importance of each hyperparameter by fANOVA and by mean decrease in impurity, of Optuna.

    Per problem, of trainings at one `epoch` (that of most measurements, unless the filter names
    one): the shares of the variance of the accuracy that hyperparameters alone account for
    (`fanova`) and of the impurity that a random forest takes by them (`mdi`); each sums to 1, the
    most important first. `trainings` is how many were drawn, of so many (`drawn_from`), and
    `networks` how many networks they are of. Counted are hyperparameters that vary and that half
    of the trainings have, and trainings that have all of these. Positive numbers are looked at as
    logarithms where these are less skewed, texts as numbers in the order of their names. A problem
    of fewer than ten such trainings, or of equal ones, has no row.

    Importance is of what was tried: where networks were trained with settings of their own, a
    hyperparameter also stands for the networks; `context=("transform", "family")` shows that.

    Args:
        corpus: An open corpus, its path or URL; default: `CATTA_CORPUS` or the user's.
        context: What is looked at beside hyperparameters: of `transform`, `family`, `nn`.
        sample: At most so many trainings of a problem.
        seed: Of the drawing and of the forests.
        trials: What `load` returned, in place of a corpus.
        filters: See `Filters`.

    Raises:
        UsageError: Optuna is not installed, `context` has another word, or there is no such corpus
            or filter.
    """
    for name in context:
        if name not in CONTEXTS:
            raise UsageError(f"context: {name!r} is not one of {', '.join(CONTEXTS)}")
    rows = chosen(corpus, trials, filters)
    rows = having(rows, "accuracy")
    optuna = _optuna()
    found: list[dict[str, Any]] = []
    for problem, part in per_problem(rows):
        found += [
            dict(zip(PROBLEM, problem, strict=True)) | row
            for row in _of_problem(optuna, part, list(context), sample, seed)
        ]
    import pandas as pd

    return plain(pd.DataFrame(found, columns=list(COLUMNS)), COLUMNS)


def _optuna() -> Any:
    try:
        optuna = import_module("optuna")
    except ImportError as error:
        raise UsageError(
            "importance: optuna is not installed; install it with: pip install 'catta[hpo]'"
        ) from error
    return optuna


def _of_problem(
    optuna: Any, rows: pd.DataFrame, context: list[str], sample: int, seed: int
) -> list[dict[str, Any]]:
    epoch, rows = at_common_epoch(rows)
    settings = hyperparameters(rows).drop(columns="transform")
    names = [*numeric(settings), *textual(settings)]
    settings = settings.assign(**{name: rows[name].astype(object) for name in context})
    complete: Any = settings[[*names, *context]].dropna()
    settings = at_most(complete, sample, seed)
    names = [*numeric(settings), *textual(settings)]
    values = rows.loc[settings.index, "accuracy"].to_numpy()
    if len(settings) < FEWEST or not names or np.ptp(values) == 0:
        return []
    study = _study(optuna, settings[names], values)
    fanova, mdi = (
        _shares(getattr(optuna.importance, name)(seed=seed, **_FOREST).evaluate(study))
        for name in ("FanovaImportanceEvaluator", "MeanDecreaseImpurityImportanceEvaluator")
    )
    common = {
        "epoch": epoch,
        "trainings": len(settings),
        "networks": rows.loc[settings.index, "nn"].nunique(),
        "drawn_from": len(complete),
    }
    return [
        {"parameter": name, "fanova": fanova[name], "mdi": mdi[name], **common}
        for name in sorted(names, key=lambda name: (-fanova[name], name))
    ]


def _shares(values: dict[str, float]) -> dict[str, float]:
    total = sum(values.values())
    return {name: value / total if total else float("nan") for name, value in values.items()}


def _study(optuna: Any, settings: Any, values: Any) -> Any:
    """A study in memory whose trials are these trainings."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)  # it would tell the user of a new study
    try:
        study = optuna.create_study(direction="maximize")
    finally:
        optuna.logging.set_verbosity(before)
    columns = {name: _numbers(settings[name]) for name in settings.columns}
    distributions = {
        name: optuna.distributions.FloatDistribution(min(values), max(values))
        for name, values in columns.items()
    }
    study.add_trials(
        [
            optuna.trial.create_trial(
                params=dict(zip(columns, row, strict=True)),
                distributions=distributions,
                value=float(value),
            )
            for row, value in zip(zip(*columns.values(), strict=True), values, strict=True)
        ]
    )
    return study


def _numbers(column: Any) -> list[float]:
    """What the forests see.

    Not the categories of Optuna: fANOVA goes through all subsets of those. And not its logarithmic
    distributions: it would weigh values as if they had been drawn uniformly.
    """
    if column.dtype != np.float64:
        return np.unique(column.to_numpy(dtype=str), return_inverse=True)[1].astype(float).tolist()
    values = column.to_numpy()
    if values.min() > 0 and abs(stats.skew(np.log(values))) < abs(stats.skew(values)):
        return np.log(values).tolist()
    return values.tolist()
