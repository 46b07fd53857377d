"""Options that belong together: a record whose fields are options of a command.

A command that has a parameter of such a record has the record's fields as options, and is given
the record. If the record says a `PANEL`, its options stand together under this title in the help:

    @dataclass(frozen=True, kw_only=True)
    class Page:
        PANEL: ClassVar[str] = "What is shown"
        rows: Annotated[int, typer.Option("--rows", help="So many.")] = 40

    @app.command()
    @guarded
    @grouped
    def show(name: str, *, page: Page) -> None: ...
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import MISSING, fields, is_dataclass
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import Annotated, Any, get_args, get_type_hints


def grouped(command: Callable[..., None]) -> Callable[..., None]:
    """Make every parameter that is a record the options that are the record's fields."""
    parameters = signature(command, eval_str=True).parameters.values()
    records = {p.name: p.annotation for p in parameters if is_dataclass(p.annotation)}

    @wraps(command)
    def run(**given: Any) -> None:
        made = {name: _record(record, given) for name, record in records.items()}
        command(**given, **made)

    options = [option for p in parameters for option in _options(p)]
    typed: Any = run
    typed.__signature__ = Signature(options)
    typed.__annotations__ = {option.name: option.annotation for option in options}
    return run


def _record(record: Any, given: dict[str, Any]) -> Any:
    """The record, whose fields are taken out of what was given."""
    return record(**{field.name: given.pop(field.name) for field in fields(record)})


def _options(parameter: Parameter) -> Iterator[Parameter]:
    record = parameter.annotation
    if not is_dataclass(record):
        yield parameter.replace(kind=Parameter.KEYWORD_ONLY)
        return
    types = get_type_hints(record, include_extras=True)
    for field in fields(record):
        yield Parameter(
            field.name,
            Parameter.KEYWORD_ONLY,
            default=Parameter.empty if field.default is MISSING else field.default,
            annotation=_in_panel(types[field.name], getattr(record, "PANEL", None)),
        )


def _in_panel(annotation: Any, panel: str | None) -> Any:
    """An option's type, whose help stands under a title."""
    if panel is None:
        return annotation
    kind, info = get_args(annotation)
    placed = copy(info)
    placed.rich_help_panel = panel
    return Annotated[kind, placed]
