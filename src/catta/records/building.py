"""What building a network shows, and how large it may be."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field


@dataclass(frozen=True, kw_only=True, slots=True)
class BuildFacts:
    """What building a network and one tiny forward and backward pass show.

    Attributes:
        parameters: Number of trainable parameters.
        flops: FLOPs of one forward pass of one sample (a multiply-add counts as two).
        graph: Hash of the traced graph: operators, shapes, edges; `g1:<hex>`.
        seconds: Wall-clock time of the check.
    """

    parameters: int
    flops: int
    graph: str
    seconds: float


class Caps(BaseModel):
    """The largest network a run accepts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    parameters: int = Field(
        default=1_000_000, gt=0, description="largest number of trainable parameters"
    )
    flops: int = Field(
        default=50_000_000,
        gt=0,
        description="largest number of FLOPs of one forward pass of one sample",
    )

    def share(self, facts: BuildFacts) -> float:
        """The larger of the two shares of the caps that a network uses; above 1: too large."""
        return max(facts.parameters / self.parameters, facts.flops / self.flops)
