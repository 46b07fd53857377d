"""The disk fills, processes are killed, two write at once: the corpus is whole."""

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from catta.corpus import Corpus, engine
from catta.errors import CorpusError, UsageError
from catta.testing.store import begin, make_candidate, make_network


def run_python(code: str, *arguments: object) -> "subprocess.Popen[str]":
    """Start a Python process that says when it is ready, and wait until it does."""
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def end(process: "subprocess.Popen[str]") -> None:
    process.communicate("go on\n", timeout=60)


def fill_disk(corpus: Corpus, spare: int) -> None:
    """From now on the file may only grow by some pages: SQLite reports it as a full disk."""
    writer: Any = corpus._connector.engine

    @event.listens_for(writer, "connect")
    def limit(connection: sqlite3.Connection, record: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + spare}")

    writer.dispose()


def test_a_full_disk_is_explained_and_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    with Corpus.open(path) as corpus:
        corpus.networks.add([make_network(1)])
        fill_disk(corpus, spare=4)
        with pytest.raises(CorpusError, match="the disk is full"):
            corpus.networks.add(make_network(n) for n in range(2, 5_000))
        assert corpus.networks.all() == [make_network(1)]
        corpus.networks.add([make_network(2)])
    with Corpus.open(path) as corpus:
        assert corpus.networks.count() == 2
        assert corpus.check_integrity() == []


def test_a_full_disk_leaves_nothing_of_a_larger_step(tmp_path: Path) -> None:
    with Corpus.open(tmp_path / "c.sqlite") as corpus:
        run = begin(corpus, 0)
        fill_disk(corpus, spare=4)

        def step() -> None:
            with corpus.transaction():
                corpus.runs.add_candidates([make_candidate(1)])
                corpus.networks.add(make_network(n) for n in range(5_000))

        with pytest.raises(CorpusError, match="the disk is full"):
            step()
        assert corpus.runs.candidates(run.id) == [make_candidate(0)]


def test_a_disk_that_is_full_from_the_beginning_leaves_no_file(tmp_path: Path) -> None:
    code = """
        import resource, signal, sys
        from catta.corpus import Corpus
        from catta.errors import CorpusError
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
        print("ready", flush=True)
        try:
            Corpus.open(sys.argv[1])
        except CorpusError as error:
            print(error)
    """
    path = tmp_path / "c.sqlite"
    said, _ = run_python(code, path).communicate(timeout=60)
    assert said.startswith(f"corpus {path}: the disk failed or is full")
    assert said.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_killed_writer_leaves_the_corpus_as_before(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    with Corpus.open(path) as corpus:
        run = begin(corpus, 0)
    code = """
        import sys
        from catta.corpus import Corpus
        from catta.testing.store import make_candidate, make_network
        corpus = Corpus.open(sys.argv[1])
        corpus.networks.add([make_network(1)])
        with corpus.transaction():
            corpus.runs.add_candidates([make_candidate(1)])
            corpus.networks.add(make_network(n) for n in range(2, 20_000))
            print("ready", flush=True)
            sys.stdin.readline()
    """
    process = run_python(code, path)
    process.kill()
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    with Corpus.open(path) as corpus:
        assert corpus.networks.all() == [make_network(1)]
        assert corpus.runs.candidates(run.id) == [make_candidate(0)]
        assert corpus.check_integrity() == []


HOLD = """
    import sys
    from catta.corpus import Corpus
    from catta.testing.store import make_network
    corpus = Corpus.open(sys.argv[1])
    with corpus.transaction():
        corpus.networks.add([make_network(1)])
        print("ready", flush=True)
        sys.stdin.readline()
"""


def test_a_writer_gives_up_after_a_while_and_readers_never_wait(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    Corpus.open(path).close()
    process = run_python(HOLD, path)
    try:
        with Corpus.open(path, busy_seconds=0.1) as corpus:
            assert corpus.networks.count() == 0
            with pytest.raises(CorpusError, match="another process"):
                corpus.networks.add([make_network(2)])
    finally:
        end(process)
    with Corpus.open(path) as corpus:
        assert corpus.networks.all() == [make_network(1)]


def test_two_writers_wait_for_each_other(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    Corpus.open(path).close()
    code = """
        import sys
        from catta.corpus import Corpus
        from catta.testing.store import make_network
        corpus = Corpus.open(sys.argv[1])
        print("ready", flush=True)
        for n in range(int(sys.argv[2]), int(sys.argv[2]) + 100):
            with corpus.transaction():
                assert corpus.networks.get(f"net-{n}") is None
                corpus.networks.add([make_network(n)])
    """
    processes = [run_python(code, path, first) for first in (0, 100, 200)]
    for process in processes:
        end(process)
    assert [process.returncode for process in processes] == [0, 0, 0]
    with Corpus.open(path) as corpus:
        assert corpus.networks.all() == [make_network(n) for n in range(300)]


def test_two_processes_create_one_corpus(tmp_path: Path) -> None:
    code = """
        import sys
        from catta.corpus import Corpus
        from catta.testing.store import make_network
        print("ready", flush=True)
        sys.stdin.readline()
        Corpus.open(sys.argv[1]).networks.add([make_network(int(sys.argv[2]))])
    """
    path = tmp_path / "c.sqlite"
    processes = [run_python(code, path, number) for number in range(3)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go on\n")
        process.stdin.flush()
    for process in processes:
        process.communicate(timeout=60)
    with Corpus.open(path, create=False) as corpus:
        assert corpus.networks.count() == 3
    assert [p.name for p in tmp_path.iterdir()] == ["c.sqlite"]


DRIVE = """
    import os, sys, time
    from catta.corpus import Corpus
    corpus = Corpus.open(sys.argv[1])
    with corpus.runs.acquire("calm-lemur"):
        worker = os.fork()
        if worker == 0:
            os.close(1)
            time.sleep(120)
            os._exit(0)
        os.write(1, b"ready\\n")
        os.write(1, f"{worker}\\n".encode())
        sys.stdin.readline()
        os.kill(worker, 9)
"""


def test_a_run_has_one_driver_until_it_ends(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    with Corpus.open(path) as corpus:
        process = run_python(DRIVE, path)
        with (
            pytest.raises(UsageError, match=f"is being driven by process {process.pid}"),
            corpus.runs.acquire("calm-lemur"),
        ):
            pass
        with corpus.runs.acquire("another-run"):
            pass
        end(process)
        with corpus.runs.acquire("calm-lemur"):
            pass
    assert list(tmp_path.glob(".*")) == []


def test_a_killed_driver_lets_go_though_its_worker_lives(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    with Corpus.open(path) as corpus:
        process = run_python(DRIVE, path)
        assert process.stdout is not None
        worker = int(process.stdout.readline())
        process.kill()
        process.wait(timeout=60)
        try:
            os.kill(worker, 0)
            with corpus.runs.acquire("calm-lemur"):
                pass
        finally:
            os.kill(worker, signal.SIGKILL)
            process.communicate(timeout=60)


def test_a_run_has_one_driver_within_a_process(tmp_path: Path) -> None:
    with Corpus.open(tmp_path / "c.sqlite") as one, Corpus.open(tmp_path / "c.sqlite") as two:
        with (
            one.runs.acquire("calm-lemur"),
            pytest.raises(UsageError, match=f"process {os.getpid()}"),
            two.runs.acquire("calm-lemur"),
        ):
            pass
        with two.runs.acquire("calm-lemur"):
            pass


def test_patience_is_half_a_minute() -> None:
    assert engine.BUSY_SECONDS == 30.0
