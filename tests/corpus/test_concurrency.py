"""One process writes a thousand evaluations a second while four read: nobody is refused.

No reader may see a part of a transaction. How fast it goes is not asserted but printed: a loaded
machine may be slower.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from test_failures import run_python

from catta.corpus import Corpus
from catta.records import Recipe
from catta.testing.store import make_network

SECONDS = 4
A_SECOND = 1_000
A_TRANSACTION = 10
TOTAL = SECONDS * A_SECOND
READERS = 4
RECIPE = Recipe.model_validate({})

WRITE = """
    import sys, time
    from dataclasses import replace
    from catta.corpus import Corpus
    from catta.records import Recipe
    from catta.testing.store import make_evaluation, make_network
    location, total, a_second, size = sys.argv[1], *map(int, sys.argv[2:])
    recipe = Recipe.model_validate({})
    one = make_evaluation(make_network(0), recipe)
    two_epochs = (one.epochs[0], replace(one.epochs[0], epoch=2))
    with Corpus.open(location) as corpus:
        print("ready", flush=True)
        sys.stdin.readline()
        begun, slowest = time.perf_counter(), 0.0
        for first in range(0, total, size):
            time.sleep(max(0.0, begun + first / a_second - time.perf_counter()))
            before = time.perf_counter()
            evaluations = [
                replace(one, network_id=make_network(number).id, epochs=two_epochs)
                for number in range(first, first + size)
            ]
            with corpus.transaction():
                for half in (evaluations[: size // 2], evaluations[size // 2 :]):
                    corpus.evaluations.add_many(half, recipe)
            slowest = max(slowest, time.perf_counter() - before)
        seconds = time.perf_counter() - begun
        print(f"wrote {total} in {seconds:.2f} s, slowest transaction {slowest:.3f} s")
"""

READ = """
    import sys, time
    from sqlalchemy import func, select
    from catta.corpus import Corpus, schema
    from catta.records import Recipe
    from catta.testing.store import make_network
    location, total, size = sys.argv[1], *map(int, sys.argv[2:])
    recipe = Recipe.model_validate({})
    counts = [select(func.count()).select_from(t) for t in (schema.evaluations, schema.epochs)]
    with Corpus.open(location, read_only=True) as corpus:
        print("ready", flush=True)
        reads, partial, seen = 0, 0, 0
        while seen < total:
            with corpus.connector.read() as connection:
                evaluations, epochs = [connection.execute(count).scalar_one() for count in counts]
                assert evaluations % size == 0, f"a part of a transaction: {evaluations}"
                assert epochs == 2 * evaluations, "evaluations without all of their epochs"
            assert evaluations >= seen, "what was there is gone"
            if evaluations:
                last = corpus.evaluations.get(make_network(evaluations - 1).id, recipe.id)
                assert last is not None and len(last.epochs) == 2
            reads, seen = reads + 1, evaluations
            partial += 0 < seen < total
            time.sleep(0.02)
        print(f"read {reads} times, {partial} of them in between")
"""


def run(location: str | Path) -> list[str]:
    """Run the processes; what each of them says."""
    with Corpus.open(location) as corpus:
        corpus.networks.add(make_network(number) for number in range(TOTAL))
    writer = run_python(WRITE, location, TOTAL, A_SECOND, A_TRANSACTION)
    readers: list[subprocess.Popen[str]] = []
    try:
        readers.extend(run_python(READ, location, TOTAL, A_TRANSACTION) for _ in range(READERS))
        said = [process.communicate("go on\n", timeout=200)[0] for process in (writer, *readers)]
    finally:
        for process in (writer, *readers):
            if process.poll() is None:
                process.kill()
                process.communicate()
    sys.stdout.write("".join(said))
    assert [process.returncode for process in (writer, *readers)] == [0] * (1 + READERS)
    with Corpus.open(location, read_only=True) as corpus:
        assert len(corpus.evaluations.all(RECIPE.id)) == TOTAL
        assert corpus.check_integrity() == []
    return said


def check(said: list[str]) -> None:
    assert said[0].startswith(f"wrote {TOTAL}")
    between = [int(found) for line in said[1:] for found in re.findall(r"(\d+) of them", line)]
    assert len(between) == READERS
    assert min(between) > 0, "a reader only read before and after, which shows nothing"


@pytest.mark.slow
def test_a_file_is_written_and_read_at_once(tmp_path: Path) -> None:
    check(run(tmp_path / "c.sqlite"))


@pytest.mark.slow
@pytest.mark.postgres
def test_a_server_is_written_and_read_at_once(corpus_url: str) -> None:
    check(run(corpus_url))
