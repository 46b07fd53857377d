"""`catta corpus export` and `catta corpus import optuna`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_builders import Invoke

from catta.testing.lemur import members, write_wheel


@pytest.fixture
def filled(invoke: Invoke, tmp_path: Path) -> None:
    wheel = write_wheel(tmp_path / "nn_dataset.whl", members())
    assert invoke("corpus", "import", "lemur", str(wheel), "--workers", "1").exit_code == 0


@pytest.mark.parametrize("command", [("export",), ("import", "optuna")])
def test_they_take_json_and_corpus(invoke: Invoke, command: tuple[str, ...]) -> None:
    shown = invoke("corpus", *command, "--help").stdout
    assert "--json" in shown
    assert "--corpus" in shown


@pytest.mark.usefixtures("filled")
def test_export(invoke: Invoke, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    options = ("--format", "jsonl", "--dataset", "cifar-10", "--nn", "Alpha", "--epoch", "1")
    done = invoke("corpus", "export", "-o", str(path), *options)
    assert done.stdout == f"Wrote 2 rows to {path}\n"
    assert len(path.read_text().splitlines()) == 2
    again = invoke("corpus", "export", "-o", str(path), *options)
    assert (again.exit_code, again.stderr) == (
        2,
        f"Error: export: {path} exists already; name a new one\n",
    )
    best = invoke("corpus", "export", "-o", str(tmp_path / "b"), "--best", "--json")
    assert json.loads(best.stdout)["rows"] == 5
    prefix = invoke("corpus", "export", "-o", str(tmp_path / "c"), "--prefix", "ga", "--json")
    assert json.loads(prefix.stdout)["rows"] == 1


@pytest.mark.usefixtures("filled")
def test_export_of_chat(invoke: Invoke, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    options = ("-o", str(path), "--format", "chat", "--dataset", "mnist")
    assert invoke("corpus", "export", *options).exit_code == 2
    assert invoke("corpus", "export", *options, "--shapes", "32").exit_code == 2
    done = invoke("corpus", "export", *options, "--shapes", "1x32x32:10")
    assert done.stdout == f"Wrote 1 pair to {path}\n"
    assert done.stderr.startswith("write pairs: begins (1 to do)\n")
    assert json.loads(path.read_text())["nn"] == "ga-beta"


def test_export_of_nothing(invoke: Invoke, corpus: Path, tmp_path: Path) -> None:
    result = invoke("corpus", "export", "-o", str(tmp_path / "a"))
    assert (result.exit_code, result.stderr) == (2, f"Error: corpus: {corpus} does not exist\n")
    assert list(tmp_path.glob("*")) == []


def test_import_optuna(invoke: Invoke, tmp_path: Path) -> None:
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    url = f"sqlite:///{tmp_path / 'studies.db'}"
    study = optuna.create_study(storage=url, study_name="tuning")
    study.optimize(lambda _: 0.5, n_trials=2)
    options = ("corpus", "import", "optuna", url, "tuning", "--dataset", "mnist")
    done = invoke(*options)
    assert (done.exit_code, done.stdout) == (0, "2 new trials of 2 under tuning.\n")
    assert json.loads(invoke(*options, "--json").stdout)["new_trials"] == 0
    assert "Optuna study tuning imported" in invoke("corpus", "info").stdout
    missing = invoke("corpus", "import", "optuna", url, "other", "--dataset", "mnist")
    assert missing.exit_code == 2
    assert missing.stderr.startswith("Error: optuna: there is no study other")
