"""Published trials as they are stored, and looking at them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from catta.corpus import Corpus
from catta.corpus.catalogue import ask, describe, list_networks, show_network
from catta.corpus.published import Measurement, Module, Traits, Trial, TrialFile
from catta.errors import UsageError
from catta.testing.store import make_network

TRAITS = Traits(
    family="Net",
    imports=("math", "torch"),
    pretrained=True,
    classes=1,
    functions=2,
    sequential=False,
    module_list=True,
    module_dict=False,
)
NET = make_network(1, name="Net")
RUN = Measurement(
    subject="Net",
    task="img-classification",
    name="phone",
    sha256="ab",
    device="pixel",
    os="15",
    valid=True,
    emulator=None,
    error="NUL \x00",
    duration=1.5,
    analytics="{}",
)


def trials(*accuracies: float) -> TrialFile:
    return TrialFile(
        task="img-classification",
        dataset="cifar-10",
        metric="acc",
        name="Net",
        epoch=3,
        trials=[Trial("u", "norm", b'{"lr":0.1}', accuracy, 5) for accuracy in accuracies],
    )


@pytest.fixture
def corpus(tmp_path: Path) -> Iterator[Corpus]:
    with Corpus.open(tmp_path / "c.sqlite") as opened:
        opened.networks.add([NET, make_network(2, name="other")])
        yield opened


def add(corpus: Corpus, sha256: str, *files: TrialFile) -> int:
    key = corpus.trials.begin_import(sha256, None)
    added = corpus.trials.add(key, files, {"Net": NET.id})
    corpus.trials.end_import(key, {"trials": added.trials})
    return added.new_trials


def test_as_many_equal_trials_stay_as_the_fuller_source_has(corpus: Corpus) -> None:
    assert add(corpus, "a", trials(0.5, 0.5, 0.6)) == 3
    assert add(corpus, "b", trials(0.5, 0.5, 0.5)) == 1
    assert add(corpus, "c", trials(0.6)) == 0
    assert corpus.trials.count() == 4
    assert corpus.trials.figures()["parameter_sets"] == 1
    assert corpus.trials.imported("b") == {"trials": 3}
    assert corpus.trials.imported("d") is None


def test_a_later_module_takes_the_place_of_an_earlier_one(corpus: Corpus) -> None:
    for source in ("old", "new"):
        corpus.trials.add_modules([Module(kind="metric", name="acc", source=source)])
    assert ask(read_only(corpus), "SELECT source FROM modules").rows == (("new",),)


def test_measurements_are_stored_once(corpus: Corpus) -> None:
    for _ in range(2):
        assert corpus.trials.add_measurements([RUN], {"Net": NET.id}) == 1
    answer = ask(
        read_only(corpus), "SELECT device, valid, emulator, error FROM device_measurements"
    )
    assert answer.rows == (("pixel", 1, None, "NUL \\x00"),)


def test_traits_come_back(corpus: Corpus) -> None:
    corpus.trials.add_traits({NET.id: TRAITS})
    assert corpus.trials.traits(NET.id) == TRAITS
    assert corpus.trials.traits("n1:unknown") is None


def test_what_the_corpus_holds(corpus: Corpus) -> None:
    add(corpus, "a", trials(0.5, 0.7))
    corpus.trials.add_traits({NET.id: TRAITS})
    found = describe(corpus)
    assert (found["networks"], found["names"], found["trials"]) == (2, 2, 2)
    assert [(p["dataset"], p["trials"], p["names"]) for p in found["problems"]] == [
        ("cifar-10", 2, 1)
    ]
    assert [n["name"] for n in list_networks(corpus)] == ["Net", "other"]
    assert [n["trials"] for n in list_networks(corpus)] == [2, 0]
    assert [n["name"] for n in list_networks(corpus, family="Net")] == ["Net"]
    assert list_networks(corpus, origin="lemur") == []
    assert len(list_networks(corpus, limit=1)) == 1
    shown = show_network(corpus, "Net")
    assert (shown["source"], shown["aliases"]) == (NET.source, ["Net"])
    assert shown["trials"][0]["best"] == 0.7
    with pytest.raises(UsageError, match="no name or id"):
        show_network(corpus, "unknown")


def read_only(corpus: Corpus) -> Corpus:
    return Corpus.open(corpus.location, read_only=True)


def test_a_query_reads(corpus: Corpus) -> None:
    answer = ask(read_only(corpus), "SELECT name, x'00ff' AS bytes FROM networks ORDER BY name")
    assert answer.columns == ("name", "bytes")
    assert answer.rows == (("Net", "00ff"), ("other", "00ff"))


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM networks",
        "UPDATE networks SET name = 'x' RETURNING name",
        "DROP TABLE networks",
        "PRAGMA query_only = OFF",
        "PRAGMA journal_mode = DELETE",
        "ATTACH 'other.sqlite' AS other",
        "VACUUM INTO 'copy.sqlite'",
        "SELECT 1; DELETE FROM networks",
        "SELECT load_extension('x')",
        "COMMIT",
        "nonsense",
        "",
    ],
)
def test_a_query_only_reads(
    corpus: Corpus, statement: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with read_only(corpus) as reader:
        with pytest.raises(UsageError, match="query: "):
            ask(reader, statement)
        assert ask(reader, "SELECT count(*) FROM networks").rows == ((2,),)
    assert {file.name for file in tmp_path.iterdir()} <= {
        "c.sqlite",
        "c.sqlite-wal",
        "c.sqlite-shm",
    }


@pytest.mark.postgres
@pytest.mark.parametrize("statement", ["DELETE FROM networks", "DROP TABLE networks"])
def test_a_server_says_too_that_a_query_only_reads(corpus_url: str, statement: str) -> None:
    Corpus.open(corpus_url).close()
    with (
        Corpus.open(corpus_url, read_only=True) as reader,
        pytest.raises(UsageError, match="open for reading only; the statement has to be a SELECT"),
    ):
        ask(reader, statement)
