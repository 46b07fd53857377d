from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cli_builders import Invoke, build_report
from typer.testing import CliRunner, Result

from catta.cli import app
from catta.loop import RunReport


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the corpus would be; nothing is there."""
    monkeypatch.setenv("CATTA_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("CATTA_DEBUG", raising=False)
    path = tmp_path / "corpus.sqlite"
    monkeypatch.setenv("CATTA_CORPUS", str(path))
    return path


@pytest.fixture
def invoke(corpus: Path) -> Invoke:
    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    return run


@pytest.fixture
def make_report() -> Callable[..., RunReport]:
    return build_report
