"""Settings of the generators that ask a language model."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class SamplingSettings(BaseModel):
    """How a language model's tokens are drawn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    temperature: float = Field(
        default=0.7, ge=0, le=5, description="sharpness of sampling; 0: greedy"
    )
    top_p: float = Field(
        default=0.95, gt=0, le=1, description="probability mass that is sampled from"
    )
    top_k: int = Field(
        default=0, ge=0, description="number of tokens that are sampled from; 0: all"
    )
    max_new_tokens: int = Field(
        default=700, ge=1, description="longest completion in tokens, without the forced prefix"
    )
    batch: int = Field(default=24, ge=1, description="completions that are generated together")
    device: str | None = Field(
        default=None, description="`cpu`, `cuda`, `cuda:<index>`; unset: CUDA where there is one"
    )
    dtype: Literal["float32", "bfloat16", "float16"] | None = Field(
        default=None,
        description="dtype of the model; unset: the fastest the device computes natively",
    )


class ServerSettings(BaseModel):
    """A server that speaks the OpenAI protocol."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_url: str = Field(
        default="http://127.0.0.1:8000/v1",
        description="address of the API, up to and with its version",
    )
    api_key_env: str = Field(
        default="OPENAI_API_KEY",
        description="environment variable that holds the key; may be unset",
    )
    concurrency: int = Field(default=8, ge=1, le=256, description="requests at the same time")
    timeout: float = Field(default=120.0, gt=0, description="seconds that one request may take")
    retries: int = Field(
        default=5,
        ge=0,
        le=20,
        description="further attempts after a refusal (429), a failure (5xx), a drop",
    )
    backoff: float = Field(
        default=1.0, gt=0, description="seconds before the second attempt; doubles each time"
    )
