"""One trial: trained in the sandbox, judged while it goes, and told to the study."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import optuna
from optuna.trial import TrialState

from catta.corpus import Corpus
from catta.evaluation import Costs, measure_costs
from catta.hpo.settings import ACCURACY, COSTS
from catta.hpo.space import recipe_of
from catta.records import EpochMeasurement, Network, Recipe, Verdict
from catta.tasks import prepare
from catta.training import Trained, WarmWorker, train
from catta.training.checkpoints import Checkpoint

ERROR = "error"
"""User attribute of a trial that failed: why."""


@dataclass(kw_only=True, slots=True)
class _Watch:
    """Tells the study each epoch, and ends the training where study or user want it."""

    trial: optuna.Trial
    prune: bool
    stop: Callable[[], bool]
    tell: Callable[[str], None]
    pruned: bool = False
    told: set[int] = field(default_factory=set[int])

    def message(self, text: str) -> None:
        """Pass it on."""
        self.tell(text)

    def epoch(self, measured: EpochMeasurement, total: int) -> bool:
        """Whether to go on."""
        self.report(measured)
        if self.prune and measured.epoch < total and self.trial.should_prune():
            self.pruned = True
        return not self.pruned and not (measured.epoch < total and self.stop())

    def report(self, measured: EpochMeasurement) -> None:
        """Tell the study; an epoch that comes once more says nothing new."""
        if self.prune and measured.epoch not in self.told and math.isfinite(measured.accuracy):
            self.told.add(measured.epoch)
            self.trial.report(measured.accuracy, measured.epoch)


@dataclass(frozen=True, kw_only=True, slots=True)
class Trainings:
    """Does the trials of one network on one worker, one after the other.

    Attributes:
        network: What is trained.
        base: What all trials have in common.
        objectives: What is told to the study, in this order.
        corpus: Where evaluations are kept.
        warm: The worker.
        directory: Where the files of the dataset are.
        stop: Asked after each epoch whether to stop.
        tell: Shows the user one line.
    """

    network: Network
    base: Recipe
    objectives: Sequence[str]
    corpus: Corpus
    warm: WarmWorker
    directory: Path | None
    stop: Callable[[], bool]
    tell: Callable[[str], None]

    def run(self, study: optuna.Study, trial: optuna.Trial) -> TrialState | None:
        """Do one trial and tell the study.

        Returns:
            How it ended; None where it was interrupted, which the study is not told.

        Raises:
            CattaError: It was not the network's fault; the study is not told.
        """
        recipe = recipe_of(self.base, trial.params)
        costs = self._costs(recipe)
        if isinstance(costs, Verdict):
            return self._failed(study, trial, costs)
        watch = _Watch(trial=trial, prune=len(self.objectives) == 1, stop=self.stop, tell=self.tell)
        trained = train(
            self.network,
            recipe,
            corpus=self.corpus,
            directory=self.directory,
            observer=watch,
            warm=self.warm,
        )
        trial.set_user_attr("recipe", trained.recipe.id)
        if trained.stopped:
            return self._stopped(study, trial, recipe, watch)
        if trained.repeated:
            for measured in trained.evaluation.epochs:
                watch.report(measured)
        if not trained.evaluation.verdict.ok:
            return self._failed(study, trial, trained.evaluation.verdict)
        return self._complete(study, trial, trained, costs)

    def _costs(self, recipe: Recipe) -> Costs | Verdict | None:
        if not set(self.objectives) & set(COSTS):
            return None
        data = prepare(recipe, directory=self.directory)
        worker = self.warm.of(data.inputs)
        found = measure_costs(worker, self.network.source, problem=data.problem, recipe=recipe)
        self.warm.check()
        return found

    def _stopped(
        self, study: optuna.Study, trial: optuna.Trial, recipe: Recipe, watch: _Watch
    ) -> TrialState | None:
        if not watch.pruned:
            return None
        Checkpoint(self.network.id, recipe.id).remove()
        last = max(watch.told)
        study.tell(trial, state=TrialState.PRUNED)
        self.tell(f"Trial {trial.number}: pruned after epoch {last} of {recipe.epochs}")
        return TrialState.PRUNED

    def _failed(self, study: optuna.Study, trial: optuna.Trial, verdict: Verdict) -> TrialState:
        why = f"{verdict.outcome.value} at {verdict.stage.value}: {verdict.error}"
        trial.set_user_attr(ERROR, why)
        study.tell(trial, state=TrialState.FAIL)
        self.tell(f"Trial {trial.number}: {why}")
        return TrialState.FAIL

    def _complete(
        self, study: optuna.Study, trial: optuna.Trial, trained: Trained, costs: Costs | None
    ) -> TrialState:
        found: dict[str, float] = {}
        if costs is not None:
            found = {
                "params": float(costs.parameters),
                "flops": float(costs.flops),
                "latency": costs.latency,
            }
        accuracy = trained.evaluation.accuracy
        found[ACCURACY] = math.nan if accuracy is None else accuracy
        values = [found[name] for name in self.objectives]
        if not all(map(math.isfinite, values)):
            trial.set_user_attr(ERROR, "an objective is not finite")
            study.tell(trial, state=TrialState.FAIL)
            return TrialState.FAIL
        study.tell(trial, values)
        shown = ", ".join(
            f"{self.base.metric if n == ACCURACY else n} {v:.4g}" for n, v in found.items()
        )
        chosen = ", ".join(f"{k}={_short(v)}" for k, v in trial.params.items())
        self.tell(f"Trial {trial.number}: {shown} ({chosen})")
        return TrialState.COMPLETE


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
