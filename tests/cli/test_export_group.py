from __future__ import annotations

import pytest
import typer
from typer.testing import CliRunner

from catta.cli.export import DEFAULT, ExportGroup


def group(*, default: bool) -> typer.Typer:
    app = typer.Typer(cls=ExportGroup, no_args_is_help=True)

    @app.command("stats")
    def stats() -> None:
        typer.echo("stats")

    @app.command("bench")
    def bench() -> None:
        typer.echo("bench")

    def network(name: str, size: int = 1) -> None:
        typer.echo(f"{name} {size}")

    if default:
        app.command(DEFAULT)(network)
    return app


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["ResNet"], "ResNet 1"),
        (["ResNet", "--size", "2"], "ResNet 2"),
        (["--size", "2", "ResNet"], "ResNet 2"),
        (["network", "stats"], "stats 1"),
        (["stats"], "stats"),
        (["bench"], "bench"),
    ],
)
def test_a_word_that_is_no_command_is_a_network(words: list[str], said: str) -> None:
    result = CliRunner().invoke(group(default=True), words)
    assert (result.exit_code, result.stdout.strip()) == (0, said)


def test_help_is_that_of_the_group() -> None:
    result = CliRunner().invoke(group(default=True), ["--help"])
    assert result.exit_code == 0
    assert "bench" in result.stdout


def test_without_a_default_an_unknown_word_is_refused() -> None:
    result = CliRunner().invoke(group(default=False), ["ResNet"])
    assert result.exit_code == 2
    assert "ResNet" in result.stderr
