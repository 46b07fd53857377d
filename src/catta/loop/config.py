"""The configuration of a run: one frozen model, read from one TOML file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from catta.errors import UsageError
from catta.finetune import FinetuneSettings
from catta.generation import SamplingSettings, ServerSettings
from catta.models import DEFAULT_MODEL
from catta.records import Caps, Recipe

Arm = Literal["lora", "frozen", "mutation"]
ARMS: tuple[Arm, ...] = ("lora", "frozen", "mutation")


class SeedSettings(BaseModel):
    """Which networks a run starts from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str | None = Field(
        default=None,
        description="wheel of `nn-dataset`, or a JSON file of names and sources; default: PyPI",
    )
    characters: int = Field(default=2_200, gt=0, description="longest architecture that is adapted")
    similarity: float = Field(
        default=0.85,
        gt=0,
        le=1,
        description="seeds at or above this Jaccard similarity count as one",
    )
    learn_from: int = Field(
        default=192,
        ge=0,
        description="seeds evaluated under the recipe, which cycles may learn from",
    )
    warmup_examples: int = Field(
        default=400,
        ge=0,
        description="seeds that the warm-up teaches; 0: start from the bare model",
    )


class RunConfig(BaseModel):
    """One closed loop: who generates, how candidates are judged, what is learnt from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    arm: Arm = Field(default="lora", description="generator and whether it learns")
    backend: Literal["transformers", "openai", "scripted"] = Field(
        default="transformers", description="language-model backend of the arms lora and frozen"
    )
    model: str = Field(default=DEFAULT_MODEL, description="language model: a directory, a hub name")
    cycles: int = Field(default=6, ge=1, le=10_000, description="turns of the loop")
    candidates: int = Field(default=24, ge=1, le=100_000, description="candidates a cycle")
    seed: int = Field(default=0, ge=0, description="seed of everything random in the run")
    threshold: float = Field(
        default=0.75,
        ge=0,
        le=1,
        description="validation accuracy from which a candidate is admitted",
    )
    objective: tuple[Literal["accuracy", "latency"], ...] = Field(
        default=("accuracy",),
        description="what is admitted: all from the threshold on; with latency, measured on the "
        "exported network, only those that no admitted network beats in both",
    )
    max_latency_ms: float | None = Field(
        default=None,
        gt=0,
        description="median milliseconds of a sample, exported, one thread; more is refused",
    )
    max_file_mb: float | None = Field(
        default=None, gt=0, description="megabytes of the exported network; more is refused"
    )
    workers: int = Field(default=2, ge=1, le=256, description="trainings at the same time")
    sandbox: Literal["auto", "bubblewrap", "landlock", "none"] = Field(
        default="auto", description="isolation of network code; `none` needs unsafe = true"
    )
    unsafe: bool = Field(default=False, description="run without isolation where none can be had")
    helpers: bool = Field(default=True, description="whether completions may define helper classes")
    data: Path | None = Field(default=None, description="directory that holds the dataset's files")
    script: Path | None = Field(
        default=None, description="JSON list of completions of backend `scripted`"
    )
    examples: int = Field(
        default=40, ge=1, description="largest number of examples a cycle's fine-tuning sees"
    )
    learn_within: float = Field(
        default=0.7,
        gt=0,
        le=1,
        description="share of the caps that an example may use: what varies from it keeps them",
    )
    distinct: float = Field(
        default=0.75,
        gt=0,
        le=1,
        description="examples at or above this Jaccard similarity count as one",
    )
    assess: int = Field(
        default=3, ge=0, description="best networks assessed on the test split at the end"
    )
    recipe: Recipe = Field(default_factory=Recipe, description="how a network is trained")
    caps: Caps = Field(default_factory=Caps, description="the largest network that is accepted")
    seeds: SeedSettings = Field(default_factory=SeedSettings, description="where the run starts")
    sampling: SamplingSettings = Field(
        default_factory=SamplingSettings, description="decoding of the language model"
    )
    server: ServerSettings = Field(
        default_factory=ServerSettings, description="server of backend `openai`"
    )
    warmup: FinetuneSettings = Field(
        default_factory=FinetuneSettings, description="fine-tuning of the warm-up on seeds"
    )
    finetune: FinetuneSettings = Field(
        default_factory=lambda: FinetuneSettings(lr=3e-4),
        description="fine-tuning of a cycle (arm lora)",
    )

    finetune_from: Literal["last", "warmup"] = Field(
        default="last",
        description="what a cycle's fine-tuning starts from: the last cycle, or the warm-up",
    )

    @property
    def measures_edge(self) -> bool:
        """Whether candidates are exported and measured before they are trained."""
        limits = (self.max_latency_ms, self.max_file_mb)
        return self.minimises_latency or any(limit is not None for limit in limits)

    @property
    def minimises_latency(self) -> bool:
        """Whether latency counts beside accuracy."""
        return "latency" in self.objective

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.arm == "lora" and self.backend != "transformers":
            raise ValueError(
                f"arm: lora fine-tunes a local model and needs backend transformers, "
                f"not {self.backend}; use arm frozen"
            )
        if self.backend == "scripted" and self.arm == "frozen" and self.script is None:
            raise ValueError(
                "script: backend scripted needs the path of a JSON list of completions"
            )
        if "accuracy" not in self.objective or len(set(self.objective)) < len(self.objective):
            raise ValueError(
                'objective: must be ["accuracy"] or ["accuracy", "latency"], not '
                f"{list(self.objective)}"
            )
        if self.sandbox == "none" and not self.unsafe:
            raise ValueError("sandbox: none needs unsafe = true (--unsafe)")
        return self


PROFILES: Mapping[str, Mapping[str, Any]] = {
    "default": {},
    # The protocol of arXiv 2601.02997, as far as it goes without a 7B model: one epoch of the
    # full training set, SGD, batch 16, 500k parameters, admission at 0.40 on CIFAR-10.
    "paper": {
        "cycles": 22,
        "threshold": 0.40,
        "examples": 1_000,
        "learn_within": 1.0,
        "distinct": 1.0,
        "caps": {"parameters": 500_000, "flops": 500_000_000},
        "recipe": {
            "dataset": "cifar-10",
            "train_samples": 45_000,
            "batch": 16,
            "optimizer": "sgd",
            "lr": 0.01,
            "schedule": "constant",
            "seconds": 1_800.0,
        },
        "sampling": {"temperature": 0.2, "top_p": 0.9, "top_k": 50, "max_new_tokens": 2_048},
    },
}


def load_config(path: Path | None = None, overrides: Mapping[str, Any] | None = None) -> RunConfig:
    """The resolved configuration of a run.

    Args:
        path: TOML file; its key `profile` names the defaults it starts from.
        overrides: Values that win over the file; nested tables are merged.

    Raises:
        UsageError: With one sentence that names the key and the allowed values.
    """
    values = _read(path) if path else {}
    profile = values.pop("profile", "default")
    if profile not in PROFILES:
        raise UsageError(f"profile: {profile!r} is not one of {', '.join(PROFILES)}")
    merged = _merge(_merge(PROFILES[profile], values), overrides or {})
    if path:
        merged = _relative_to(path.parent, merged)
    return parse_config(merged)


def parse_config(values: Mapping[str, Any]) -> RunConfig:
    """Validate plain data as a run configuration; raises UsageError in one sentence."""
    try:
        config = RunConfig.model_validate(dict(values))
    except ValidationError as error:
        raise UsageError(_sentence(error.errors()[0])) from error
    for key, path in (("data", config.data), ("script", config.script)):
        if path is not None and not path.exists():
            raise UsageError(f"{key}: {path} does not exist")
    if config.seeds.source and config.seeds.source.endswith((".whl", ".json")):
        source = Path(config.seeds.source)
        if not source.is_file():
            raise UsageError(f"seeds.source: {source} does not exist")
    return config


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UsageError(f"run file {path} does not exist") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"run file {path} cannot be read: {error}") from error


def _merge(base: Mapping[str, Any], top: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in top.items():
        below = merged.get(key)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            merged[key] = _merge(below, value)
        else:
            merged[key] = value
    return merged


def _relative_to(directory: Path, values: dict[str, Any]) -> dict[str, Any]:
    """Paths in a run file are meant relative to the file."""
    resolved = {key: str(directory / values[key]) for key in ("data", "script") if values.get(key)}
    return values | resolved


def _sentence(error: ErrorDetails) -> str:
    """One sentence from pydantic's first error: the key, what is wrong, what is allowed."""
    location = [str(part) for part in error["loc"]]
    key = ".".join(location) or "configuration"
    if error["type"] == "extra_forbidden":
        model = _model_at(location[:-1])
        return f"{key}: unknown key; allowed are {', '.join(sorted(model.model_fields))}"
    message = error["msg"].removeprefix("Value error, ")
    return message if not location else f"{key}: {message} (got {error['input']!r})"


def _model_at(location: list[str]) -> type[BaseModel]:
    model: type[BaseModel] = RunConfig
    for name in location:
        annotation = model.model_fields[name].annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            model = annotation
    return model
