from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cli_builders import Invoke

from catta.errors import CorpusError, Interrupted, UsageError
from catta.loop import RunConfig, RunReport

MakeReport = Callable[..., RunReport]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch, make_report: MakeReport) -> dict[str, Any]:
    """The loop replaced: what it was asked to do."""
    seen: dict[str, Any] = {}

    def evolve(config: RunConfig, **keywords: Any) -> RunReport:
        seen.update(config=config, **keywords)
        print("a library that chatters")  # noqa: T201
        return make_report()

    monkeypatch.setattr("catta.loop.evolve", evolve)
    return seen


def test_json_is_one_object_on_stdout(invoke: Invoke, calls: dict[str, Any]) -> None:
    result = invoke("evolve", "--json", "--corpus", "elsewhere.sqlite")

    assert result.exit_code == 0
    shown = json.loads(result.stdout)
    assert {"run", "arm", "cycles", "best", "corpus"} <= shown.keys()
    (cycle,) = shown["cycles"]
    assert (cycle["generated"], cycle["valid"], cycle["admitted"]) == (4, 3, 1)
    assert cycle["mean_accuracy"] == pytest.approx(0.75)
    assert cycle["best_accuracy"] == 0.8
    assert cycle["above_threshold"] == 1
    assert cycle["stages"] == {"parse": 1, "novelty": 1}
    assert cycle["seconds"] == 25.0
    assert calls["corpus"] == "elsewhere.sqlite"
    assert "chatters" in result.stderr


def test_options_override_the_run_file(
    invoke: Invoke, calls: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("data").mkdir()
    Path("runs").mkdir()
    Path("runs/run.toml").write_text("cycles = 3\ncandidates = 5\n[recipe]\nepochs = 2\n")

    result = invoke(
        *("evolve", "runs/run.toml", "--cycles", "1", "--arm", "frozen", "--seed", "7"),
        *("--dataset", "digits", "--threshold", "0.5", "--workers", "3", "--model", "some/model"),
        *("--unsafe", "--data", "data"),
    )

    assert result.exit_code == 0
    config = calls["config"]
    assert (config.cycles, config.candidates, config.arm, config.seed) == (1, 5, "frozen", 7)
    assert (config.recipe.dataset, config.recipe.epochs) == ("digits", 2)
    assert (config.threshold, config.workers, config.model) == (0.5, 3, "some/model")
    assert config.unsafe
    assert config.data == tmp_path / "data"


def test_tables_say_what_came_out(invoke: Invoke, calls: dict[str, Any]) -> None:
    result = invoke("evolve")

    for text in ("3, 75 %", "parse 1", "0.750", "0.800", "0.790", "generate 20", "train 5"):
        assert text in result.stdout
    assert "Corpus: corpus.sqlite" in result.stdout
    assert "catta runs show lora-1 --best" in result.stdout


def test_best_network_goes_to_a_file(invoke: Invoke, calls: Any, tmp_path: Path) -> None:
    target = tmp_path / "best.py"
    target.write_text("old")

    invoke("evolve", "--best", str(target))

    assert target.read_text() == "class Net0: pass\n"
    assert list(tmp_path.iterdir()) == [target]


def test_first_signal_stops_at_a_safe_point(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    def evolve(config: RunConfig, *, stop: Callable[[], bool], **_: Any) -> RunReport:
        assert not stop()
        signal.raise_signal(signal.SIGTERM)
        assert stop()
        raise Interrupted("Run r is stopped; go on with: catta resume r")

    monkeypatch.setattr("catta.loop.evolve", evolve)
    before = signal.getsignal(signal.SIGTERM)

    result = invoke("evolve", "--json")

    assert result.exit_code == 130
    assert result.stdout == ""
    assert "topping at the next safe point" in result.stderr
    assert result.stderr.endswith("Run r is stopped; go on with: catta resume r\n")
    assert signal.getsignal(signal.SIGTERM) is before


def test_second_signal_stops_at_once(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    def evolve(config: RunConfig, **_: Any) -> RunReport:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        raise AssertionError("goes on after two signals")

    monkeypatch.setattr("catta.loop.evolve", evolve)

    result = invoke("evolve")

    assert result.exit_code == 130
    assert "Traceback" not in result.output


class TestResumeUnfinished:
    def test_goes_on_with_the_newest_of_the_same_configuration(
        self, invoke: Invoke, monkeypatch: pytest.MonkeyPatch, make_report: MakeReport, calls: Any
    ) -> None:
        stored = [
            make_report(run="old", finished=None),
            make_report(run="newest", finished=None),
            make_report(run="other", finished=None, seed=1),
            make_report(run="finished"),
        ]
        monkeypatch.setattr("catta.loop.list_runs", lambda **_: stored)
        monkeypatch.setattr("catta.loop.resume", lambda run, **_: make_report(run=run))

        result = invoke(
            *("evolve", "--cycles", "2", "--candidates", "4", "--resume-unfinished", "--json")
        )

        assert json.loads(result.stdout)["run"] == "newest"
        assert calls == {}

    @pytest.mark.parametrize("error", [UsageError("no corpus"), None])
    def test_starts_a_new_one_where_there_is_none(
        self,
        invoke: Invoke,
        monkeypatch: pytest.MonkeyPatch,
        calls: dict[str, Any],
        error: UsageError | None,
    ) -> None:
        def list_runs(**_: Any) -> list[RunReport]:
            if error:
                raise error
            return []

        monkeypatch.setattr("catta.loop.list_runs", list_runs)

        result = invoke("evolve", "--resume-unfinished")

        assert result.exit_code == 0
        assert "config" in calls

    def test_starts_a_new_one_where_the_old_one_is_damaged(
        self,
        invoke: Invoke,
        monkeypatch: pytest.MonkeyPatch,
        make_report: MakeReport,
        calls: dict[str, Any],
    ) -> None:
        def resume(run: str, **_: Any) -> RunReport:
            raise CorpusError("adapter x is gone")

        stored = [make_report(run="damaged", finished=None)]
        monkeypatch.setattr("catta.loop.list_runs", lambda **_: stored)
        monkeypatch.setattr("catta.loop.resume", resume)

        result = invoke("evolve", "--cycles", "2", "--candidates", "4", "--resume-unfinished")

        assert result.exit_code == 0
        assert "config" in calls
        assert "adapter x is gone" in result.stderr


def test_resume_takes_the_beginning_of_an_id(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch, make_report: MakeReport
) -> None:
    monkeypatch.setattr("catta.loop.report", lambda run, **_: make_report(finished=None))
    monkeypatch.setattr("catta.loop.resume", lambda run, **_: make_report(run=run + "-found"))

    result = invoke("resume", "lo", "--json")

    assert json.loads(result.stdout)["run"] == "lo-found"
