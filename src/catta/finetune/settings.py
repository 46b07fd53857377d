"""Settings of fine-tuning."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class FinetuneSettings(BaseModel):
    """How a LoRA adapter is trained on prompt-completion pairs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rank: int = Field(
        default=16, ge=1, le=1_024, description="rank of the LoRA matrices (all linear layers)"
    )
    alpha: float = Field(
        default=32.0, gt=0, description="LoRA scaling; the update is multiplied by alpha/rank"
    )
    dropout: float = Field(default=0.0, ge=0, lt=1, description="dropout of the LoRA input")
    lr: float = Field(
        default=5e-4, gt=0, description="peak learning rate of AdamW, decaying linearly to 0"
    )
    warmup_steps: int = Field(
        default=5, ge=0, description="steps over which the learning rate rises"
    )
    batch: int = Field(default=2, ge=1, description="examples a step")
    epochs: int = Field(default=1, ge=1, description="passes over the examples")
    max_tokens: int = Field(
        default=1_024,
        ge=16,
        description="longest prompt and completion; longer examples are left out",
    )
    weight_decay: float = Field(default=0.01, ge=0, description="weight decay of AdamW")
    clip: float = Field(default=1.0, gt=0, description="largest norm of the gradient")
    seed: int = Field(default=0, ge=0, description="seed of initialisation, dropout and order")
    device: str | None = Field(
        default=None, description="`cpu`, `cuda`, `cuda:<index>`; unset: CUDA where there is one"
    )
    dtype: Literal["float32", "bfloat16", "float16"] | None = Field(
        default=None,
        description="dtype of the base model; unset: the fastest the device computes natively",
    )
