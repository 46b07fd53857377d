"""`catta.data()` with LEMUR's `sql=JoinConf(...)`: networks chosen with regard to one another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from catta.corpus import Corpus
from catta.corpus.frames import Form, frame
from catta.corpus.questions import Question, Rows
from catta.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

_BY_SIMILARITY = "anchor_band_db_minhash"


@dataclass(frozen=True, slots=True)
class JoinConf:
    """Which networks go together, in LEMUR's words; `catta.groups` says the same in Catta's.

    Attributes:
        num_joint_nns: Networks in a group.
        same_columns: Columns that agree within a group.
        diff_columns: Columns that differ within a group.
        enhance_nn: Whether the others have to be better than the first.
        task: Only this task.
        dataset: Only this dataset.
        metric: Only this metric.
        similarity_mode: `none`, or `anchor_band_db_minhash` for networks around an anchor.
        anchor_nn: The anchor; None for the best network that has enough neighbours in the band.
        similarity_band: A band of `catta.groups`.
        min_arch_jaccard: Least similarity, where no band is given.
        max_arch_jaccard: The similarity that must not be reached, unless it is 1.
        overfetch_factor: Around an anchor, so many times `num_joint_nns` rows are returned.
    """

    num_joint_nns: int
    same_columns: tuple[str, ...] | None = None
    diff_columns: tuple[str, ...] | None = None
    enhance_nn: bool | None = None
    task: str | None = None
    dataset: str | None = None
    metric: str | None = None
    similarity_mode: str = "none"
    anchor_nn: str | None = None
    similarity_band: str | None = None
    min_arch_jaccard: float = 0.0
    max_arch_jaccard: float = 1.0
    overfetch_factor: int = 10

    def validate(self) -> None:
        """Raise UsageError where a value makes no sense."""
        if self.num_joint_nns < 1 or self.overfetch_factor < 1:
            raise UsageError("JoinConf: num_joint_nns and overfetch_factor are 1 or more")
        if self.similarity_mode not in ("none", _BY_SIMILARITY):
            raise UsageError(f"JoinConf: similarity_mode is none or {_BY_SIMILARITY}")

    @property
    def by_similarity(self) -> bool:
        """Whether networks around an anchor are asked for."""
        return self.similarity_mode == _BY_SIMILARITY


def data(
    only_best_accuracy: bool = False,
    task: str | None = None,
    dataset: str | None = None,
    metric: str | None = None,
    nn: str | Sequence[str] | None = None,
    epoch: int | None = None,
    max_rows: int | None = None,
    sql: JoinConf | None = None,
    nn_prefixes: Sequence[str] | None = None,
    unique_nn: bool = False,
    include_nn_stats: bool = False,
    *,
    corpus: str | Path | Corpus | None = None,
    as_: Form = "pandas",
) -> pd.DataFrame:
    """Every measurement in the corpus, a row each, with LEMUR's columns and arguments.

    Published trials come first, in the order of task, dataset, metric, name and epoch (import by
    import), then Catta's own evaluations, whose ids are negative. A trial has the name it was
    recorded with; `nn_code` is None where nobody published the code.

    Texts are one object for each distinct one, and so are the dictionaries in `prm`: changing one
    of these in place changes it in all rows of the same hyperparameters. The frame belongs to the
    caller alone: no other call returns any part of it. In Arrow and Polars, `prm` is JSON.

    With `sql`, as in LEMUR, except that groups without a partner are left out and the same
    arguments give the same rows: pairs (`nn_2`, `nn_code_2`, ...; see `catta.groups`) if columns
    are named that agree or differ; else the best networks, a row each; and around an anchor its
    neighbours, the best first, with `anchor_nn` and `anchor_jaccard`.

    Args:
        only_best_accuracy: Only the best row of each task, dataset, metric, name and epoch.
        task: Only this task.
        dataset: Only this dataset.
        metric: Only this metric.
        nn: Only these names of networks.
        epoch: Only this epoch, from 1.
        max_rows: No more rows than this.
        sql: Which rows go together; then the result is pandas.
        nn_prefixes: Only names that begin so; case counts.
        unique_nn: Only the best row of each name.
        include_nn_stats: Add LEMUR's `nn_*` columns; what is not known is None.
        corpus: A corpus, its path or URL; default: `CATTA_CORPUS` or the user's data directory.
        as_: What to return; Polars has to be installed by the caller.

    Returns:
        `pandas.DataFrame`, `pyarrow.Table` or `polars.DataFrame`.

    Raises:
        UsageError: The corpus is not there, an argument makes no sense, or Polars is missing.
    """
    rows = Rows(
        only_best_accuracy=only_best_accuracy,
        task=task,
        dataset=dataset,
        metric=metric,
        nn=nn,
        epoch=epoch,
        nn_prefixes=nn_prefixes,
        unique_nn=unique_nn,
        include_nn_stats=include_nn_stats,
    )
    if sql is None:
        return frame(corpus, Question.of(max_rows, **rows), as_)
    if as_ != "pandas":
        raise UsageError(f"as_: with sql the result is pandas, not {as_}")
    sql.validate()
    return _grouped(sql, max_rows, _narrowed(sql, rows), corpus)


def _narrowed(conf: JoinConf, rows: Rows) -> Rows:
    """The filters of both; they must not contradict each other."""
    found: Any = dict(rows)
    for name in ("task", "dataset", "metric"):
        wanted = getattr(conf, name)
        if wanted is not None:
            if found[name] not in (None, wanted):
                raise UsageError(f"{name}: {found[name]!r}, but {wanted!r} in JoinConf")
            found[name] = wanted
    return found


def _grouped(
    conf: JoinConf, max_rows: int | None, rows: Rows, corpus: str | Path | Corpus | None
) -> pd.DataFrame:
    from catta.library.grouping import around, groups  # novelty and all: plain data needs none

    n = conf.num_joint_nns
    if conf.by_similarity:
        found = around(
            conf.anchor_nn,
            conf.similarity_band,
            conf.min_arch_jaccard,
            conf.max_arch_jaccard,
            at_least=n,
            corpus=corpus,
            **rows,
        )
        return _first(found, n * conf.overfetch_factor, max_rows)
    if n > 1 and (conf.same_columns or conf.diff_columns):
        return groups(
            n,
            conf.same_columns or (),
            conf.diff_columns or (),
            bool(conf.enhance_nn),
            max_rows=max_rows,
            corpus=corpus,
            **rows,
        )
    if n == 1:
        return frame(corpus, Question.of(max_rows, **rows))
    rows["unique_nn"] = True
    best = frame(corpus, Question.of(**rows))
    best = best.sort_values(["accuracy", "epoch", "nn"], ascending=[False, True, True])
    return _first(best.reset_index(drop=True), n, max_rows)


def _first(found: pd.DataFrame, count: int, max_rows: int | None) -> pd.DataFrame:
    return found.head(count if max_rows is None else min(count, max_rows))
