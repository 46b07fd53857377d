"""Which hyperparameters decide how good a training becomes."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from catta.corpus import Corpus
from catta.errors import UsageError
from catta.stats.drawing import at_common_epoch, at_most
from catta.stats.filters import Filters, chosen
from catta.stats.grouped import PROBLEM, per_problem, plain
from catta.stats.hyperparameters import hyperparameters, numeric, textual

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (*PROBLEM, "epoch", "parameter", "fanova", "mdi", "trainings", "networks", "drawn_from")

CONTEXTS = ("transform", "family", "nn")
"""What else than hyperparameters can be asked about."""

FEWEST = 10
"""Of fewer trainings nothing is said."""

_TREES = 64
_CHOICES = 20
_OTHER = "(other)"
_ORDERS = 100.0
"""A positive number whose largest value is so many times its least is looked at as a logarithm."""


def importance(
    corpus: str | Path | Corpus | None = None,
    *,
    context: Sequence[str] = ("transform",),
    sample: int = 1_000,
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
    of the trainings have, and trainings that have all of these. Of texts the 20 most frequent
    stand for themselves. A problem of fewer than ten such trainings, or of equal ones, has no row.

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
    rows = rows[np.isfinite(rows["accuracy"].to_numpy())]
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
    settings = settings[[*names, *context]].dropna()
    drawn_from = len(settings)
    settings = at_most(settings, sample, seed)
    names = [*numeric(settings), *textual(settings)]
    values = rows.loc[settings.index, "accuracy"].to_numpy()
    if len(settings) < FEWEST or not names or np.ptp(values) == 0:
        return []
    study = _study(optuna, settings[names], values)
    evaluators = optuna.importance
    fanova = evaluators.FanovaImportanceEvaluator(n_trees=_TREES, seed=seed).evaluate(study)
    mdi = evaluators.MeanDecreaseImpurityImportanceEvaluator(n_trees=_TREES, seed=seed).evaluate(
        study
    )
    common = {
        "epoch": epoch,
        "trainings": len(settings),
        "networks": rows.loc[settings.index, "nn"].nunique(),
        "drawn_from": drawn_from,
    }
    shares = (_shares(fanova), _shares(mdi))
    return [
        {"parameter": name, "fanova": shares[0][name], "mdi": shares[1][name], **common}
        for name in sorted(names, key=lambda name: (-shares[0][name], name))
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
    columns: dict[str, list[Any]] = {}
    distributions: dict[str, Any] = {}
    for name in settings.columns:
        columns[name], distributions[name] = _distribution(optuna, settings[name])
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


def _distribution(optuna: Any, column: Any) -> tuple[list[Any], Any]:
    kinds = optuna.distributions
    if column.dtype == np.float64:
        low, high = float(column.min()), float(column.max())
        log = low > 0 and high / low >= _ORDERS
        return column.tolist(), kinds.FloatDistribution(low, high, log=log)
    frequent = column.value_counts().index[:_CHOICES]
    texts = [str(text) for text in column.where(column.isin(frequent), _OTHER)]
    return texts, kinds.CategoricalDistribution(sorted(set(texts)))
