"""Records whose fields are options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer
from typer.testing import CliRunner

from catta.cli.guard import guarded
from catta.cli.option_groups import grouped


@dataclass(frozen=True, kw_only=True)
class Size:
    width: Annotated[int, typer.Option("--width", metavar="N", min=1)]
    unit: Annotated[str, typer.Option("--unit", metavar="NAME")] = "px"


@dataclass(frozen=True, kw_only=True)
class Box(Size):
    colours: Annotated[list[str] | None, typer.Option("--colour")] = None


app = typer.Typer()


@app.command()
@guarded
@grouped
def draw(
    name: Annotated[str, typer.Argument()],
    *,
    box: Box,
    loud: Annotated[bool, typer.Option("--loud")] = False,
) -> None:
    """Draw a box."""
    typer.echo(f"{name} {box} {loud}")


def test_the_command_is_given_the_record() -> None:
    words = ["me", "--width", "3", "--colour", "red", "--colour", "blue", "--loud"]
    result = CliRunner().invoke(app, words)
    assert result.stdout == f"me {Box(width=3, unit='px', colours=['red', 'blue'])} True\n"


def test_an_option_that_was_not_given_has_the_default_of_its_field() -> None:
    result = CliRunner().invoke(app, ["me", "--width", "3"])
    assert result.stdout == f"me {Box(width=3)} False\n"


def test_a_field_without_a_default_is_required_and_checked() -> None:
    assert CliRunner().invoke(app, ["me"]).exit_code == 2
    assert CliRunner().invoke(app, ["me", "--width", "0"]).exit_code == 2


def test_options_stand_where_the_record_stands() -> None:
    told = CliRunner().invoke(app, ["--help"]).stdout
    places = [told.index(word) for word in ("--width", "--unit", "--colour", "--loud")]
    assert places == sorted(places)
    assert "Draw a box." in told
