"""`catta corpus copy | backup | verify`."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from cli_builders import Invoke

from catta.corpus import Corpus
from catta.testing.store import make_network


@pytest.fixture
def filled(corpus: Path) -> Path:
    with Corpus.open(corpus) as store:
        store.networks.add(make_network(n) for n in range(3))
    return corpus


@pytest.mark.parametrize("command", ["copy", "backup", "verify"])
def test_they_take_json_and_corpus(invoke: Invoke, command: str) -> None:
    shown = invoke("corpus", command, "--help").stdout
    assert "--json" in shown
    assert "--corpus" in shown


def test_copy(invoke: Invoke, filled: Path, tmp_path: Path) -> None:
    target = tmp_path / "target.sqlite"
    as_text = invoke("corpus", "copy", str(filled), str(target))
    assert as_text.exit_code == 0
    assert as_text.stdout == f"Copied 6 rows to {target}\n"
    again = invoke("corpus", "copy", str(filled), str(target))
    assert again.exit_code == 2
    assert again.stderr.splitlines()[-1].startswith(f"Error: copy: {target} is not empty")
    as_json = invoke("corpus", "copy", str(filled), str(tmp_path / "other.sqlite"), "--json")
    assert json.loads(as_json.stdout)["rows"]["networks"] == 3
    with Corpus.open(target, create=False) as store:
        assert store.networks.count() == 3


def test_copy_of_nothing(invoke: Invoke, tmp_path: Path) -> None:
    result = invoke("corpus", "copy", str(tmp_path / "a"), str(tmp_path / "b"))
    assert result.exit_code == 2
    assert not (tmp_path / "b").exists()


def test_backup(invoke: Invoke, filled: Path, tmp_path: Path) -> None:
    path = tmp_path / "backup.sqlite"
    as_json = invoke("corpus", "backup", str(path), "--corpus", str(filled), "--json")
    assert as_json.exit_code == 0
    shown = json.loads(as_json.stdout)
    assert shown == {"source": str(filled), "path": str(path), "size": path.stat().st_size}
    again = invoke("corpus", "backup", str(path))
    assert again.exit_code == 2
    assert again.stderr == f"Error: backup: {path} exists already; name a new file\n"
    assert "Backed up" in invoke("corpus", "backup", str(tmp_path / "two.sqlite")).stdout
    with Corpus.open(path, create=False) as store:
        assert store.networks.count() == 3


def test_verify(invoke: Invoke, filled: Path) -> None:
    sound = invoke("corpus", "verify")
    assert (sound.exit_code, sound.stdout) == (0, f"{filled}: no problems\n")
    with sqlite3.connect(filled) as connection:
        connection.execute("UPDATE networks SET source = 'other' WHERE name <> 'net-0'")
    connection.close()
    broken = invoke("corpus", "verify")
    assert broken.exit_code == 1
    assert len(broken.stdout.splitlines()) == 2
    as_json = invoke("corpus", "verify", "--corpus", str(filled), "--json")
    assert as_json.exit_code == 1
    assert json.loads(as_json.stdout)["problems"] == broken.stdout.splitlines()


def test_verify_of_nothing(invoke: Invoke, corpus: Path) -> None:
    result = invoke("corpus", "verify")
    assert result.exit_code == 2
    assert result.stderr == f"Error: corpus: {corpus} does not exist\n"


def test_verify_shows_no_password(invoke: Invoke) -> None:
    pytest.importorskip("psycopg")
    url = "postgresql://catta:s3cret@127.0.0.1:1/corpus"
    result = invoke("corpus", "verify", "--corpus", url)
    assert result.exit_code == 1
    assert "no connection to the server" in result.stdout
    assert "s3cret" not in result.output
