"""What trainings came to, here and elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from catta.records.building import BuildFacts
from catta.records.outcomes import Verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class EpochMeasurement:
    """One epoch of one training; what nobody measured is None.

    Attributes:
        epoch: From 1.
        loss: Mean over the batches of training; NaN where a network that trains itself hides it.
        accuracy: The recipe's metric on the validation split.
        seconds: Wall-clock time of the training, without prediction.
        learning_rate: Of the last step.
        gradient_norm: Mean norm of the gradient before clipping.
        samples_per_second: Samples trained on.
        peak_memory_mb: Largest resident memory of the process so far, in MiB, with shared pages.
        metrics: All metrics of the task on the validation split, by name.
    """

    epoch: int
    loss: float
    accuracy: float
    seconds: float
    learning_rate: float | None = None
    gradient_norm: float | None = None
    samples_per_second: float | None = None
    peak_memory_mb: float | None = None
    metrics: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluation:
    """One network trained and measured under one recipe.

    Attributes:
        verdict: The outcome; only an OK evaluation has measurements.
        epochs: One measurement an epoch, the last one is the network's score.
        facts: What the build check showed, if it got that far.
        seconds: Wall-clock time of everything in the sandbox.
    """

    network_id: str
    recipe_id: str
    verdict: Verdict
    epochs: tuple[EpochMeasurement, ...] = ()
    facts: BuildFacts | None = None
    seconds: float = 0.0

    @property
    def accuracy(self) -> float | None:
        """Validation accuracy after the last epoch in 0..1, or None."""
        return self.epochs[-1].accuracy if self.epochs else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Reported:
    """An accuracy that somebody else reported for a network under a recipe of their own."""

    network_id: str
    task: str
    dataset: str
    metric: str
    epoch: int
    accuracy: float
    source: str
