"""One training in the sandbox, from its checkpoint on if there is one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from catta.errors import FetchError
from catta.evaluation import TrainReport, Worker, train_and_score
from catta.evaluation.wire import MAX_ARRAYS
from catta.records import EpochMeasurement, Network, Outcome, Recipe, Stage, Verdict
from catta.tasks import PreparedData
from catta.training.checkpoints import Checkpoint

_OK = Verdict(outcome=Outcome.OK, stage=Stage.SCORE)


class TrainObserver(Protocol):
    """Is told how a training goes; from other threads too."""

    def message(self, text: str) -> None:
        """One line for the user."""
        ...

    def epoch(self, measured: EpochMeasurement, total: int) -> bool | None:
        """An epoch of `total` has ended; False ends the training there."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Training:
    """What is trained and how.

    Attributes:
        network: What is trained.
        recipe: How.
        data: The data of the recipe.
        transform: Source of the recipe's transform.
        weights: Whether the trained weights are wanted.
        observer: Told how it goes.
    """

    network: Network
    recipe: Recipe
    data: PreparedData
    transform: str | None = None
    weights: bool = False
    observer: TrainObserver | None = None

    @property
    def checkpoint(self) -> Checkpoint:
        """Where the state after the last epoch is kept."""
        return Checkpoint(self.network.id, self.recipe.id)

    def run(self, worker: Worker) -> tuple[TrainReport, list[EpochMeasurement]]:
        """Train, and keep a checkpoint after each epoch.

        Returns:
            What came of it; and all epochs, those before an interruption too.

        Raises:
            SandboxError: The sandbox failed.
        """
        recipe, keep = self.recipe, ["checkpoint"] if self.recipe.epochs > 1 else []
        epochs, state = self.checkpoint.load() or ([], None)
        if self._stops_at_once(epochs):
            return TrainReport(verdict=_OK, stopped=True), epochs

        def on_epoch(measured: EpochMeasurement, kept: NDArray[np.uint8] | None) -> bool | None:
            del epochs[measured.epoch - 1 :]  # a worker that died begins anew
            epochs.append(measured)
            if measured.epoch < recipe.epochs:
                self._keep(epochs, kept)
            return None if self.observer is None else self.observer.epoch(measured, recipe.epochs)

        report = train_and_score(
            worker,
            self.network.source,
            data=self.data,
            recipe=recipe,
            keep=[*keep, "weights"] if self.weights else keep,
            resume=state,
            on_epoch=on_epoch,
            transform=self.transform,
        )
        return report, epochs

    def how_to_go_on(self) -> str:
        """What the user of an interrupted training wants to know."""
        name, saved = self.network.name, self.checkpoint.load()
        if saved is None:
            return f"Stopped {name} before an epoch was kept; the same command begins it again."
        return (
            f"Stopped {name} after epoch {len(saved[0])} of {self.recipe.epochs}; "
            "the same command goes on from there."
        )

    def _stops_at_once(self, epochs: Sequence[EpochMeasurement]) -> bool:
        """Show the observer the epochs of an earlier call; whether it wants no more."""
        if self.observer is None:
            return False
        total = self.recipe.epochs
        if epochs:
            self.observer.message(f"Going on after epoch {len(epochs)} of {total}")
        return any(self.observer.epoch(measured, total) is False for measured in epochs)

    def _keep(self, epochs: Sequence[EpochMeasurement], state: NDArray[np.uint8] | None) -> None:
        """Save a checkpoint, or say why not: that is no reason to end a training."""
        problem = None
        if state is None:
            problem = f"the state of the training takes more than {MAX_ARRAYS >> 20} MiB"
        else:
            try:
                self.checkpoint.save(epochs, state)
            except FetchError as error:
                problem = str(error)
        if problem is not None and self.observer is not None:
            self.observer.message(f"No checkpoint after epoch {len(epochs)}: {problem}")
