"""A corpus of every earlier schema comes to the newest one with everything it holds."""

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from catta.corpus import Corpus, migrate
from catta.corpus.engine import make_engine
from catta.corpus.networks import source_hash
from catta.corpus.schema import metadata
from catta.errors import CorpusError
from catta.graphs import Graph, GraphNode
from catta.records import Evaluation, Recipe
from catta.testing.store import OK, make_candidate, make_evaluation, make_network, make_run

NETWORK = make_network(1)
RECIPE = Recipe.model_validate({})


def old_corpus(path: Path, revision: str) -> None:
    """A corpus as the Catta of that schema left it."""
    path.touch()
    migrate.upgrade(path, revision)
    connection = sqlite3.connect(path)
    with connection:
        FILL[revision](connection)
    connection.close()


def fill_0001(connection: sqlite3.Connection, *, hashes: bool = False) -> None:
    created = "2026-01-02T03:04:05+00:00"
    statements: list[tuple[str, tuple[object, ...]]] = [
        (
            "INSERT INTO networks (id, source, name, origin, parent, licence, created)"
            " VALUES (?, ?, ?, 'user', NULL, 'MIT', ?)",
            (NETWORK.id, NETWORK.source, NETWORK.name, created),
        ),
        ("INSERT INTO aliases VALUES (?, ?)", (NETWORK.name, NETWORK.id)),
        ("INSERT INTO fingerprints VALUES (?, ?, NULL)", (NETWORK.id, b"\x01")),
        ("INSERT INTO recipes VALUES (?, ?)", (RECIPE.id, RECIPE.model_dump_json())),
        (
            "INSERT INTO evaluations VALUES "
            "(1, ?, ?, 'OK', 'score', NULL, 1000, 20000, 'g1:ab', 0.25, 2.5, ?)",
            (NETWORK.id, RECIPE.id, created),
        ),
        (
            "INSERT INTO epochs (evaluation_id, epoch, loss, accuracy, seconds)"
            " VALUES (1, 1, 1.5, 0.5, 2.0)",
            (),
        ),
        (
            "INSERT INTO runs VALUES ('calm-lemur', 'lora', ?, 'abc', ?, NULL, '{}')",
            ('{"cycles": 2, "caps": {"flops": 5}}', created),
        ),
        (
            "INSERT INTO cycles VALUES ('calm-lemur', 0, 'scripted', 0, NULL, '{}', '{}')",
            (),
        ),
        ("INSERT INTO prompts VALUES ('p', 'Write a network.', ?)", ("import torch\n",)),
        (
            "INSERT INTO candidates (run, cycle, 'index', phase, prompt_id, completion, tokens,"
            " complete, seed, generator, admitted, timings) VALUES "
            "('calm-lemur', 0, 0, 'generated', 'p', ?, 9, 0, 7, 'scripted', 0, '{}')",
            (make_candidate(0).completion.text,),
        ),
    ]
    if hashes:
        hashed = (source_hash(NETWORK.source), NETWORK.id)
        statements.append(("UPDATE networks SET sha256 = ? WHERE id = ?", hashed))
    for statement, values in statements:
        connection.execute(statement, values)


def fill_0002(connection: sqlite3.Connection) -> None:
    fill_0001(connection, hashes=True)


def fill_0003(connection: sqlite3.Connection) -> None:
    fill_0002(connection)
    imports = "INSERT INTO imports (id, sha256, version, report, created) VALUES (?, ?, ?, '{}', ?)"
    for row in ((1, "aa", "2.1.2", "today"), (2, "bb", "optuna:a_%", "today"), (3, "cc", None, "")):
        connection.execute(imports, row)
    connection.execute("INSERT INTO subjects VALUES (1, 'x', NULL)")
    connection.execute("INSERT INTO problems VALUES (1, 'img-classification', 'mnist', 'acc')")
    connection.execute("INSERT INTO parameter_sets VALUES (1, 'u', 't', '{}')")
    connection.execute("INSERT INTO trials VALUES (1, 1, 1, 1, 2, 1, 0.5, NULL)")


def fill_0004(connection: sqlite3.Connection) -> None:
    fill_0002(connection)
    connection.execute(
        "INSERT INTO inspections (network_id, task, outcome, error, version, created) "
        "VALUES (?, 'img-classification', 'INVALID', 'no', 1, 'today')",
        (NETWORK.id,),
    )


def fill_0006(connection: sqlite3.Connection) -> None:
    fill_0004(connection)
    connection.execute("INSERT INTO signatures VALUES (?, ?)", (NETWORK.id, b"\x02"))


def fill_0007(connection: sqlite3.Connection) -> None:
    fill_0006(connection)
    connection.execute("INSERT INTO graphs VALUES (?, 'img-classification', NULL)", (NETWORK.id,))


FILL = {
    "0001": fill_0001,
    "0002": fill_0002,
    "0003": fill_0003,
    "0004": fill_0004,
    "0005": fill_0004,
    "0006": fill_0006,
    "0007": fill_0007,
}
EARLIER = migrate.REVISIONS[:-1]


@pytest.mark.parametrize("revision", EARLIER)
def test_everything_comes_along(tmp_path: Path, revision: str) -> None:
    path = tmp_path / "c.sqlite"
    old_corpus(path, revision)
    with Corpus.open(path) as corpus:
        assert corpus.networks.all() == [NETWORK]
        assert corpus.networks.get(NETWORK.name) == NETWORK
        assert corpus.networks.fingerprints() == [(NETWORK.id, b"\x01", None)]
        assert corpus.evaluations.all(RECIPE.id) == [make_evaluation(NETWORK, RECIPE)]
        assert corpus.evaluations.recipe(RECIPE.id) == RECIPE
        assert corpus.runs.all() == [make_run()]
        assert [c.generator for c in corpus.runs.cycles("calm-lemur")] == ["scripted"]
        assert corpus.runs.candidates("calm-lemur") == [make_candidate(0)]
        corpus.networks.add([make_network(2, name=NETWORK.name)])
        assert corpus.networks.count() == 2
    with Corpus.open(path) as corpus:
        corpus.evaluations.add(
            Evaluation(network_id=make_network(2).id, recipe_id=RECIPE.id, verdict=OK), RECIPE
        )
        assert len(corpus.evaluations.all(RECIPE.id)) == 2


def test_imports_say_what_they_are(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    old_corpus(path, "0003")
    with Corpus.open(path) as corpus:
        found = [(row["kind"], row["version"]) for row in corpus.trials.imports()]
        assert found == [("lemur", "2.1.2"), ("optuna", "a_%"), ("lemur", None)]
        assert corpus.trials.count() == 1
        assert corpus.trials.begin_import("dd", "study", kind="optuna") == 4


@pytest.mark.parametrize("revision", EARLIER[:2])
def test_reduced_networks_of_lemur_are_called_architectures(tmp_path: Path, revision: str) -> None:
    path = tmp_path / "c.sqlite"
    old_corpus(path, revision)
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("UPDATE networks SET origin = 'lemur'")
    connection.close()
    with Corpus.open(path) as corpus:
        assert [network.origin for network in corpus.networks.all()] == ["architecture"]


@pytest.mark.parametrize("revision", EARLIER)
def test_a_migration_that_fails_changes_nothing(tmp_path: Path, revision: str) -> None:
    path = tmp_path / "c.sqlite"
    old_corpus(path, revision)
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("INSERT INTO fingerprints VALUES ('n1:unknown', x'00', NULL)")
    before = list(connection.iterdump())
    with pytest.raises(CorpusError, match="dangling references"):
        Corpus.open(path)
    assert list(connection.iterdump()) == before
    connection.close()


@pytest.mark.parametrize("revision", EARLIER)
def test_an_older_corpus_is_not_migrated_by_a_reader(tmp_path: Path, revision: str) -> None:
    path = tmp_path / "c.sqlite"
    old_corpus(path, revision)
    before = path.read_bytes()
    with pytest.raises(CorpusError, match=f"its schema {revision} is older"):
        Corpus.open(path, read_only=True)
    assert path.read_bytes() == before


def test_the_list_of_revisions_is_that_of_the_scripts() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    scripts = ScriptDirectory.from_config(config)
    chain = [script.revision for script in scripts.walk_revisions()]
    assert tuple(reversed(chain)) == migrate.REVISIONS
    assert set(FILL) == set(EARLIER)


def test_the_migrations_lead_to_the_schema(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    Corpus.open(path).close()
    engine = make_engine(str(path))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


@pytest.mark.parametrize("revision", EARLIER[3:])
def test_inspections_come_along(tmp_path: Path, revision: str) -> None:
    path = tmp_path / "c.sqlite"
    old_corpus(path, revision)
    with Corpus.open(path) as corpus:
        found = corpus.inspections.get(NETWORK.id, "img-classification")
        assert found is not None
        assert found.error == "no"


@pytest.mark.parametrize("revision", EARLIER)
def test_graphs_find_a_place(tmp_path: Path, revision: str) -> None:
    path = tmp_path / "c.sqlite"
    old_corpus(path, revision)
    graph = Graph((GraphNode("input", shape=(3, 8)), GraphNode("output", (0,), (3, 8))))
    with Corpus.open(path) as corpus:
        assert corpus.graphs.count() == 0
        corpus.graphs.save({(NETWORK.id, "img-classification"): graph})
        assert corpus.graphs.get(NETWORK.id) == graph


def test_signatures_come_along(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    old_corpus(path, "0006")
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("DELETE FROM fingerprints")
    connection.close()
    with Corpus.open(path) as corpus:
        assert corpus.signatures.all() == {NETWORK.id: b"\x02"}
