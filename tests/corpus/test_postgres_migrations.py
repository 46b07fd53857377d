"""Migrations on PostgreSQL: same result, all or nothing, and nobody sees half of one."""

import threading
import time
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from postgres_server import PostgresServer
from sqlalchemy import Connection, MetaData
from test_failures import end, run_python
from test_migrations import EARLIER, NETWORK, RECIPE
from test_postgres_failures import WAITING, eventually

from catta.corpus import Corpus, migrate
from catta.corpus.engine import make_engine
from catta.corpus.modes import Mode, in_mode
from catta.corpus.schema import metadata
from catta.errors import CorpusError
from catta.testing.store import make_candidate, make_evaluation, make_network, make_run

pytestmark = pytest.mark.postgres


def old_corpus(url: str, revision: str = "0001") -> None:
    """A corpus of a run that has begun, as an earlier schema held it."""
    engine = make_engine(url)
    migrate.upgrade_server(engine, "old", revision)
    with engine.begin() as connection:
        fill(connection)
    engine.dispose()


def fill(connection: Connection) -> None:
    tables = MetaData()
    tables.reflect(connection)
    network = {"network_id": NETWORK.id}
    run, candidate = make_run(), make_candidate(0)
    evaluation = make_evaluation(NETWORK, RECIPE)
    assert evaluation.facts is not None
    facts = {
        "parameters": evaluation.facts.parameters,
        "flops": evaluation.facts.flops,
        "graph": evaluation.facts.graph,
    }
    rows: list[tuple[str, dict[str, Any]]] = [
        (
            "networks",
            {
                "id": NETWORK.id,
                "source": NETWORK.source,
                "name": NETWORK.name,
                "origin": "user",
                "licence": "MIT",
                "created": run.created,
            },
        ),
        ("aliases", {"name": NETWORK.name, **network}),
        ("recipes", {"id": RECIPE.id, "settings": RECIPE.model_dump()}),
        (
            "evaluations",
            {
                **network,
                **facts,
                "recipe_id": RECIPE.id,
                "outcome": "OK",
                "stage": "score",
                "build_seconds": 0.25,
                "seconds": 2.5,
                "created": run.created,
            },
        ),
        ("epochs", {"evaluation_id": 1, "epoch": 1, "loss": 1.5, "accuracy": 0.5, "seconds": 2.0}),
        (
            "runs",
            {
                "id": run.id,
                "arm": run.arm,
                "config": dict(run.config),
                "commit": run.commit,
                "created": run.created,
                "assessment": {},
            },
        ),
        (
            "cycles",
            {
                "run": run.id,
                "number": 0,
                "generator": "scripted",
                "closed": False,
                "timings": {},
                "metrics": {},
            },
        ),
        (
            "prompts",
            {"id": "p", "text": candidate.prompt.text, "prefix": candidate.prompt.prefix},
        ),
        (
            "candidates",
            {
                "run": run.id,
                "cycle": 0,
                "index": 0,
                "phase": "generated",
                "prompt_id": "p",
                "completion": candidate.completion.text,
                "tokens": 9,
                "complete": False,
                "seed": 7,
                "generator": "scripted",
                "admitted": False,
                "timings": {},
            },
        ),
    ]
    for name, values in rows:
        connection.execute(tables.tables[name].insert().values(**values))


@pytest.mark.parametrize("revision", EARLIER)
def test_everything_comes_along(
    postgres: PostgresServer, empty_database: str, revision: str
) -> None:
    url = postgres.url(empty_database)
    old_corpus(url, revision)
    with pytest.raises(CorpusError, match=f"its schema {revision} is older"):
        Corpus.open(url, read_only=True)
    with Corpus.open(url) as corpus:
        assert corpus.networks.all() == [NETWORK]
        assert corpus.networks.get(NETWORK.name) == NETWORK
        assert corpus.evaluations.all(RECIPE.id) == [make_evaluation(NETWORK, RECIPE)]
        assert corpus.runs.all() == [make_run()]
        assert corpus.runs.candidates("calm-lemur") == [make_candidate(0)]
        corpus.networks.add([make_network(2, name=NETWORK.name)])
        corpus.evaluations.add(make_evaluation(make_network(2), RECIPE), RECIPE)
        assert len(corpus.evaluations.all(RECIPE.id)) == 2


def test_a_migration_that_fails_changes_nothing(
    postgres: PostgresServer, empty_database: str
) -> None:
    url = postgres.url(empty_database)
    old_corpus(url)
    postgres.execute("CREATE TABLE aliases_0001 (in_the_way integer)", empty_database)
    state = (
        "SELECT table_name, column_name FROM information_schema.columns "
        "WHERE table_schema = 'public' ORDER BY 1, 2"
    )
    before = postgres.execute(state, empty_database)
    with pytest.raises(CorpusError, match="already exists"):
        Corpus.open(url)
    assert postgres.execute(state, empty_database) == before
    postgres.execute("DROP TABLE aliases_0001", empty_database)
    with Corpus.open(url) as corpus:
        assert corpus.networks.all() == [NETWORK]


def test_the_migrations_lead_to_the_schema(corpus_url: str) -> None:
    engine = make_engine(corpus_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_short_texts_have_one_order_everywhere(
    postgres: PostgresServer, corpus_database: str
) -> None:
    query = (
        "SELECT DISTINCT collation_name FROM information_schema.columns "
        "WHERE table_schema = 'public' AND data_type = 'character varying' "
        "AND table_name <> 'alembic_version'"
    )
    assert postgres.execute(query, corpus_database) == [("C",)]


@pytest.mark.parametrize("start", ["empty", "old"])
def test_several_processes_migrate_at_once(
    postgres: PostgresServer, empty_database: str, start: str
) -> None:
    code = """
        import sys
        from catta.corpus import Corpus
        from catta.testing.store import make_network
        print("ready", flush=True)
        sys.stdin.readline()
        with Corpus.open(sys.argv[1]) as corpus:
            corpus.networks.add([make_network(int(sys.argv[2]))])
    """
    url = postgres.url(empty_database)
    if start == "old":
        old_corpus(url)
    processes = [run_python(code, url, number) for number in (1, 2, 3)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go on\n")
        process.stdin.flush()
    for process in processes:
        end(process)
    assert [process.returncode for process in processes] == [0, 0, 0]
    with Corpus.open(url, create=False) as corpus:
        assert corpus.networks.count() == 3


def test_readers_wait_for_a_migration_and_see_its_result(
    postgres: PostgresServer, corpus_database: str, corpus_url: str
) -> None:
    """A table that is written anew would look empty to a snapshot from before."""
    seen: list[int] = []
    engine = make_engine(corpus_url)
    with Corpus.open(corpus_url) as corpus, Corpus.open(corpus_url, busy_seconds=0.1) as hasty:
        corpus.networks.add([make_network(1)])
        reader = threading.Thread(target=lambda: seen.append(corpus.networks.count()))
        with in_mode(engine, Mode.MIGRATE).begin() as connection:
            connection.exec_driver_sql("ALTER TABLE networks ALTER COLUMN source TYPE varchar(999)")
            reader.start()
            assert eventually(lambda: postgres.execute(WAITING, corpus_database))
            assert seen == []
            with pytest.raises(CorpusError, match="another process"):
                hasty.networks.count()
        reader.join(60)
    engine.dispose()
    assert seen == [1]


def test_a_migration_waits_for_readers(
    postgres: PostgresServer, corpus_database: str, corpus_url: str
) -> None:
    done = threading.Event()
    engine = make_engine(corpus_url)

    def change() -> None:
        with in_mode(engine, Mode.MIGRATE).begin():
            done.set()

    with Corpus.open(corpus_url) as corpus:
        with corpus._connector.read():
            migration = threading.Thread(target=change)
            migration.start()
            assert eventually(lambda: postgres.execute(WAITING, corpus_database))
            time.sleep(0.05)
            assert not done.is_set()
        migration.join(60)
        assert done.is_set()
    engine.dispose()
