"""Settings of the generators that ask a language model."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class SamplingSettings(BaseModel):
    """How a language model's tokens are drawn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    temperature: float = Field(0.6, ge=0, le=5, description="sharpness of sampling; 0: greedy")
    top_p: float = Field(0.95, gt=0, le=1, description="probability mass that is sampled from")
    top_k: int = Field(0, ge=0, description="number of tokens that are sampled from; 0: all")
    max_new_tokens: int = Field(
        700, ge=1, description="longest completion in tokens, without the forced prefix"
    )
    batch: int = Field(24, ge=1, description="completions that are generated together")
    device: str | None = Field(
        None, description="`cpu`, `cuda`, `cuda:<index>`; unset: CUDA where there is one"
    )
    dtype: Literal["float32", "bfloat16", "float16"] | None = Field(
        None, description="dtype of the model; unset: the fastest the device computes natively"
    )


class ServerSettings(BaseModel):
    """A server that speaks the OpenAI protocol."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_url: str = Field(
        "http://127.0.0.1:8000/v1", description="address of the API, up to and with its version"
    )
    api_key_env: str = Field(
        "OPENAI_API_KEY", description="environment variable that holds the key; may be unset"
    )
    concurrency: int = Field(8, ge=1, le=256, description="requests at the same time")
    timeout: float = Field(120.0, gt=0, description="seconds that one request may take")
    retries: int = Field(
        5,
        ge=0,
        le=20,
        description="further attempts after a refusal (429), a failure (5xx), a drop",
    )
    backoff: float = Field(
        1.0, gt=0, description="seconds before the second attempt; doubles each time"
    )
