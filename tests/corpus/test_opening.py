"""Whatever lies at the path: one clear sentence, and it stays as it was."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from catta.corpus import Corpus
from catta.errors import CorpusError, UsageError
from catta.testing.store import make_network


def make_corpus(path: Path, networks: int = 200) -> Path:
    with Corpus.open(path) as corpus:
        corpus.networks.add(make_network(n) for n in range(networks))
    return path


def set_version(path: Path, version: str) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (version,))
    connection.close()


def assert_refused(path: Path, sentence: str) -> None:
    before = contents(path.parent)
    with pytest.raises(CorpusError) as caught:
        Corpus.open(path)
    said = str(caught.value).replace(str(path), "")  # its directory is called as the test
    assert sentence in said
    assert "\n" not in said
    assert contents(path.parent) == before


def contents(directory: Path) -> dict[str, bytes]:
    """All files that hold something: what was written may lie in the log beside the corpus.

    Not the index of the log, which SQLite leaves behind where it finds a corrupt file.
    """
    files = {path.name: path.read_bytes() for path in directory.iterdir()}
    return {name: held for name, held in files.items() if held and not name.endswith("-shm")}


def test_a_new_corpus_makes_its_directory_and_leaves_one_file(tmp_path: Path) -> None:
    path = tmp_path / "a" / "odd name?%#" / "c.sqlite"
    with Corpus.open(path) as corpus:
        assert corpus.location == str(path)
        assert corpus.networks.all() == []
    assert [p.name for p in path.parent.iterdir()] == ["c.sqlite"]


def test_what_was_stored_is_there_again(tmp_path: Path) -> None:
    path = make_corpus(tmp_path / "c.sqlite", 3)
    with Corpus.open(f"sqlite:///{path}", create=False) as corpus:
        assert corpus.location == str(path)
        assert corpus.networks.all() == [make_network(n) for n in range(3)]


def test_a_corpus_that_is_not_there_is_not_created_unasked(tmp_path: Path) -> None:
    for options in ({"create": False}, {"read_only": True}):
        with pytest.raises(UsageError, match="does not exist"):
            Corpus.open(tmp_path / "a" / "c.sqlite", **options)
    with Corpus.open_existing_or_empty(tmp_path / "a" / "c.sqlite") as corpus:
        corpus.networks.add([make_network(1)])
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_becomes_a_corpus(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    path.touch()
    make_corpus(path, 2)
    with Corpus.open(path) as corpus:
        assert corpus.networks.count() == 2


@pytest.mark.parametrize("content", [b"just a text\n", b"\x00" * 5_000, b"SQLite format 4\x00" * 9])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "c.sqlite"
    path.write_bytes(content)
    assert_refused(path, "it is not a corpus (not a SQLite database)")


def test_a_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="is a directory"):
        Corpus.open(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_path_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(CorpusError, match="its directory cannot be created"):
        Corpus.open(tmp_path / "file" / "c.sqlite")


def test_a_database_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
        connection.execute("INSERT INTO alembic_version VALUES ('0001')")
        connection.execute("CREATE TABLE bills (amount REAL)")
    connection.close()
    assert_refused(path, "database of something else")


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    path = make_corpus(tmp_path / "c.sqlite", 2)
    set_version(path, "0999")
    assert_refused(path, "0999 is newer")


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    path = make_corpus(tmp_path / "c.sqlite")
    os.truncate(path, path.stat().st_size // 2)
    assert_refused(path, "truncated")


def test_a_garbled_schema_is_refused(tmp_path: Path) -> None:
    path = make_corpus(tmp_path / "c.sqlite")
    content = bytearray(path.read_bytes())
    content[100:4_000] = b"\xff" * 3_900
    path.write_bytes(content)
    assert_refused(path, "corrupt")


def test_damage_in_the_middle_is_found_and_explained(tmp_path: Path) -> None:
    path = make_corpus(tmp_path / "c.sqlite", 2_000)
    content = bytearray(path.read_bytes())
    middle = len(content) // 8_192 * 4_096
    content[middle : middle + 40_960] = b"\xff" * 40_960
    path.write_bytes(content)
    with Corpus.open(path) as corpus:
        problems = corpus.check_integrity()
    assert problems != []
    assert not any("\n" in problem for problem in problems)


def test_an_altered_text_is_found(tmp_path: Path) -> None:
    path = make_corpus(tmp_path / "c.sqlite", 3)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE networks SET source = 'width = 7' WHERE name = 'net-1'")
    connection.close()
    with Corpus.open(path) as corpus:
        assert corpus.check_integrity() == [
            "the source of network n1:00000001 is not the text that was stored"
        ]


def test_read_only_reads_and_refuses_to_write(tmp_path: Path) -> None:
    path = make_corpus(tmp_path / "c.sqlite", 2)
    with Corpus.open(path, read_only=True) as corpus:
        assert corpus.networks.count() == 2
        with pytest.raises(CorpusError, match="cannot be written"):
            corpus.networks.add([make_network(9)])
    with Corpus.open(path) as corpus:
        assert corpus.networks.count() == 2


@pytest.mark.parametrize(
    "url", ["postgresql+psycopg2://host/db", "mysql://host/db", "https://host/c.sqlite"]
)
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(UsageError, match="is not supported"):
        Corpus.open(url)


def test_opening_a_current_corpus_loads_neither_torch_nor_alembic(tmp_path: Path) -> None:
    path = make_corpus(tmp_path / "c.sqlite", 1)
    code = (
        "import sys; from catta.corpus import Corpus; Corpus.open(sys.argv[1]).close();"
        "print([m for m in ('torch', 'pandas', 'alembic') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, check=True)
    assert done.stdout.strip() == b"[]"
