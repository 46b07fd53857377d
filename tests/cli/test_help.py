"""`--help` of every command."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from cli_builders import Invoke

from catta.cli import app
from catta.cli.examples import EXAMPLES


def commands(command: Any, *path: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, *path, name)
    if not hasattr(command, "commands"):
        yield path, command


EVERY = list(commands(typer.main.get_command(app)))


@pytest.mark.parametrize(("path", "command"), EVERY, ids=[" ".join(path) for path, _ in EVERY])
def test_a_text_is_not_broken_in_the_middle_of_a_sentence(
    path: tuple[str, ...], command: Any
) -> None:
    assert command.help
    for paragraph in command.help.split("\n\n"):
        assert "\n" not in paragraph
        assert paragraph[-1] in ".)", path


def test_a_long_text_fills_its_lines(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERMINAL_WIDTH", "80")
    lines = [line.strip() for line in invoke("corpus", "remove", "--help").stdout.splitlines()]
    start = lines.index(next(line for line in lines if line.startswith("Published trials")))
    assert lines[start].endswith(" or a")
    assert lines[start + 1] == "seed set refers to is not removed."


def test_an_example_is_a_command_that_exists() -> None:
    root: Any = typer.main.get_command(app)
    for words, line in EXAMPLES.items():
        said = shlex.split(line)[1:]
        command, context = root, None
        while hasattr(command, "commands"):
            context = command.make_context("catta", said, parent=context)
            _, command, said = command.resolve_command(context, context._protected_args)
            said = [*said, *context.args]
        assert command.make_context(words, said, parent=context).params, line


@pytest.mark.parametrize("words", EXAMPLES)
def test_an_example_stands_below_the_help(words: str, invoke: Invoke) -> None:
    told = " ".join(invoke(*words.split(), "--help").stdout.split())
    assert f"Example: {EXAMPLES[words]}" in told


def test_commands_stand_under_what_they_are_about(invoke: Invoke) -> None:
    told = invoke("-h").stdout
    places = [told.index(title) for title in ("One network", "new", "The loop", "evolve")]
    assert places == sorted(places)


def test_what_many_commands_share_stands_last(invoke: Invoke) -> None:
    told = invoke("tune", "--help").stdout
    titles = ("--all", "How it is searched", "--sampler", "How it is trained", "--epochs")
    places = [told.index(title) for title in (*titles, "Where and how", "--plugin", "--json")]
    assert places == sorted(places)
