"""`catta corpus remove`."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from cli_builders import Invoke
from typer.testing import CliRunner

from catta.cli import app
from catta.corpus import Corpus
from catta.testing.lemur import members, write_wheel
from catta.testing.store import make_network


@pytest.fixture
def filled(corpus: Path) -> Path:
    with Corpus.open(corpus) as store:
        store.networks.add(make_network(number) for number in range(3))
        store.networks.save_seed_set("seeds:x", {}, [make_network(2).id])
    return corpus


def count(corpus: Path) -> int:
    with Corpus.open(corpus, read_only=True) as store:
        return store.networks.count()


def test_it_asks_first(filled: Path) -> None:
    command = ["corpus", "remove", "net-0"]
    for answer in ("n\n", ""):
        refused = CliRunner().invoke(app, command, input=answer)
        assert refused.exit_code == 1
        assert "To be removed: 1 network, 1 name." in refused.stderr
        assert refused.stderr.endswith("Nothing was removed.\n")
        assert refused.stdout == ""
    assert count(filled) == 3
    agreed = CliRunner().invoke(app, command, input="y\n")
    assert (agreed.exit_code, agreed.stdout) == (0, "Removed: 1 network, 1 name.\n")
    assert count(filled) == 2


def test_json_names_what_is_gone(invoke: Invoke, filled: Path) -> None:
    result = invoke("corpus", "remove", "net-0", "net-1", "--yes", "--json")
    assert result.exit_code == 0
    shown = json.loads(result.stdout)
    assert shown["networks"] == [make_network(0).id, make_network(1).id]
    assert shown["names"] == ["net-0", "net-1"]
    assert count(filled) == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["net-2"], "is in the seed set seeds:x"),
        (["net-0", "net-2"], "is in the seed set seeds:x"),
        (["unknown"], "unknown is no name or id"),
        (["' OR 1=1 --"], "is no name or id"),
        (["../net-0"], "is no name or id"),
        (["--import", "9.9.1"], "was imported"),
        ([], "give names of networks"),
        (["net-0", "--import", "9.9.1"], "give names of networks"),
    ],
)
def test_what_cannot_be_removed(
    invoke: Invoke, filled: Path, arguments: list[str], sentence: str
) -> None:
    result = invoke("corpus", "remove", "--yes", *arguments)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert count(filled) == 3


def test_an_import_goes(invoke: Invoke, corpus: Path, tmp_path: Path) -> None:
    wheel = write_wheel(tmp_path / "x.whl", members())
    assert invoke("corpus", "import", "lemur", str(wheel), "--workers", "1").exit_code == 0
    result = invoke("corpus", "remove", "--import", "9.9.1", "--yes")
    assert result.stdout == (
        "Removed: 2 networks, 3 names, 6 trials, 1 device measurement, 4 modules.\n"
    )
    assert count(corpus) == 0


def test_of_an_earlier_import_it_says_what_stays_and_why(
    invoke: Invoke, corpus: Path, tmp_path: Path
) -> None:
    wheel = write_wheel(tmp_path / "x.whl", members())
    assert invoke("corpus", "import", "lemur", str(wheel), "--workers", "1").exit_code == 0
    forget_what_was_brought(corpus)
    result = invoke("corpus", "remove", "--import", "9.9.1", "--yes")
    assert result.stdout.startswith("Removed: 6 trials. The networks of this import, their names")
    assert "an earlier Catta made it" in result.stdout
    assert count(corpus) == 2


def forget_what_was_brought(corpus: Path) -> None:
    connection = sqlite3.connect(corpus)
    with connection:
        connection.execute("UPDATE imports SET report = json_remove(report, '$.brought')")
    connection.close()


def test_no_corpus_is_made(invoke: Invoke, corpus: Path) -> None:
    result = invoke("corpus", "remove", "x", "--yes")
    assert (result.exit_code, corpus.exists()) == (2, False)
