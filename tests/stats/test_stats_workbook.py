"""Statistics as a workbook and as files."""

from __future__ import annotations

import importlib.util
import sys
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
from stats_corpus import HOSTILE

import catta
from catta.corpus import Corpus
from catta.errors import Interrupted, UsageError
from catta.stats import workbooks

needs_excel = pytest.mark.skipif(
    importlib.util.find_spec("openpyxl") is None, reason="openpyxl is not installed"
)
OF_NN_STAT = {
    "Statistics": [
        *("task", "dataset", "nn", "epoch", "accuracy_mean", "accuracy_std", "duration", "metric")
    ],
    "Raw Data": ["task", "dataset", "metric", "epoch", "duration", "accuracy", "nn"],
}


@pytest.fixture(scope="module")
def book(trials: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("book") / "statistics.xlsx"
    catta.stats.write_tables(path, trials=trials)
    return path


@needs_excel
@pytest.mark.parametrize("name", OF_NN_STAT)
def test_sheets_of_nn_stat(name: str, book: Path) -> None:
    assert list(pd.read_excel(book, sheet_name=name).columns) == OF_NN_STAT[name]


@needs_excel
def test_values_of_sheets(book: Path, trials: pd.DataFrame, data: pd.DataFrame) -> None:
    raw = pd.read_excel(book, sheet_name="Raw Data")
    assert raw["accuracy"].tolist() == pytest.approx(data["accuracy"].tolist(), rel=1e-14)
    assert raw["duration"].dropna().tolist() == data["duration"].dropna().tolist()
    statistics = pd.read_excel(book, sheet_name="Statistics")
    keys = ["task", "dataset", "nn", "metric", "epoch"]
    known = statistics[statistics["dataset"] == "cifar-10"].set_index(keys)
    expected = data.groupby(keys)["accuracy"].mean()[known.index]
    assert known["accuracy_mean"].tolist() == pytest.approx(expected.tolist())
    summary = pd.read_excel(book, sheet_name="Summary")
    pd.testing.assert_frame_equal(
        summary.drop(columns="best_nn"),
        catta.stats.summary(trials=trials).drop(columns="best_nn"),
        check_dtype=False,
    )


@needs_excel
def test_names_are_texts_and_no_formulas(book: Path) -> None:
    from openpyxl import load_workbook

    cells = [cell for row in load_workbook(book)["Leaderboard"].iter_rows() for cell in row]
    found = {cell.value: cell.data_type for cell in cells if cell.value is not None}
    for name in HOSTILE:
        assert found[name.replace("\x07", "")] == "s"
    assert found["=norm"] == "s"
    assert "f" not in found.values()
    assert "e" not in found.values()


@needs_excel
def test_a_table_that_is_too_long_goes_on_in_another_sheet(
    trials: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbooks, "EXCEL_ROWS", 400)
    monkeypatch.setattr(workbooks, "_AT_ONCE", 150)
    path = tmp_path / "long.xlsx"
    counts = catta.stats.write_tables(path, trials=trials)
    parts = [pd.read_excel(path, sheet_name=name) for name in ("Raw Data", "Raw Data 2")]
    assert [len(part) for part in parts] == [400, counts["Raw Data"] - 400]
    assert list(parts[0].columns) == list(parts[1].columns)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_directories(form: str, trials: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "statistics"
    counts = catta.stats.write_tables(path, trials=trials, format=form, raw=False)
    assert "Raw Data" not in counts
    assert len(list(path.iterdir())) == len(counts)
    read = partial(pd.read_csv, keep_default_na=False) if form == "csv" else pd.read_parquet
    found = read(path / f"leaderboard.{form}")
    expected = catta.stats.leaderboard(trials=trials, n=None)
    assert found["nn"].tolist() == expected["nn"].tolist()
    assert found["accuracy"].tolist() == expected["accuracy"].tolist()


@needs_excel
def test_an_empty_corpus_makes_a_workbook_of_headers(nothing: Corpus, tmp_path: Path) -> None:
    path = tmp_path / "empty.xlsx"
    counts = catta.stats.write_tables(path, nothing)
    assert set(counts.values()) == {0}
    sheets = pd.read_excel(path, sheet_name=None)
    assert list(sheets) == list(counts)
    assert all(len(sheet.columns) > 5 for sheet in sheets.values())


def test_what_is_there_is_not_overwritten(trials: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("mine")
    with pytest.raises(UsageError, match="exists already"):
        catta.stats.write_tables(path, trials=trials, format="csv")
    assert path.read_text() == "mine"


def test_formats_that_are_none(trials: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"does not end in \.xlsx"):
        catta.stats.write_tables(tmp_path / "x.ods", trials=trials)
    with pytest.raises(UsageError, match="'ods' is not one of"):
        catta.stats.write_tables(tmp_path / "x", trials=trials, format="ods")


def test_without_openpyxl(
    trials: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(UsageError, match=r"pip install 'catta\[excel\]'"):
        catta.stats.write_tables(tmp_path / "x.xlsx", trials=trials)
    assert not list(tmp_path.iterdir())


def test_an_interruption_leaves_nothing(trials: pd.DataFrame, tmp_path: Path) -> None:
    def tell(name: str) -> None:
        if name == "Pareto":
            raise KeyboardInterrupt

    with pytest.raises(Interrupted, match="was not written"):
        catta.stats.write_tables(tmp_path / "x", trials=trials, format="csv", tell=tell)
    assert not list(tmp_path.iterdir())
