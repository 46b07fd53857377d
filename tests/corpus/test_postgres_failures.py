"""The server goes away, processes are killed, several write at once: the corpus is whole."""

import os
import signal
import threading
import time
from collections.abc import Callable

import pytest
from postgres_server import PostgresServer
from test_failures import DRIVE, HOLD, end, run_python

from catta.corpus import Corpus
from catta.errors import CorpusError, UsageError
from catta.testing.store import begin, make_candidate, make_network

pytestmark = pytest.mark.postgres

DRIVERS = (
    "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
WAITING = (
    "SELECT pid FROM pg_locks WHERE NOT granted "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


def eventually(happens: Callable[[], object]) -> bool:
    """Whether something happens before long; the server takes its time to notice a death."""
    for _ in range(600):
        if happens():
            return True
        time.sleep(0.05)
    return False


def acquires(corpus: Corpus, run: str = "calm-lemur") -> bool:
    try:
        with corpus.runs.acquire(run):
            return True
    except UsageError:
        return False


def test_a_server_that_goes_away_leaves_nothing_half_written(
    postgres: PostgresServer, corpus_url: str
) -> None:
    with Corpus.open(corpus_url) as corpus:
        run = begin(corpus, 0)

        def step() -> None:
            with corpus.transaction():
                corpus.runs.add_candidates([make_candidate(1)])
                corpus.networks.add(make_network(n) for n in range(100))
                postgres.stop()
                corpus.networks.add([make_network(1_000)])

        try:
            with pytest.raises(CorpusError, match="has gone away") as caught:
                step()
            assert "\n" not in str(caught.value)
            with pytest.raises(CorpusError, match="no connection to the server"):
                corpus.networks.count()
        finally:
            postgres.stop()
            postgres.start()
        assert corpus.networks.count() == 0
        assert corpus.runs.candidates(run.id) == [make_candidate(0)]
        corpus.networks.add([make_network(1)])
        assert corpus.networks.all() == [make_network(1)]


def test_a_killed_writer_leaves_the_corpus_as_before(corpus_url: str) -> None:
    code = """
        import sys
        from catta.corpus import Corpus
        from catta.testing.store import make_network
        corpus = Corpus.open(sys.argv[1])
        corpus.networks.add([make_network(1)])
        with corpus.transaction():
            corpus.networks.add(make_network(n) for n in range(2, 500))
            print("ready", flush=True)
            sys.stdin.readline()
    """
    process = run_python(code, corpus_url)
    process.kill()
    process.communicate(timeout=60)
    with Corpus.open(corpus_url) as corpus:
        corpus.networks.add([make_network(501)])
        assert corpus.networks.all() == [make_network(1), make_network(501)]


def test_a_writer_gives_up_after_a_while_and_readers_never_wait(corpus_url: str) -> None:
    process = run_python(HOLD, corpus_url)
    try:
        with Corpus.open(corpus_url, busy_seconds=0.1) as corpus:
            assert corpus.networks.count() == 0
            with pytest.raises(CorpusError, match="another process"):
                corpus.networks.add([make_network(2)])
    finally:
        end(process)
    with Corpus.open(corpus_url) as corpus:
        assert corpus.networks.all() == [make_network(1)]


def test_writers_wait_for_each_other(corpus_url: str) -> None:
    code = """
        import sys
        from catta.corpus import Corpus
        corpus = Corpus.open(sys.argv[1])
        print("ready", flush=True)
        for _ in range(100):
            corpus.runs.add_timing("calm-lemur", 0, "train", 1.0)
    """
    with Corpus.open(corpus_url) as corpus:
        begin(corpus)
        processes = [run_python(code, corpus_url) for _ in range(3)]
        for process in processes:
            end(process)
        assert [process.returncode for process in processes] == [0, 0, 0]
        assert corpus.runs.cycles("calm-lemur")[0].timings == {"train": 300.0}


def test_a_run_has_one_driver_until_it_ends(corpus_url: str) -> None:
    with Corpus.open(corpus_url) as corpus:
        process = run_python(DRIVE, corpus_url)
        with (
            pytest.raises(UsageError, match=f"is being driven by process {process.pid} on "),
            corpus.runs.acquire("calm-lemur"),
        ):
            pass
        assert acquires(corpus, "another-run")
        end(process)
        assert eventually(lambda: acquires(corpus))


def test_a_killed_driver_lets_go_though_its_worker_lives(corpus_url: str) -> None:
    with Corpus.open(corpus_url) as corpus:
        process = run_python(DRIVE, corpus_url)
        assert process.stdout is not None
        worker = int(process.stdout.readline())
        process.kill()
        process.wait(timeout=60)
        try:
            os.kill(worker, 0)
            assert eventually(lambda: acquires(corpus))
            os.kill(worker, 0)
        finally:
            os.kill(worker, signal.SIGKILL)
            process.communicate(timeout=60)


def test_a_run_has_one_driver_within_a_process(corpus_url: str) -> None:
    with Corpus.open(corpus_url) as one, Corpus.open(corpus_url) as two:
        with one.runs.acquire("calm-lemur"):
            assert not acquires(two)
            assert not acquires(one)
        assert acquires(two)


def test_a_driver_that_lost_its_reservation_writes_nothing(
    postgres: PostgresServer, corpus_database: str, corpus_url: str
) -> None:
    with Corpus.open(corpus_url) as corpus, Corpus.open(corpus_url) as other:
        with corpus.runs.acquire("calm-lemur"):
            corpus.networks.add([make_network(1)])
            ((driver,),) = postgres.execute(DRIVERS, corpus_database)
            postgres.execute(f"SELECT pg_terminate_backend({driver}, 60000)", corpus_database)
            assert acquires(other)
            for _ in range(2):
                with pytest.raises(CorpusError, match="connection that reserved it was lost"):
                    corpus.networks.add([make_network(2)])
        corpus.networks.add([make_network(3)])
        assert corpus.networks.all() == [make_network(1), make_network(3)]


def test_a_forked_child_may_use_the_corpus_too(corpus_url: str) -> None:
    code = """
        import os, sys
        from catta.corpus import Corpus
        from catta.testing.store import make_network
        corpus = Corpus.open(sys.argv[1])
        corpus.networks.add([make_network(1)])
        child = os.fork()
        if child == 0:
            corpus.networks.add([make_network(2)])
            os._exit(0 if corpus.networks.count() == 2 else 1)
        assert os.waitpid(child, 0)[1] == 0
        corpus.networks.add([make_network(3)])
        print("ready", flush=True)
    """
    end(run_python(code, corpus_url))
    with Corpus.open(corpus_url) as corpus:
        assert corpus.networks.count() == 3


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ("53100", "the server's disk is full"),
        ("53300", "too many connections"),
        ("57014", "cancelled a query"),
        ("XX001", "the database is damaged"),
        ("57P01", "has gone away"),
    ],
)
def test_what_a_server_reports_is_explained(corpus_url: str, state: str, sentence: str) -> None:
    statement = f"DO $$ BEGIN RAISE E'two\\nlines' USING ERRCODE = '{state}'; END $$"
    with Corpus.open(corpus_url) as corpus:

        def step() -> None:
            with corpus._connector.transaction() as connection:
                corpus.networks.add([make_network(1)])
                connection.exec_driver_sql(statement)

        with pytest.raises(CorpusError, match=sentence) as caught:
            step()
        assert "\n" not in str(caught.value)
        assert corpus.networks.count() == 0


def test_a_reader_sees_one_state(corpus_url: str) -> None:
    with Corpus.open(corpus_url) as corpus, Corpus.open(corpus_url) as other:
        with corpus._connector.read():
            pass
        with corpus._connector.read() as connection:
            before = connection.exec_driver_sql("SELECT count(*) FROM networks").scalar()
            other.networks.add([make_network(1)])
            after = connection.exec_driver_sql("SELECT count(*) FROM networks").scalar()
        assert (before, after) == (0, 0)
        assert corpus.networks.count() == 1


def test_threads_do_not_share_transactions(corpus_url: str) -> None:
    with Corpus.open(corpus_url) as corpus:

        def add(first: int) -> None:
            for number in range(first, first + 20):
                with corpus.transaction():
                    assert corpus.networks.get(f"net-{number}") is None
                    corpus.networks.add([make_network(number)])

        threads = [threading.Thread(target=add, args=(first,)) for first in (0, 20, 40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert corpus.networks.count() == 60
