"""`--help` of every command."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import typer
from cli_builders import Invoke

from catta.cli import app


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
