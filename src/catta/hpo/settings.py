"""How a network is tuned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from catta.errors import UsageError
from catta.hpo.space import Parameter

ACCURACY = "accuracy"
COSTS = ("params", "flops", "latency")
OBJECTIVES = (ACCURACY, *COSTS)


@dataclass(frozen=True, kw_only=True, slots=True)
class TuneSettings:
    """How a network is tuned.

    Attributes:
        trials: How many there are to be, those of earlier calls included; ones that failed or were
            pruned count.
        sampler: `tpe`, `cmaes`, `random`, `grid` or `nsga2`.
        pruner: `none`, `hyperband`, `median` or `wilcoxon`.
        objectives: Some of `accuracy` (the recipe's metric, the better the better), `params`,
            `flops` and `latency` (the less the better).
        space: Ranges and choices in the place of LEMUR's.
        transforms: Transforms to choose from.
        fixed: Hyperparameters that stay as the recipe says.
        study: Name of the study; default: made of all that is compared in it.
        workers: Trainings at the same time.
        threads: Threads of each; default: the processors, divided by the workers.
        seed: Of the sampler; that of the trainings is the recipe's.
        warm_start: How many of the best known hyperparameters are tried first.
        give_up: Whether to stop after so many failures, if nothing else was seen; 0: never.
        directory: Where the files of the dataset are.
        unsafe: Run without isolation if none can be had.
    """

    trials: int = 100
    sampler: str = "tpe"
    pruner: str = "none"
    objectives: tuple[str, ...] = (ACCURACY,)
    space: Mapping[str, Parameter] = field(default_factory=dict[str, Parameter])
    transforms: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    study: str | None = None
    workers: int = 1
    threads: int | None = None
    seed: int = 0
    warm_start: int = 5
    give_up: int = 0
    directory: Path | None = None
    unsafe: bool = False

    def __post_init__(self) -> None:
        for name, least in (("trials", 1), ("workers", 1), ("seed", 0), ("warm_start", 0)):
            value = getattr(self, name)
            if value < least:
                raise UsageError(f"{name} must be at least {least}, not {value}")
        if self.threads is not None and self.threads < 1:
            raise UsageError(f"threads must be at least 1, not {self.threads}")
        unknown = [one for one in self.objectives if one not in OBJECTIVES]
        if unknown or not self.objectives:
            known = ", ".join(OBJECTIVES)
            raise UsageError(f"objective must be some of {known}, not {', '.join(unknown) or ''!r}")
        if len(set(self.objectives)) < len(self.objectives):
            raise UsageError("objective: one of them is given twice")
        if self.study is not None and not self.study.strip():
            raise UsageError("study: the name is empty")
