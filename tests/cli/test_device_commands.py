"""Bad input of `catta prune`, `catta deploy`, `catta bench --device` is a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from catta.cli import app

MISSING = "catta.export.registry.find_spec"


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CATTA_CORPUS", str(tmp_path / "corpus.sqlite"))
    monkeypatch.setenv("CATTA_CACHE", str(tmp_path / "cache"))
    return tmp_path


def refused(*words: str) -> str:
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == 2, result.output
    said = result.stderr.strip()
    assert len(said.splitlines()) == 1
    return said


def test_pruning_needs_weights_and_a_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catta.export.pruning.find_spec", lambda _name: object())
    assert "amount must be more than 0" in refused("prune", "residual", "--amount", "1.5")
    assert "epochs must be at least 1" in refused("prune", "residual", "--epochs", "0")
    assert "catta train residual --weights" in refused("prune", "residual")


def test_a_missing_extra_names_the_command_that_brings_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("catta.export.pruning.find_spec", lambda _name: None)
    assert "pip install 'catta[prune]'" in refused("prune", "residual")
    monkeypatch.setattr(MISSING, lambda _name: None)
    for name in ("executorch", "litert"):
        said = refused("export", "residual", "--format", name, "--untrained")
        assert f"pip install 'catta[{name}]'" in said
    said = refused("deploy", "residual", "-o", "out", "--untrained")
    assert "pip install 'catta[export]'" in said


def test_a_folder_with_something_in_it_stays_as_it_is(place: Path) -> None:
    (place / "out").mkdir()
    (place / "out" / "mine").touch()
    assert "is not empty" in refused("deploy", "residual", "--untrained", "-o", "out")
    assert "is a file" in refused("deploy", "residual", "--untrained", "-o", "out/mine")
    assert "is no directory" in refused("deploy", "residual", "--untrained", "-o", "no/where")
    assert [one.name for one in (place / "out").iterdir()] == ["mine"]


def test_a_device_is_this_machine_or_a_phone_with_a_runner(place: Path) -> None:
    assert "cpu or adb:SERIAL" in refused("bench", "residual", "--device", "toaster")
    assert "--runner FILE" in refused("bench", "residual", "--device", "adb:X")
    (place / "runner").touch()
    phone = ("bench", "residual", "--device", "adb:X", "--runner", "runner")
    assert "runtime is onnxruntime" in refused(*phone, "--runtime", "pytorch")


def test_without_adb_a_phone_is_a_sentence(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(place))
    (place / "runner").touch()
    said = refused("bench", "residual", "--device", "adb:X", "--runner", "runner")
    assert "apt install adb" in said
