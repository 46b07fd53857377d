"""A training as a file: which network, and what its recipe says."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from catta.errors import UsageError
from catta.records import Recipe


class TrainConfig(BaseModel):
    """One training; what is not said suits the task (see `recipe_for`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    network: str = Field(description="a file NAME.py, a name in the corpus or in the zoo")
    task: str = Field(default="img-classification", description="what the network is for")
    prm: dict[str, float] = Field(default={}, description="hyperparameters of the network")
    recipe: dict[str, Any] = Field(default={}, description="fields of the recipe")


def load_train_config(
    file: Path | None, *, recipe: Mapping[str, Any], prm: Mapping[str, float], **given: str | None
) -> TrainConfig:
    """Read a file, if there is one, and let what is given override it.

    Args:
        file: TOML; a network in it that is a path is meant relative to the file.
        recipe: Fields of the recipe; None where not given.
        prm: Hyperparameters.
        **given: `network` and `task`; None where not given.

    Raises:
        UsageError: The file is not there, is no TOML, or says something unknown.
    """
    values: dict[str, Any] = {}
    if file is not None:
        values = _read(file)
        network = values.get("network")
        if isinstance(network, str) and network.endswith(".py"):
            values["network"] = str(file.absolute().parent / network)
    for name in ("recipe", "prm"):
        if not isinstance(values.get(name, {}), dict):
            raise UsageError(f"{file}: {name} must be a table, [{name}]")
    said = {name: value for name, value in recipe.items() if value is not None}
    try:
        values["recipe"] = {**values.get("recipe", {}), **said}
        values["prm"] = {**values.get("prm", {}), **prm}
        values |= {name: value for name, value in given.items() if value is not None}
        config = TrainConfig.model_validate(values)
    except ValidationError as error:
        raise UsageError(f"{file or 'options'}: {_first(error)}") from error
    unknown = sorted(config.recipe.keys() - Recipe.model_fields.keys())
    if unknown:
        raise UsageError(f"{file}: a recipe has no {unknown[0]}")
    return config


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{file} is no TOML: {error}") from error


def _first(error: ValidationError) -> str:
    problem = error.errors()[0]
    return f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}"
