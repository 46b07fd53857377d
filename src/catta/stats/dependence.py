"""How the accuracy depends on each hyperparameter, in a straight line or not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
from scipy import stats
from scipy.spatial.distance import pdist, squareform

from catta.corpus import Corpus
from catta.stats.drawing import at_common_epoch, at_most, one_a_network
from catta.stats.filters import Filters, chosen
from catta.stats.grouped import PROBLEM, having, per_problem, plain
from catta.stats.hyperparameters import hyperparameters, numeric
from catta.stats.intervals import UNITS, Numbers

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    *PROBLEM,
    *("epoch", "parameter", "n", "unit", "spearman", "p", "p_adjusted"),
    *("distance_correlation", "mutual_information", "drawn"),
)

INDEPENDENT = 30
"""Of so many networks one training each is enough."""

SIZES = ("parameters", "flops")


def effects(
    corpus: str | Path | Corpus | None = None,
    *,
    sample: int = 1_000,
    seed: int = 0,
    trials: pd.DataFrame | None = None,
    **filters: Unpack[Filters],
) -> pd.DataFrame:
    """Dependence of the accuracy on each number a training has: hyperparameters, size, FLOPs.

    Per problem, of trainings at one `epoch` (that of most measurements, unless the filter names
    one): `spearman` with its `p` value and `p_adjusted` (Benjamini-Hochberg over all rows of the
    table), `distance_correlation` (0..1; 0 of independent ones only, whatever the form of the
    dependence; biased upwards where n is small), `mutual_information` (nats, of nearest
    neighbours, after scikit-learn). A text such as the transform is compared by `transforms`.

    `unit` says what the `n` are. Trainings of one network are alike, so where there are 30 networks
    it is `network`: one training each, drawn by seed. Of fewer networks it is `training`: all of
    them; then p values are too small. Distance correlation and mutual information are of `drawn`
    ones of these.

    Args:
        corpus: An open corpus, its path or URL; default: `CATTA_CORPUS` or the user's.
        sample: At most so many are drawn for measures that take the square of their number.
        seed: Of the drawing.
        trials: What `load` returned, in place of a corpus.
        filters: See `Filters`.

    Raises:
        UsageError: There is no such corpus or filter.
    """
    rows = chosen(corpus, trials, filters)
    rows = having(rows, "accuracy")
    found: list[dict[str, Any]] = []
    for problem, part in per_problem(rows):
        found += [
            dict(zip(PROBLEM, problem, strict=True)) | row
            for row in _of_problem(part, sample, seed)
        ]
    import pandas as pd

    table = pd.DataFrame(found, columns=list(COLUMNS))
    if len(table):
        table["p_adjusted"] = stats.false_discovery_control(table["p"].to_numpy(dtype=float))
    return plain(table, COLUMNS)


def _of_problem(rows: Any, sample: int, seed: int) -> list[dict[str, Any]]:
    epoch, rows = at_common_epoch(rows)
    independent = rows["nn"].nunique() >= INDEPENDENT
    if independent:
        rows = one_a_network(rows, seed)
    settings = hyperparameters(rows).assign(**{name: rows[name] for name in SIZES})
    found: list[dict[str, Any]] = []
    for name in numeric(settings):
        table: Any = settings[[name]].assign(accuracy=rows["accuracy"])
        pairs = having(table, name, "accuracy")
        distinct: Any = pairs.nunique()
        if len(pairs) < UNITS or distinct.min() < 2:
            continue
        common = {"epoch": epoch, "unit": "network" if independent else "training"}
        found.append({"parameter": name, **common, **_measures(pairs, name, sample, seed)})
    return found


def _measures(pairs: pd.DataFrame, name: str, sample: int, seed: int) -> dict[str, Any]:
    ranks: Any = stats.spearmanr(pairs[name], pairs["accuracy"])
    drawn: Any = at_most(pairs, sample, seed)
    x, y = (drawn[column].to_numpy(dtype=np.float64) for column in (name, "accuracy"))
    return {
        "n": len(pairs),
        "spearman": float(ranks.statistic),
        "p": float(ranks.pvalue),
        "distance_correlation": distance_correlation(x, y),
        "mutual_information": _mutual_information(x, y, seed),
        "drawn": len(drawn),
    }


def distance_correlation(x: Numbers, y: Numbers) -> float:
    """Distance correlation of two samples (Szekely, Rizzo, Bakirov 2007), 0..1.

    By SciPy's distances: a package that has it brings a compiler of 60 MB along. Where one of the
    samples does not vary it is 0.
    """
    one, other = (_centred(sample) for sample in (x, y))
    scale = float(np.sqrt((one * one).mean() * (other * other).mean()))
    covariance = max(0.0, float((one * other).mean()))
    return min(1.0, float(np.sqrt(covariance / scale))) if scale > 0 else 0.0


def _centred(sample: Numbers) -> Numbers:
    distances = squareform(pdist(sample[:, None]))
    rows = distances.mean(axis=0)
    return distances - rows[None, :] - rows[:, None] + rows.mean()


def _mutual_information(x: Numbers, y: Numbers, seed: int) -> float:
    """Of the ranks, which it does not depend on: neighbours need one scale."""
    from sklearn.feature_selection import mutual_info_regression

    ranks: Any = stats.rankdata(x)
    neighbours = min(3, len(x) - 1)
    found: Any = mutual_info_regression(
        ranks[:, None], stats.rankdata(y), n_neighbors=neighbours, random_state=seed
    )
    return float(found[0])
