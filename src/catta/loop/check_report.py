"""What a check of one network comes to."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from catta.records import Outcome, Stage, Verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class Nearest:
    """The most similar known network: its name, identity and Jaccard similarity (0..1)."""

    name: str
    network_id: str
    jaccard: float


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckReport:
    """How one network fared.

    Attributes:
        outcome: As an evaluation's.
        stage: Where it was decided.
        error: Why it is not OK, in one sentence.
        accuracy: The metric on the validation split.
        parameters: How many it has.
        flops: Of one sample.
        seconds: Wall clock of it all.
        nearest: The most similar known network.
        dataset: What it was trained on.
        task: What it was checked for.
        metric: What `accuracy` is, of the task's metrics.
        steps: After how many optimizer steps; None after the whole recipe of a loop.
        resolution: Height and width of the images it was trained on, of a text its tokens; None
            where it was not.
    """

    outcome: str
    stage: str
    error: str | None
    accuracy: float | None
    parameters: int | None
    flops: int | None
    seconds: float
    nearest: Nearest | None
    dataset: str
    task: str = "img-classification"
    metric: str = "acc"
    steps: int | None = None
    resolution: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)


PRETRAINED = Verdict(
    outcome=Outcome.INVALID,
    stage=Stage.POLICY,
    error="The network asks for pretrained weights; give weights=None, and weights_backbone=None "
    "where there is one.",
)
"""What becomes of a network whose text hides that it does."""
