"""`catta stats run`, `arms`, `motifs`, `nearest`, as a user types them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from run_corpus import RUN, fill
from typer.testing import CliRunner

from catta import stats
from catta.cli import app
from catta.corpus import Corpus


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    found = tmp_path / "c.sqlite"
    monkeypatch.setenv("CATTA_CORPUS", str(found))
    monkeypatch.setenv("COLUMNS", "200")
    with Corpus.open(found) as corpus:
        fill(corpus)
        fill(corpus, run="brave-lemur", candidates=[], finished=False, cycles=9)
    return found


def invoke(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["stats", *arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def parsed(*arguments: str) -> Any:
    return json.loads(invoke(*arguments, "--json"))


def test_a_run(path: Path) -> None:
    shown = invoke("run", "calm")
    assert "Cycles of calm-lemur" in shown
    assert "<b>no</b>" in shown
    assert "On the test split" in shown
    found = parsed("run", "calm")
    assert set(found) == {"cycles", "failures", "admitted", "assessment"}
    first = stats.cycles(RUN, path).iloc[0]
    assert found["cycles"][0]["valid_low"] == first["valid_low"]
    assert [row["network"] for row in found["admitted"]] == ["n1:one", "n1:three", "n1:four"]


def test_a_run_that_has_only_begun(path: Path) -> None:
    shown = invoke("run", "brave")
    assert "It has no cycle yet." in shown
    assert "not finished" in shown
    assert parsed("run", "brave")["cycles"] == []
    assert "admitted nothing yet" in invoke("nearest", "brave")


def test_arms(path: Path) -> None:
    shown = invoke("arms", "calm", "brave")
    assert "brave-lemur also differs in: cycles." in shown
    assert "too little to compare" in shown
    rows = parsed("arms", "calm", "brave")
    assert [row["run"] for row in rows] == ["calm-lemur", "brave-lemur"]
    assert rows[1]["valid_gain"] is None


def test_motifs(path: Path) -> None:
    assert "batch norm" in invoke("motifs")
    assert parsed("motifs", "n1:two")[0]["motif"] == "dropout"
    shown = invoke("motifs", "--run", "calm")
    assert ("n = 2" in shown, "cycle 2" in shown, "New pairs" in shown) == (True, True, True)
    found = parsed("motifs", "--run", "calm")
    assert {row["group"] for row in found["motifs"]} == {"seeds", "cycle", "admitted"}
    assert len(found["novel_pairs"]) == 3
    result = CliRunner().invoke(app, ["stats", "motifs", "n1:two", "--run", "calm"])
    assert result.exit_code == 2
    assert "not both" in result.stderr


def test_motifs_without_graphs(path: Path) -> None:
    assert "catta corpus inspect" in invoke("motifs", "--task", "txt-generation")


def test_the_nearest_seeds(path: Path) -> None:
    assert "name of n1:seed-b" in invoke("nearest", "calm")
    assert "+++ calm-lemur/1/0" in invoke("nearest", "calm", "--diff")
    assert parsed("nearest", "calm")[0]["graph_jaccard"] == 1.0


@pytest.mark.parametrize("command", [("run",), ("arms",), ("nearest",), ("motifs", "--run")])
def test_an_unknown_run_is_one_sentence(path: Path, command: tuple[str, ...]) -> None:
    result = CliRunner().invoke(app, ["stats", *command, "nobody"])
    assert result.exit_code == 2
    assert "its runs: brave-lemur, calm-lemur" in result.stderr
