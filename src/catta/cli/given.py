"""Values that no option can mean: an empty text, a number that is none."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from inspect import Parameter, signature
from typing import Any, cast, get_args

from typer.models import ArgumentInfo, OptionInfo

from catta.errors import UsageError


def check_given(command: Callable[..., object], given: Mapping[str, object]) -> None:
    """Refuse values that are empty or not finite, whatever the option.

    Args:
        command: Its parameters are options and arguments.
        given: What it is called with.

    Raises:
        UsageError: An option has such a value.
    """
    parameters = signature(command, eval_str=True).parameters
    for name, value in given.items():
        several = cast("list[object]", value) if isinstance(value, list) else [value]
        for one in several:
            wrong = _wrong(one)
            if wrong is not None and name in parameters:
                raise UsageError(f"{_word(parameters[name])}: {wrong}")


def _wrong(value: object) -> str | None:
    if isinstance(value, str) and not value.strip():
        return "the text is empty"
    if isinstance(value, float) and not math.isfinite(value):
        return f"{value} is no finite number"
    return None


def _word(parameter: Parameter) -> str:
    """How a user writes it."""
    for info in get_args(parameter.annotation)[1:]:
        if isinstance(info, OptionInfo):
            return _long([info.default, *(info.param_decls or ())])
        if isinstance(info, ArgumentInfo) and info.metavar:
            return str(info.metavar)
    return parameter.name.upper()


def _long(words: list[Any]) -> str:
    return next((word for word in words if str(word).startswith("--")), str(words[0]))
