"""Recipes: all that fixes a training."""

from __future__ import annotations

import hashlib
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator


class Recipe(BaseModel):
    """Everything that fixes a training; evaluations are comparable when their recipes are.

    All numbers are finite, because JSON, in which recipes are stored and hashed, has no others.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    task: str = Field(default="img-classification", description="what the network is for")
    dataset: str = Field(default="fashion-mnist", description="name of the dataset")
    resolution: int = Field(
        default=32, ge=8, le=512, description="height and width of the inputs in pixels"
    )
    train_samples: int = Field(
        default=10_000, ge=10, description="stratified subset that is trained on"
    )
    validation_samples: int = Field(
        default=5_000, ge=10, description="stratified subset that is scored on"
    )
    epochs: int = Field(default=1, ge=1, le=1_000, description="passes over the training subset")
    batch: int = Field(default=64, ge=1, le=4_096, description="samples a step")
    optimizer: Literal["adamw", "sgd"] = Field(default="adamw", description="optimizer")
    lr: float = Field(default=2e-3, gt=0, description="(peak) learning rate")
    momentum: float = Field(default=0.9, ge=0, lt=1, description="momentum of SGD")
    weight_decay: float = Field(default=0.01, ge=0, description="weight decay")
    schedule: Literal["one-cycle", "constant"] = Field(
        default="one-cycle", description="learning rate over time"
    )
    clip: float = Field(default=1.0, gt=0, description="largest norm of the gradient")
    dropout: float = Field(
        default=0.2, ge=0, lt=1, description="the `dropout` hyperparameter given to the network"
    )
    seed: int = Field(
        default=0,
        ge=0,
        lt=2**32,  # NumPy takes no more
        description="seed of initialisation, data order and splits",
    )
    seconds: float = Field(
        default=60.0, gt=0, le=2_000_000, description="wall-clock limit of one training"
    )
    memory_mb: int = Field(
        default=4_096, ge=256, le=2**24, description="memory limit of one training in MiB"
    )
    metric: str = Field(default="acc", description="what the score is, of the task's metrics")
    track: Literal["fixed", "own"] = Field(
        default="fixed",
        description="who trains: the evaluator (`fixed`), or the network's own `train_setup` and "
        "`learn` (`own`)",
    )
    transform: str | None = Field(
        default=None,
        description="name of a transform of LEMUR's; without one, images are only normalised",
    )
    length: int = Field(default=128, ge=2, le=4_096, description="tokens of one sample of a text")
    prm: dict[str, float] = Field(
        default={}, description="further hyperparameters that are given to the network"
    )
    amp: bool = Field(default=False, description="train in bfloat16 where that is safe (autocast)")
    layout: Literal["auto", "contiguous", "channels-last"] = Field(
        default="auto", description="memory layout of images"
    )
    compile: bool = Field(default=False, description="compile the network with torch.compile")

    @field_validator("prm")
    @classmethod
    def _in_order(cls, prm: dict[str, float]) -> dict[str, float]:
        return dict(sorted(prm.items()))  # the order in which they were given says nothing

    @property
    def id(self) -> str:
        """Versioned hash of all fields, `r1:<hex>`.

        Fields that came later enter only where they say something: recipes keep their ids.
        """
        fields = type(self).model_fields
        unsaid = {name for name in _LATER_FIELDS if getattr(self, name) == fields[name].default}
        text = self.model_dump_json(exclude=unsaid)
        return "r1:" + hashlib.sha256(text.encode()).hexdigest()[:24]

    @property
    def hyperparameters(self) -> dict[str, float]:
        """The `prm` argument of a network: names to floats, as LEMUR's networks expect it."""
        return {
            "lr": self.lr,
            "momentum": self.momentum,
            "dropout": self.dropout,
            "batch": float(self.batch),
            **self.prm,
        }


_LATER_FIELDS = ("metric", "track", "transform", "length", "prm", "amp", "layout", "compile")
