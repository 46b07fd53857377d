"""What is tuned: hyperparameters by name, and the values that each may take."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from catta.errors import UsageError
from catta.evaluation.hyperparameters import declared_hyperparameters
from catta.records import Recipe

GRID_POINTS = 5
"""Values of a range that a grid tries."""

Value = float | int | str


@dataclass(frozen=True, kw_only=True, slots=True)
class Range:
    """Numbers from `low` to `high`, both included; on a logarithmic scale where `log` is set."""

    low: float
    high: float
    log: bool = False


@dataclass(frozen=True, slots=True)
class Choices:
    """Some values."""

    values: tuple[Value, ...]


Parameter = Range | Choices
Space = Mapping[str, Parameter]

# LEMUR's ranges. A recipe takes no momentum of 1, with which nothing is ever forgotten, and no
# batch of LEMUR's 1 to 4,096 that no processor is content with.
DEFAULTS: Space = MappingProxyType(
    {
        "lr": Range(low=1e-5, high=1.0, log=True),
        "momentum": Range(low=0.0, high=0.999),
        "dropout": Range(low=0.0, high=0.5),
        "weight_decay": Range(low=1e-6, high=0.1, log=True),
        "batch": Choices(tuple(2**power for power in range(3, 9))),
    }
)
_ANY = Range(low=0.0, high=1.0)
_FIELDS = frozenset({"lr", "momentum", "dropout", "batch", "transform"})
_NOT_TUNED = frozenset({"batch", "epoch", "pretrained", "transform"})
_SMALLEST = 1e-12


def parse_range(text: str) -> tuple[str, Range]:
    """`NAME=LOW:HIGH` or `NAME=LOW:HIGH:log`.

    Raises:
        UsageError: It is something else, or no range.
    """
    name, _, rest = text.partition("=")
    parts = rest.split(":")
    ends, scale = _numbers(parts[:2]), parts[2:]
    if not name.strip() or len(ends) != 2 or scale not in ([], ["log"]):
        raise UsageError(f"--range: {text!r} is not NAME=LOW:HIGH or NAME=LOW:HIGH:log")
    found = Range(low=ends[0], high=ends[1], log=bool(scale))
    _check(name.strip(), found)
    return name.strip(), found


def parse_choices(text: str) -> tuple[str, Choices]:
    """`NAME=VALUE,VALUE,...`, numbers.

    Raises:
        UsageError: It is something else.
    """
    name, _, rest = text.partition("=")
    values = _numbers(rest.split(","))
    if not name.strip() or not values or not all(map(math.isfinite, values)):
        raise UsageError(f"--choices: {text!r} is not NAME=NUMBER,NUMBER,...")
    plain = [int(value) if value.is_integer() else value for value in values]
    return name.strip(), Choices(tuple(dict.fromkeys(plain)))


def space_for(
    source: str,
    base: Recipe,
    *,
    given: Space | None = None,
    transforms: Sequence[str] = (),
    fixed: Iterable[str] = (),
) -> dict[str, Parameter]:
    """What can be tuned of a network under a recipe, by name.

    A network with a recipe of its own: what it declares, and the batch. Under the fixed recipe:
    learning rate, weight decay, batch, the momentum of SGD, and what it declares but `lr` and
    `momentum`.

    Args:
        source: The network.
        base: What every trial has in common.
        given: Ranges and choices in the place of LEMUR's.
        transforms: Transforms to choose from; without any it is that of the recipe.
        fixed: Hyperparameters that stay as the recipe says.

    Raises:
        UsageError: A range of something that is not tuned, or one that a recipe does not take.
    """
    declared = declared_hyperparameters(source) - _NOT_TUNED
    if base.track == "fixed":
        own = {"momentum"} if base.optimizer == "sgd" else set[str]()
        declared = (declared - {"momentum"}) | {"lr", "weight_decay"} | own
    names = [name for name in (*DEFAULTS, *sorted(declared - DEFAULTS.keys())) if name in declared]
    names.append("batch")
    kept = set(fixed)
    space: dict[str, Parameter] = {n: DEFAULTS.get(n, _ANY) for n in names if n not in kept}
    if "batch" in space:
        space["batch"] = _affordable(base)
    for name, parameter in (given or {}).items():
        if name not in space:
            known = ", ".join(space) or "nothing to tune"
            raise UsageError(f"this network has no hyperparameter {name} to tune; it has {known}")
        _check(name, parameter)
        space[name] = _batches(parameter) if name == "batch" else parameter
    if transforms:
        space["transform"] = Choices(tuple(dict.fromkeys(transforms)))
    for name, parameter in space.items():
        for value in _ends(parameter):
            _suits(base, name, value)
    if not space:
        raise UsageError("there is nothing to tune: all hyperparameters are fixed")
    return space


def recipe_of(base: Recipe, values: Mapping[str, Any]) -> Recipe:
    """The recipe of a trial.

    Raises:
        ValidationError: A recipe does not take a value.
    """
    fields = _FIELDS | ({"weight_decay"} if base.track == "fixed" else set())
    plain = base.model_dump()
    for name, value in values.items():
        if name in fields:
            plain[name] = value
        if name not in _FIELDS and (name not in fields or name in base.prm):
            plain["prm"][name] = value
    return Recipe.model_validate(plain)


def fitted(space: Space, values: Mapping[str, Any]) -> dict[str, Value]:
    """Hyperparameters from elsewhere as near as the space has them, without what it has not."""
    found = {name: _nearest(parameter, values.get(name)) for name, parameter in space.items()}
    return {name: value for name, value in found.items() if value is not None}


def grid_of(space: Space) -> dict[str, list[Value]]:
    """Values of each hyperparameter that a grid tries, all combinations of them."""
    return {
        name: list(p.values) if isinstance(p, Choices) else list(_spread(p))
        for name, p in space.items()
    }


def plain_space(space: Space) -> dict[str, list[Any]]:
    """The space as plain data."""
    return {
        name: list(p.values) if isinstance(p, Choices) else [p.low, p.high, p.log]
        for name, p in space.items()
    }


def _spread(parameter: Range) -> Iterable[float]:
    low, high = parameter.low, parameter.high
    if low == high:
        return (low,)
    steps = [step / (GRID_POINTS - 1) for step in range(1, GRID_POINTS - 1)]
    if parameter.log:
        return (low, *(low * (high / low) ** step for step in steps), high)
    return (low, *(low + (high - low) * step for step in steps), high)


def _nearest(parameter: Parameter, value: object) -> Value | None:
    if isinstance(parameter, Choices) and isinstance(value, str):
        return value if value in parameter.values else None
    if not isinstance(value, int | float) or not math.isfinite(value):
        return None
    number = float(value)
    if isinstance(parameter, Range):
        return min(max(number, parameter.low), parameter.high)
    numbers = [one for one in parameter.values if not isinstance(one, str)]
    return min(numbers, key=lambda one: abs(one - number), default=None)


def _numbers(parts: Iterable[str]) -> list[float]:
    """Numbers; none where one of the texts is something else."""
    try:
        return [float(part) for part in parts]
    except ValueError:
        return []


def _check(name: str, parameter: Parameter) -> None:
    if isinstance(parameter, Choices):
        if not parameter.values:
            raise UsageError(f"choices of {name}: there is none")
        return
    low, high = parameter.low, parameter.high
    if not (math.isfinite(low) and math.isfinite(high)):
        raise UsageError(f"range of {name}: {low:g} to {high:g} is not finite")
    if low > high:
        raise UsageError(f"range of {name}: {low:g} is more than {high:g}")
    if parameter.log and low < _SMALLEST:
        raise UsageError(f"range of {name}: a logarithmic one begins above 0, not at {low:g}")


def _affordable(base: Recipe) -> Choices:
    """Batches that the data fill at least twice, or the smallest one."""
    default = DEFAULTS["batch"]
    sizes = default.values if isinstance(default, Choices) else ()
    fitting = tuple(b for b in sizes if not isinstance(b, str) and 2 * b <= base.train_samples)
    return Choices(fitting or sizes[:1])


def _batches(parameter: Parameter) -> Choices:
    """The powers of two within a range."""
    if isinstance(parameter, Range):
        powers = (2**power for power in range(13))
        low, high = parameter.low, parameter.high
        sizes = tuple(size for size in powers if low <= size <= high)
        if not sizes:
            raise UsageError(f"range of batch: no power of two is in {low:g} to {high:g}")
        return Choices(sizes)
    return parameter


def _ends(parameter: Parameter) -> tuple[Value, ...]:
    return parameter.values if isinstance(parameter, Choices) else (parameter.low, parameter.high)


def _suits(base: Recipe, name: str, value: Value) -> None:
    try:
        recipe_of(base, {name: value})
    except ValidationError as error:
        raise UsageError(f"{name}={value}: {error.errors()[0]['msg']}") from error
