"""The commands that look, check and fetch."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from cli_builders import Invoke

import catta
from catta.cli import app
from catta.loop import CheckReport, RunReport
from catta.records import Adapter

MakeReport = Callable[..., RunReport]


def test_version(invoke: Invoke) -> None:
    assert invoke("--version").stdout == f"catta {catta.__version__}\n"


@pytest.mark.parametrize(
    "command",
    [
        *[
            ("evolve",),
            ("resume",),
            ("check",),
            ("new",),
            ("warmup",),
            ("runs", "list"),
            ("runs", "show"),
        ],
        *[("models", "list"), ("models", "pull"), ("datasets", "list")],
    ],
)
def test_every_command_takes_json_and_corpus(command: tuple[str, ...]) -> None:
    found: Any = typer.main.get_command(app)
    for word in command:
        found = found.commands[word]

    options = {option for parameter in found.params for option in parameter.opts}
    assert {"--json", "--corpus"} <= options


def test_a_corpus_that_is_not_read_is_not_in_the_help(invoke: Invoke) -> None:
    assert "--corpus" not in invoke("models", "list", "--help").stdout
    assert "--corpus" in invoke("runs", "list", "--help").stdout


def test_runs_list(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch, make_report: MakeReport
) -> None:
    reports = [make_report(run="one"), make_report(run="two", finished=None)]
    monkeypatch.setattr("catta.loop.list_runs", lambda **_: reports)

    as_json = json.loads(invoke("runs", "list", "--json").stdout)
    as_table = invoke("runs", "list").stdout

    assert [run["run"] for run in as_json] == ["one", "two"]
    assert "1 of 2" in as_table
    assert "not yet" in as_table


def test_runs_show(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch, make_report: MakeReport
) -> None:
    monkeypatch.setattr("catta.loop.report", lambda run, **_: make_report(run=run))

    as_json = json.loads(invoke("runs", "show", "r", "--json").stdout)
    as_table = invoke("runs", "show", "r").stdout

    assert as_json["best"]["accuracy"] == 0.8
    for text in ("Admitted networks", "1,000", "Cost", "80 %", "400 tokens generated", "0.790"):
        assert text in as_table
    assert invoke("runs", "show", "r", "--best").stdout == "class Net0: pass\n"


def test_check_hands_the_source_over(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen: dict[str, Any] = {}

    def check(source: str, **keywords: Any) -> CheckReport:
        seen.update(source=source, **keywords)
        return CheckReport(
            outcome="INVALID",
            stage="build",
            error="[Errno] wrong shape",
            accuracy=None,
            parameters=None,
            flops=None,
            seconds=0.5,
            nearest=None,
            dataset="digits",
        )

    monkeypatch.setattr("catta.loop.check", check)
    file = tmp_path / "net.py"
    file.write_text("class Net: pass\n")

    as_json = invoke("check", str(file), "--dataset", "digits", "--task", "t", "--json")
    as_table = invoke("check", str(file))

    shown = json.loads(as_json.stdout)
    assert shown["outcome"] == "INVALID"
    assert shown.keys() >= {
        *("outcome", "stage", "error", "accuracy", "parameters", "flops", "seconds", "nearest"),
    }
    assert seen["source"] == "class Net: pass\n"
    assert as_json.exit_code == 1  # not OK
    assert "[Errno] wrong shape" in as_table.stdout


def test_warmup_shows_the_adapter(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen: dict[str, Any] = {}

    def warmup(config: Any, **keywords: Any) -> Adapter:
        seen.update(keywords)
        return Adapter(path="somewhere", sha256="ab", base_model="m", losses=(1.0, float("nan")))

    monkeypatch.setattr("catta.loop.warmup", warmup)

    result = invoke("warmup", "-o", str(tmp_path / "adapter"), "--force", "--json")

    assert json.loads(result.stdout)["losses"] == [1.0, None]
    assert seen["force"]
    assert seen["output"] == tmp_path / "adapter"


def test_models_and_datasets(invoke: Invoke, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    models = json.loads(invoke("models", "list", "--json").stdout)
    datasets = json.loads(invoke("datasets", "list", "--json").stdout)

    assert [model["name"] for model in models] == ["smollm2-135m-instruct"]
    assert {"digits", "fashion-mnist"} <= {dataset["name"] for dataset in datasets}
    assert "smollm2-135m-instruct" in invoke("models", "list").stdout
    assert "scikit-learn" in invoke("datasets", "list").stdout


def test_models_pull_of_a_directory(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    def pull(name: str, *, progress: Callable[[str], None]) -> Path:
        progress("Downloading")
        return Path("models") / name

    monkeypatch.setattr("catta.models.pull", pull)

    result = invoke("models", "pull", "--json")

    assert json.loads(result.stdout)["path"] == "models/smollm2-135m-instruct"
    assert result.stderr == "Downloading\n"
