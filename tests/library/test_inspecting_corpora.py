"""Which networks of a corpus are inspected, and what of it is kept."""

from collections.abc import Iterator
from typing import Any

import pytest

from catta.corpus import Corpus
from catta.errors import Interrupted, SandboxError, UsageError
from catta.library import inspect_networks, inspection
from catta.records import Inspection, InspectionOutcome
from catta.testing.store_records import STRUCTURE, make_network

NETS = [make_network(n) for n in range(1, 8)]


@pytest.fixture
def corpus() -> Iterator[Corpus]:
    with Corpus.open("sqlite://") as store:
        store.networks.add(NETS)
        yield store


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Networks and tasks that were inspected; nothing is started."""
    done: list[tuple[str, str]] = []

    def fake(worker: Any, network_id: str, source: str, task: str) -> Inspection:
        if source == "broken":
            raise SandboxError("no worker")
        done.append((network_id, task))
        works = network_id != NETS[0].id
        return Inspection(
            network_id=network_id,
            task=task,
            outcome=InspectionOutcome.OK if works else InspectionOutcome.INVALID,
            structure=STRUCTURE if works else None,
        )

    monkeypatch.setattr(inspection, "inspect_network", fake)
    return done


def test_all_once(corpus: Corpus, seen: list[tuple[str, str]]) -> None:
    report = inspect_networks(corpus, limit=3, workers=1)
    assert (report.networks, report.inspected, corpus.inspections.count()) == (7, 3, 3)
    report = inspect_networks(corpus, workers=2)
    assert (report.inspected, corpus.inspections.count(), len(set(seen))) == (4, 7, 7)
    assert inspect_networks(corpus).inspected == 0
    report = inspect_networks(corpus, again=True)
    assert report.outcomes == {"OK": 6, "INVALID": 1}
    assert report.resolutions == {64: 6}


def test_by_name_and_task(corpus: Corpus, seen: list[tuple[str, str]]) -> None:
    inspect_networks(corpus, ["net-2", NETS[1].id, "net-3"], task="obj-detection")
    assert sorted(seen) == sorted((net.id, "obj-detection") for net in NETS[1:3])
    assert inspect_networks(corpus, ["net-2"]).inspected == 1
    assert seen[-1] == (NETS[1].id, "img-classification")
    with pytest.raises(UsageError, match="missing"):
        inspect_networks(corpus, ["missing"])


def test_what_was_inspected_before_a_stop_stays(
    corpus: Corpus, seen: list[tuple[str, str]]
) -> None:
    with pytest.raises(Interrupted):
        inspect_networks(corpus, workers=1, stop=lambda: len(seen) >= 3)
    kept = corpus.inspections.count()
    assert 1 <= kept < 7
    assert inspect_networks(corpus).inspected == 7 - kept


def test_what_was_inspected_before_our_own_failure_stays(
    corpus: Corpus, seen: list[tuple[str, str]]
) -> None:
    last = max(NETS, key=lambda net: net.id)
    with corpus.connector.transaction() as connection:
        from catta.corpus.schema import networks

        broken = networks.update().where(networks.c.id == last.id).values(source="broken")
        connection.execute(broken)
    with pytest.raises(SandboxError):
        inspect_networks(corpus, workers=1)
    assert corpus.inspections.count() == 6
