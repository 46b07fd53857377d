"""`catta report`, and corpora as they come: published, with what nobody measured."""

from __future__ import annotations

import json
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from report_corpus import Page, add_measured, add_run, data_of
from typer.testing import CliRunner, Result

from catta import stats
from catta.cli import app
from catta.corpus import Corpus
from catta.library import import_lemur
from catta.report import building, write_report
from catta.report.leaderboard import leaderboard_of
from catta.report.overview import overview_of
from catta.report.wording import UNKNOWN
from catta.testing.lemur import members, write_wheel


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["report", *map(str, arguments)])


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.sqlite"
    with Corpus.open(path) as corpus:
        add_run(corpus)
    return path


def test_the_command_says_where_the_report_is(small: Path, tmp_path: Path) -> None:
    result = run("--corpus", small, "-o", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert f"Open it: {tmp_path / 'out/index.html'}" in result.stdout
    assert "1 runs" in result.stdout
    assert (tmp_path / "out/index.html").is_file()


def test_the_command_in_json(small: Path, tmp_path: Path) -> None:
    result = run("--corpus", small, "-o", tmp_path / "out", "--run", "calm", "--json")
    found = json.loads(result.stdout)
    assert found["runs"] == 1
    assert found["index"] == str(tmp_path / "out/index.html")


def test_mistakes_are_a_sentence(small: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/notes").write_text("x")
    for arguments, said in (
        (("--corpus", small, "-o", tmp_path / "mine"), "holds something else"),
        (("--corpus", small, "-o", tmp_path / "out", "--run", "nobody"), "nobody"),
        (("--corpus", tmp_path / "none.sqlite", "-o", tmp_path / "out"), "does not exist"),
    ):
        result = run(*arguments)
        assert result.exit_code == 2
        assert said in result.stderr
        assert "Traceback" not in result.output
    assert not (tmp_path / "out").exists()


def test_a_missing_package_is_a_sentence(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = metadata.version

    def version(name: str) -> str:
        if name == "plotly":
            raise metadata.PackageNotFoundError(name)
        return known(name)

    monkeypatch.setattr(metadata, "version", version)
    result = run("--corpus", small, "-o", tmp_path / "out")
    assert result.exit_code == 2
    assert "a report needs plotly" in result.stderr
    assert "pip install 'catta[report]'" in result.stderr


def test_an_interruption_leaves_what_was_there(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("--corpus", small, "-o", tmp_path / "out").exit_code == 0
    before = (tmp_path / "out/index.html").read_bytes()

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(building, "_write_network", interrupt)
    result = run("--corpus", small, "-o", tmp_path / "out")
    assert result.exit_code == 130
    assert (tmp_path / "out/index.html").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir() if "small" not in path.name) == ["out"]


def test_a_published_corpus(tmp_path: Path) -> None:
    """With a name that has no code, and durations that nobody measured."""
    with Corpus.open(tmp_path / "c.sqlite") as corpus:
        import_lemur(corpus, write_wheel(tmp_path / "nn_dataset.whl", members()), workers=1)
        built = write_report(corpus, tmp_path / "out")
    data = data_of(built.directory / "data/leaderboard.js")
    rows = dict(zip(data["nn"], zip(data["best"], data["seconds"], strict=True), strict=True))
    assert rows["Alpha"][0] == 0.7
    assert rows["no_code"][0] == 0.8
    assert rows["ga-beta"] == (0.9, None)
    page = Page(built.directory / "leaderboard.html")
    (beta,) = [row for row in page.tables[""] if "ga-beta" in row]
    assert UNKNOWN in beta
    assert built.networks == 2
    assert "catta train ga-beta" in "".join(
        Page(path).text for path in built.directory.glob("networks/*")
    )


def test_what_is_no_number_is_left_out(tmp_path: Path) -> None:
    with Corpus.open(tmp_path / "c.sqlite") as corpus:
        add_measured(corpus)
        trials: Any = stats.load(corpus)
        trials.loc[trials["nn"] == "ga-0", "accuracy"] = np.nan
        trials.loc[trials["epoch"] == 1, "accuracy"] = np.nan
        board = leaderboard_of(trials)
        overview = overview_of(corpus, trials, board, [])
    known = trials[trials["accuracy"].notna()]
    assert "ga-0" not in set(board.frame["nn"])
    assert overview.figures.measured == len(known)
    assert overview.figures.names == known["nn"].nunique() == 23
    assert sum(p.row["count"] for p in overview.problems) == len(known)
    assert board.columns({})["first"] == [None] * len(board.frame)
