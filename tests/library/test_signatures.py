"""Signatures are computed once a corpus, and what runs know is not touched."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from groups_corpus import SOURCES, fill

import catta
from catta.corpus import Corpus
from catta.errors import CorpusError
from catta.library import signatures
from catta.library.progress import Announced, SilentProgress
from catta.novelty import network_id, signature, signature_to_bytes

CIFAR = {"one": 0.5, "near": 0.7, "half": 0.6, "far": 0.2}


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(signatures, "_unstored", {})
    with Corpus.open(tmp_path / "c.sqlite") as store:
        fill(store, {"cifar-10": CIFAR})
    return tmp_path / "c.sqlite"


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts whose signatures were computed."""
    found: list[str] = []

    def note(source: str) -> object:
        found.append(source)
        return signature(source)

    monkeypatch.setattr(signatures, "signature", note)
    return found


def ask(path: Path) -> int:
    return len(catta.groups(anchor="one", min_jaccard=0.85, improve=False, corpus=path))


def test_they_are_stored_by_a_question_and_no_run_knows_them(
    path: Path, computed: list[str]
) -> None:
    assert ask(path) == 1
    assert sorted(computed) == sorted(SOURCES.values())
    with Corpus.open(path, read_only=True) as store:
        assert store.signatures.all() == {
            network_id(text): signature_to_bytes(signature(text)) for text in SOURCES.values()
        }
        assert store.networks.fingerprints() == []
    computed.clear()
    assert ask(path) == 1
    assert computed == []


def test_only_new_networks_are_computed(path: Path, computed: list[str]) -> None:
    with Corpus.open(path) as store:
        one = network_id(SOURCES["one"])
        store.signatures.add({one: signature_to_bytes(signature(SOURCES["one"]))})
    computed.clear()
    assert ask(path) == 1
    assert sorted(computed) == sorted(set(SOURCES.values()) - {SOURCES["one"]})


def test_a_corpus_that_cannot_be_written_is_asked_all_the_same(
    path: Path, computed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse: Callable[..., None] = _refuse
    monkeypatch.setattr(Corpus, "writable", refuse)
    assert ask(path) == 1
    with Corpus.open(path, read_only=True) as store:
        assert store.signatures.all() == {}
    computed.clear()
    assert ask(path) == 1
    assert computed == []


def _refuse(*_: object, **__: object) -> None:
    raise CorpusError("no")


def test_a_busy_corpus_is_not_waited_for(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signatures, "_BUSY_SECONDS", 0.01)
    with Corpus.open(path) as other, other.transaction():
        other.networks.publish([])
        assert ask(path) == 1
    with Corpus.open(path, read_only=True) as store:
        assert store.signatures.all() == {}


def test_what_was_computed_before_an_interruption_is_stored(path: Path) -> None:
    class Interrupting(SilentProgress):
        def end(self) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        catta.groups(anchor="one", min_jaccard=0.85, corpus=path, progress=Interrupting())
    with Corpus.open(path, read_only=True) as store:
        assert len(store.signatures.all()) == len(SOURCES)


def test_a_long_computation_is_announced(capsys: pytest.CaptureFixture[str]) -> None:
    told = Announced("once for this corpus")
    told.begin("compute signatures", 499)
    assert capsys.readouterr().err == ""
    told.begin("compute signatures", 5_724)
    captured = capsys.readouterr()
    assert captured.err == "catta: compute signatures (5,724), once for this corpus\n"
    assert captured.out == ""
