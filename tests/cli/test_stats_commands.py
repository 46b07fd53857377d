"""`catta stats` and `catta export stats`."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from cli_builders import Invoke

import catta
from catta.corpus import Corpus
from catta.corpus.published import Trial, TrialFile

HOSTILE = "[bold]<b>=1+1"


@pytest.fixture
def filled(corpus: Path) -> Path:
    with Corpus.open(corpus) as store, store.transaction():
        key = store.trials.begin_import("hash", "9.9")
        files = [
            TrialFile(
                task="img-classification",
                dataset="cifar-10",
                metric="acc",
                name=name,
                epoch=epoch,
                trials=[
                    Trial(
                        "u",
                        "norm",
                        b'{"batch":%d,"lr":0.%d}' % (2 ** (n % 3), n + 1),
                        0.1 * n + 0.05 * epoch,
                        epoch * 10**9,
                    )
                ],
            )
            for n, name in enumerate(
                [*(f"aa-{i}" for i in range(6)), *(f"bb-{i}" for i in range(6)), HOSTILE]
            )
            for epoch in (1, 2)
        ]
        store.trials.add(key, files, {})
        store.trials.end_import(key, {})
    return corpus


KINDS = {
    "summary": ([], "summary", {}),
    "leaderboard": (["-n", "3"], "leaderboard", {"n": 3}),
    "curves": (["aa-1", "aa-2"], "learning_curves", {"names": ["aa-1", "aa-2"]}),
    "ranks": ([], "rank_correlation", {}),
    "pareto": ([], "pareto", {}),
    "effects": ([], "effects", {}),
    "transforms": ([], "transforms", {}),
    "durations": ([], "durations", {}),
    "compare": (["aa", "bb"], "compare", {"a": "aa", "b": "bb"}),
    "confounding": (["aa", "bb"], "confounding", {"a": "aa", "b": "bb"}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_json_is_the_table(kind: str, invoke: Invoke, filled: Path) -> None:
    words, function, arguments = KINDS[kind]
    result = invoke("stats", kind, *words, "--json")
    assert result.exit_code == 0, result.stderr
    table: pd.DataFrame = getattr(catta.stats, function)(corpus=filled, **arguments)
    assert json.loads(result.stdout) == [known(row) for row in table.to_dict(orient="records")]


def known(row: dict[Any, Any]) -> dict[str, Any]:
    return {
        key: None if isinstance(value, float) and math.isnan(value) else value
        for key, value in row.items()
    }


@pytest.mark.parametrize("kind", KINDS)
def test_a_table_for_readers(kind: str, invoke: Invoke, filled: Path) -> None:
    result = invoke("stats", kind, *KINDS[kind][0])
    assert result.exit_code == 0, result.stderr
    assert "cifar-10" in result.stdout or "No measurement matches" in result.stdout


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("compare", "confounding")])
def test_a_filter_that_matches_nothing(kind: str, invoke: Invoke, filled: Path) -> None:
    words = KINDS[kind][0]
    result = invoke("stats", kind, *words, "--dataset", "nowhere")
    assert result.exit_code == 0
    assert result.stdout.startswith("No measurement matches")
    assert json.loads(invoke("stats", kind, *words, "--dataset", "nowhere", "--json").stdout) == []


def test_names_are_not_taken_for_markup(invoke: Invoke, filled: Path) -> None:
    assert HOSTILE in invoke("stats", "leaderboard").stdout


def test_hyperparameters_are_written_out(invoke: Invoke, filled: Path) -> None:
    assert "batch 4, lr 0.12" in " ".join(invoke("stats", "leaderboard", "-n", "2").stdout.split())


def test_more_rows_than_are_shown(invoke: Invoke, filled: Path) -> None:
    result = invoke("stats", "summary", "--by", "nn", "--by", "epoch", "--rows", "5")
    assert "21 more rows: see --rows and --json." in result.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["compare", "aa", "zz"], "Error: there is no measurement of the family 'zz'"),
        (["summary", "--by", "size"], "Error: by: 'size' is not one of"),
        (["pareto", "--objective", "accuracy"], "Error: objectives: name at least two"),
    ],
)
def test_a_mistake_is_a_sentence(words: list[str], said: str, invoke: Invoke, filled: Path) -> None:
    result = invoke("stats", *words)
    assert result.exit_code == 2
    assert result.stderr.startswith(said)


def test_no_corpus_is_a_sentence(invoke: Invoke, corpus: Path) -> None:
    result = invoke("stats", "summary")
    assert result.exit_code == 2
    assert str(corpus) in result.stderr


def test_export(invoke: Invoke, filled: Path, tmp_path: Path) -> None:
    pytest.importorskip("openpyxl")
    path = tmp_path / "statistics.xlsx"
    result = invoke("export", "stats", "-o", str(path))
    assert result.exit_code == 0, result.stderr
    assert str(path) in result.stdout
    raw = pd.read_excel(path, sheet_name="Raw Data")
    assert raw["nn"].tolist() == catta.data(corpus=filled)["nn"].tolist()
    again = invoke("export", "stats", "-o", str(path))
    assert again.exit_code == 2
    assert "exists already" in again.stderr


def test_export_of_some(invoke: Invoke, filled: Path, tmp_path: Path) -> None:
    path = tmp_path / "tables"
    words = ["--format", "csv", "--no-raw", "--family", "aa", "--json"]
    result = invoke("export", "stats", "-o", str(path), *words)
    assert result.exit_code == 0, result.stderr
    rows = json.loads(result.stdout)["rows"]
    assert rows["Leaderboard"] == len(pd.read_csv(path / "leaderboard.csv")) == 6
    assert "Raw Data" not in rows


def test_names_before_and_behind_an_option_are_one_choice(invoke: Invoke, filled: Path) -> None:
    found = json.loads(invoke("stats", "curves", "aa-1", "--nn", "aa-2", "--json").stdout)
    assert {row["nn"] for row in found} == {"aa-1", "aa-2"}


def test_export_chooses_by_name(invoke: Invoke, filled: Path, tmp_path: Path) -> None:
    path = tmp_path / "tables"
    words = ["--format", "csv", "--nn", "aa-1", "--prefix", "aa-", "--json"]
    result = invoke("export", "stats", "-o", str(path), *words)
    assert result.exit_code == 0, result.stderr
    assert set(pd.read_csv(path / "leaderboard.csv")["nn"]) == {"aa-1"}
