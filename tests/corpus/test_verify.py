"""Whatever was done to a corpus behind Catta's back: one line for each problem."""

import sqlite3
from pathlib import Path

import pytest
from postgres_server import PostgresServer

from catta.corpus import Corpus
from catta.corpus.migrate import HEAD
from catta.corpus.verify import verify_corpus
from catta.errors import UsageError
from catta.records import Recipe
from catta.testing.store import begin, make_evaluation, make_network

RECIPE = Recipe.model_validate({})


def fill(location: str | Path) -> None:
    with Corpus.open(location) as corpus:
        corpus.networks.add(make_network(n) for n in range(1_500))
        corpus.evaluations.add(make_evaluation(make_network(1), RECIPE), RECIPE)
        begin(corpus, 0, 1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    fill(tmp_path / "c.sqlite")
    return tmp_path / "c.sqlite"


def alter(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path)
    with connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def test_a_sound_corpus_has_no_problems_and_stays_as_it_was(path: Path) -> None:
    before = path.read_bytes()
    report = verify_corpus(path)
    assert (report.corpus, report.schema, report.problems) == (str(path), HEAD, ())
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        (
            "UPDATE networks SET source = 'x' WHERE name = 'net-777'",
            f"the source of network {make_network(777).id} is not the text that was stored",
        ),
        (
            "DELETE FROM networks WHERE name = 'net-1'",
            "dangling reference in aliases: 1 rows whose network_id is not in networks",
        ),
        (
            "DELETE FROM cycles",
            "dangling reference in candidates: 2 rows whose run, cycle is not in cycles",
        ),
        ("UPDATE runs SET config = '{''a'': 1'", "config of runs calm-lemur is not JSON"),
        ("UPDATE cycles SET metrics = '[NaN]'", "metrics of cycles calm-lemur/0 is not JSON"),
        (
            "INSERT INTO parameter_sets VALUES (7, 'u', 't', 'batch=1')",
            "prm of parameter_sets 7 is not JSON",
        ),
        (
            "INSERT INTO modules VALUES ('transform', 'echo', 'import os', 'ab')",
            "the source of transform echo is not the text that was stored",
        ),
        (
            "INSERT INTO graphs SELECT id, 'img-classification', x'0000' FROM networks "
            "WHERE name = 'net-5'",
            f"the graph of network {make_network(5).id} for img-classification is damaged: "
            "it cannot be decompressed",
        ),
        ("DROP TABLE fingerprints", "the table fingerprints is missing"),
        (
            "ALTER TABLE networks RENAME COLUMN sha256 TO hash",
            "the table networks lacks the column sha256",
        ),
    ],
)
def test_each_problem_is_named(path: Path, statement: str, problem: str) -> None:
    alter(path, statement)
    assert problem in verify_corpus(path).problems


def test_an_altered_prompt_is_named(path: Path) -> None:
    alter(path, "UPDATE prompts SET text = text || ' '")
    (problem,) = verify_corpus(path).problems
    assert problem.startswith("prompt ")


def test_every_problem_is_a_line_of_its_own(path: Path) -> None:
    alter(path, "UPDATE networks SET source = 'x' WHERE id < 'n1:00000010'")
    alter(path, "INSERT INTO recipes VALUES ('two\n\nlines', '[')")
    problems = verify_corpus(path).problems
    assert len(problems) == 17
    assert not any("\n" in problem for problem in problems)


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE alembic_version SET version_num = '0999'", "newer than this Catta"),
        ("UPDATE alembic_version SET version_num = '0001'", "schema 0001 is older"),
    ],
)
def test_another_schema_is_a_problem(path: Path, statement: str, problem: str) -> None:
    alter(path, statement)
    (found,) = verify_corpus(path).problems
    assert problem in found


def test_a_damaged_file_has_problems(path: Path) -> None:
    content = bytearray(path.read_bytes())
    middle = len(content) // 8_192 * 4_096
    content[middle : middle + 40_960] = b"\xff" * 40_960
    path.write_bytes(content)
    assert verify_corpus(path).problems != ()


def test_no_corpus_is_a_mistake_and_another_file_a_problem(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        verify_corpus(tmp_path / "c.sqlite")
    (tmp_path / "c.sqlite").write_text("just a text")
    (problem,) = verify_corpus(tmp_path / "c.sqlite").problems
    assert "not a SQLite database" in problem


@pytest.mark.postgres
def test_a_server_is_checked_too(
    postgres: PostgresServer, corpus_database: str, corpus_url: str
) -> None:
    fill(corpus_url)
    assert verify_corpus(corpus_url).problems == ()
    postgres.execute(
        "ALTER TABLE aliases DROP CONSTRAINT aliases_network_id_fkey1", corpus_database
    )
    postgres.execute("DELETE FROM networks WHERE name = 'net-9'", corpus_database)
    postgres.execute("UPDATE networks SET source = 'x' WHERE name = 'net-777'", corpus_database)
    postgres.execute("UPDATE runs SET config = '[1]'", corpus_database)
    assert verify_corpus(corpus_url).problems == (
        "dangling reference in aliases: 1 rows whose network_id is not in networks",
        f"the source of network {make_network(777).id} is not the text that was stored",
    )
