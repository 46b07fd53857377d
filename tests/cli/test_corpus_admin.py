"""`catta corpus copy | backup | upgrade | verify`."""

from __future__ import annotations

import json
import shlex
import sqlite3
from pathlib import Path

import pytest
from cli_builders import Invoke

from catta.corpus import Corpus, migrate
from catta.testing.store import make_network


@pytest.fixture
def filled(corpus: Path) -> Path:
    with Corpus.open(corpus) as store:
        store.networks.add(make_network(n) for n in range(3))
    return corpus


@pytest.mark.parametrize("command", ["copy", "backup", "upgrade", "verify"])
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


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """A corpus as an earlier Catta left it, with a network in it."""
    path = tmp_path / "my older.sqlite"
    path.touch()
    migrate.upgrade(path, "0003")
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(
            "INSERT INTO networks (id, source, name, origin, created) "
            "VALUES ('n1:a', 'x', 'old', 'user', 'today')"
        )
    connection.close()
    return path


@pytest.mark.parametrize("command", [("info",), ("list",), ("show", "old"), ("export", "-o", "x")])
def test_an_older_corpus_is_no_dead_end(
    invoke: Invoke, older: Path, command: tuple[str, ...]
) -> None:
    result = invoke("corpus", *command, "--corpus", str(older))
    assert result.exit_code == 1
    (said,) = result.stderr.splitlines()
    advice = said.partition("upgrade it: catta ")[2]
    assert f"its schema 0003 is older than this Catta's ({migrate.HEAD})" in said
    assert invoke(*shlex.split(advice)).exit_code == 0
    assert invoke("corpus", "list", "--corpus", str(older), "--json").exit_code == 0


def test_upgrade(invoke: Invoke, older: Path) -> None:
    done = invoke("corpus", "upgrade", "--corpus", str(older))
    backup = older.with_name("my older-schema-0003.sqlite")
    assert done.stdout == (
        f"Upgraded {older} from schema 0003 to {migrate.HEAD}.\nAs it was before: {backup}\n"
    )
    again = invoke("corpus", "upgrade", "--corpus", str(older))
    said = f"{older} has schema {migrate.HEAD} already; nothing was to do.\n"
    assert (again.exit_code, again.stdout) == (0, said)
    with Corpus.open(older, read_only=True) as store:
        assert store.networks.count() == 1
    as_json = invoke("corpus", "upgrade", "--no-backup", "--corpus", str(backup), "--json")
    assert json.loads(as_json.stdout) == {
        "corpus": str(backup),
        "before": "0003",
        "after": migrate.HEAD,
        "backup": None,
    }
    assert sorted(path.name for path in older.parent.glob("my*")) == [backup.name, older.name]


def test_upgrade_overwrites_no_earlier_backup(invoke: Invoke, older: Path) -> None:
    backup = older.with_name("my older-schema-0003.sqlite")
    backup.write_text("precious")
    before = older.read_bytes()
    result = invoke("corpus", "upgrade", "--corpus", str(older))
    assert result.exit_code == 2
    assert "exists already; move it away, or say --no-backup" in result.stderr
    assert (backup.read_text(), older.read_bytes()) == ("precious", before)


def test_upgrade_of_what_is_none(invoke: Invoke, corpus: Path) -> None:
    assert invoke("corpus", "upgrade").exit_code == 2
    corpus.write_text("no database")
    result = invoke("corpus", "upgrade")
    assert result.exit_code == 1
    assert "it is not a corpus" in result.stderr
    assert corpus.read_text() == "no database"


@pytest.mark.parametrize("link", [False, True])
def test_a_corpus_is_not_copied_onto_itself(
    invoke: Invoke, filled: Path, tmp_path: Path, link: bool
) -> None:
    target = filled
    if link:
        target = tmp_path / "link.sqlite"
        target.hardlink_to(filled)
    result = invoke("corpus", "copy", str(filled), str(target))
    assert result.exit_code == 2
    assert f"copy: both are the same corpus, {filled}; name another target" in result.stderr
