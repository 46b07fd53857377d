"""A corpus moves whole or not at all, and a backup is of one moment."""

import json
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from postgres_server import PostgresServer
from sqlalchemy import select

from catta.corpus import Corpus
from catta.corpus.schema import metadata
from catta.corpus.transfer import backup_corpus, copy_corpus
from catta.errors import CorpusError, Interrupted, UsageError
from catta.records import Adapter, EpochMeasurement, Recipe, Reported
from catta.testing.store import FACTS, begin, make_candidate, make_evaluation, make_network
from catta.testing.store_graphs import make_graph

RECIPE = Recipe.model_validate({})
HOSTILE = "a\x00b\ud800'; --\\ %s \U0001f600\r\n"


def fill(corpus: Corpus, networks: int = 30) -> None:
    """Something in most tables, with values that databases differ in."""
    made = [make_network(n) for n in range(networks)]
    corpus.networks.add([*made, make_network(networks, name=HOSTILE)])
    corpus.networks.add_fingerprints([(made[0].id, bytes(range(256)), None)])
    corpus.signatures.add({made[1].id: bytes(range(256))})
    corpus.graphs.save({(made[1].id, HOSTILE.replace("\x00", "")): make_graph(5)})
    corpus.networks.add_facts(made[0].id, "1x32x32:10", replace(FACTS, flops=2**70))
    corpus.networks.save_seed_set("seeds", {"text": HOSTILE, "inf": float("inf")}, [made[1].id])
    corpus.networks.add_reported(
        [
            Reported(
                network_id=made[0].id,
                task="img-classification",
                dataset="cifar-10",
                metric="acc",
                epoch=1,
                accuracy=0.1 + 0.2,
                source="lemur",
            )
        ]
    )
    diverged = EpochMeasurement(epoch=1, loss=float("nan"), accuracy=0.1, seconds=1e-300)
    for network in made:
        corpus.evaluations.add(
            replace(make_evaluation(network, RECIPE), epochs=(diverged,)), RECIPE
        )
    begin(corpus, 0, 1, 2)
    corpus.runs.set_adapter("calm-lemur", 0, Adapter(path="p", sha256="00", base_model="b"))


def content(corpus: Corpus) -> dict[str, list[str]]:
    """Every row of every table, in an order that does not depend on the database."""
    with corpus.connector.read() as connection:
        return {
            table.name: sorted(
                json.dumps([plain(value) for value in row])
                for row in connection.execute(select(table))
            )
            for table in metadata.sorted_tables
        }


def plain(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else value


def content_at(location: str | Path) -> dict[str, list[str]]:
    with Corpus.open(location, create=False, read_only=True) as corpus:
        assert corpus.check_integrity(sample=None) == []
        return content(corpus)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source.sqlite"
    with Corpus.open(path) as corpus:
        fill(corpus)
    return path


def grows_on(location: str | Path) -> bool:
    """Whether rows with keys of their own can follow the copied ones."""
    network = make_network(1_000)
    with Corpus.open(location) as corpus:
        before = len(corpus.evaluations.all(RECIPE.id))
        corpus.networks.add([network])
        corpus.evaluations.add(make_evaluation(network, RECIPE), RECIPE)
        return len(corpus.evaluations.all(RECIPE.id)) == before + 1


def test_a_copy_holds_everything(source: Path, tmp_path: Path) -> None:
    before = source.read_bytes()
    seen: list[tuple[int, int]] = []
    target = tmp_path / "new" / "target.sqlite"
    report = copy_corpus(source, target, progress=lambda *step: seen.append(step))
    expected = content_at(source)
    assert content_at(target) == expected
    assert report.rows == {name: len(rows) for name, rows in expected.items()}
    assert report.rows["networks"] == 31
    assert seen[-1] == (sum(report.rows.values()),) * 2
    assert source.read_bytes() == before
    assert grows_on(target)


@pytest.mark.postgres
def test_a_copy_goes_to_a_server_and_back(
    source: Path, tmp_path: Path, postgres: PostgresServer, empty_database: str
) -> None:
    url, back = postgres.url(empty_database), tmp_path / "back.sqlite"
    report = copy_corpus(source, url)
    assert "s3cret" not in report.target
    assert content_at(url) == content_at(source)
    copy_corpus(url, back)
    assert content_at(back) == content_at(source)
    assert grows_on(url)
    assert grows_on(back)


@pytest.mark.postgres
def test_a_copy_goes_from_server_to_server(
    source: Path, postgres: PostgresServer, corpus_url: str, empty_database: str
) -> None:
    copy_corpus(source, corpus_url)
    copy_corpus(corpus_url, postgres.url(empty_database))
    assert content_at(postgres.url(empty_database)) == content_at(source)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Location of an empty corpus."""
    if request.param == "postgres":
        url: str = request.getfixturevalue("corpus_url")
        return url
    Corpus.open(tmp_path / "target.sqlite").close()
    return str(tmp_path / "target.sqlite")


def test_a_target_that_is_not_empty_is_refused(source: Path, target: str) -> None:
    with Corpus.open(target) as corpus:
        corpus.networks.add([make_network(1)])
    with pytest.raises(UsageError, match=r"is not empty \(it has networks, aliases\)"):
        copy_corpus(source, target)
    with Corpus.open(target) as corpus:
        assert corpus.networks.all() == [make_network(1)]
    with pytest.raises(UsageError, match="both are the same corpus"):
        copy_corpus(target, target)


def test_a_source_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        copy_corpus(tmp_path / "nothing.sqlite", tmp_path / "target.sqlite")
    assert list(tmp_path.iterdir()) == []


def test_a_copy_that_is_stopped_leaves_nothing(source: Path, target: str) -> None:
    asked = iter([False, False, True])
    with pytest.raises(Interrupted, match="is as it was"):
        copy_corpus(source, target, stop=lambda: next(asked))
    assert sum(map(len, content_at(target).values())) == 0
    copy_corpus(source, target)
    assert content_at(target) == content_at(source)


def test_a_copy_that_fails_leaves_nothing(source: Path, target: str) -> None:
    with sqlite3.connect(source) as connection:
        connection.execute("INSERT INTO aliases VALUES ('orphan', 'n1:nowhere')")
    connection.close()
    with pytest.raises(CorpusError, match="does not fit the others"):
        copy_corpus(source, target)
    assert sum(map(len, content_at(target).values())) == 0


def test_a_copy_is_of_one_moment(source: Path, target: str) -> None:
    """A writer commits to the source while it is being copied."""
    before = content_at(source)
    with Corpus.open(source) as writer:
        added = False

        def write(done: int, total: int) -> None:
            nonlocal added
            if not added:
                added = True
                writer.networks.add([make_network(500)])
                writer.runs.add_candidates([make_candidate(7)])

        copy_corpus(source, target, progress=write)
    assert content_at(target) == before
    assert content_at(source) != before


def test_a_backup_is_the_corpus(source: Path, tmp_path: Path) -> None:
    path = tmp_path / "backup.sqlite"
    report = backup_corpus(source, path)
    assert (report.path, report.size) == (path, path.stat().st_size)
    assert content_at(path) == content_at(source)
    assert grows_on(path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["backup.sqlite", "source.sqlite"]


@pytest.mark.postgres
def test_a_backup_of_a_server_is_a_file(source: Path, tmp_path: Path, corpus_url: str) -> None:
    copy_corpus(source, corpus_url)
    backup_corpus(corpus_url, tmp_path / "backup.sqlite")
    assert content_at(tmp_path / "backup.sqlite") == content_at(source)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["backup.sqlite", "source.sqlite"]


def test_a_backup_is_whole_while_a_run_writes(source: Path, tmp_path: Path) -> None:
    """Each transaction brings a network and its evaluation: a backup has both or neither."""
    stop = threading.Event()

    def write() -> None:
        with Corpus.open(source) as corpus:
            number = 1_000
            while not stop.is_set():
                network = make_network(number)
                with corpus.transaction():
                    corpus.networks.add([network])
                    corpus.evaluations.add(make_evaluation(network, RECIPE), RECIPE)
                number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(5):
            backup_corpus(source, tmp_path / f"{number}.sqlite")
    finally:
        stop.set()
        writer.join(60)
    sizes: list[int] = []
    for number in range(5):
        with Corpus.open(tmp_path / f"{number}.sqlite") as corpus:
            assert corpus.check_integrity() == []
            evaluations = len(corpus.evaluations.all(RECIPE.id))
            assert corpus.networks.count() == evaluations + 1
            sizes.append(evaluations)
    assert sizes == sorted(sizes)


@pytest.mark.parametrize("place", ["there.sqlite", "missing/b.sqlite", "source.sqlite"])
def test_a_backup_overwrites_nothing(source: Path, tmp_path: Path, place: str) -> None:
    (tmp_path / "there.sqlite").write_text("mine")
    before = source.read_bytes()
    with pytest.raises(UsageError, match=r"exists already|there is no directory"):
        backup_corpus(source, tmp_path / place)
    assert (tmp_path / "there.sqlite").read_text() == "mine"
    assert source.read_bytes() == before


@pytest.mark.parametrize("break_it", [lambda p: p.unlink(), lambda p: p.write_text("no corpus")])
def test_a_backup_of_no_corpus_leaves_no_file(
    source: Path, tmp_path: Path, break_it: Callable[[Path], object]
) -> None:
    break_it(source)
    with pytest.raises((UsageError, CorpusError)):
        backup_corpus(source, tmp_path / "backup.sqlite")
    assert not (tmp_path / "backup.sqlite").exists()
    assert list(tmp_path.glob(".*")) == []


def test_a_damaged_corpus_is_not_backed_up_silently(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    with Corpus.open(path) as corpus:
        corpus.networks.add(make_network(n) for n in range(2_000))
    damaged = bytearray(path.read_bytes())
    middle = len(damaged) // 8_192 * 4_096
    damaged[middle : middle + 40_960] = b"\xff" * 40_960
    path.write_bytes(damaged)
    with pytest.raises(CorpusError):
        backup_corpus(path, tmp_path / "backup.sqlite")
    assert not (tmp_path / "backup.sqlite").exists()
