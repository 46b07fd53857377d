"""Which networks of a corpus are inspected, and what of it is kept."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from catta.corpus import Corpus
from catta.errors import Interrupted, SandboxError, UsageError
from catta.evaluation import Inspected
from catta.graphs import Graph, GraphNode
from catta.library import inspect_networks, inspection
from catta.records import Cycle, Inspection, InspectionOutcome, Phase
from catta.testing.store_records import (
    FACTS,
    STRUCTURE,
    make_candidate,
    make_network,
    make_run,
)

GRAPH = Graph((GraphNode("input", shape=(3, 8)), GraphNode("output", (0,), (3, 8))))
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

    def fake(worker: Any, network_id: str, source: str, task: str) -> Inspected:
        if source == "broken":
            raise SandboxError("no worker")
        done.append((network_id, task))
        works = network_id != NETS[0].id
        found = Inspection(
            network_id=network_id,
            task=task,
            outcome=InspectionOutcome.OK if works else InspectionOutcome.INVALID,
            structure=STRUCTURE if works else None,
            version=inspection.VERSION,
        )
        kept = works and network_id != NETS[1].id
        return Inspected(inspection=found, graph=GRAPH if kept else None)

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
    assert report.untraced == 1
    assert corpus.graphs.count() == 5
    assert corpus.graphs.get(NETS[2].id) == GRAPH
    assert corpus.graphs.get(NETS[1].id) is None
    assert (NETS[1].id, "img-classification") in corpus.graphs.known()
    assert corpus.graphs.get(NETS[0].id) is None


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


def test_the_networks_of_a_run(corpus: Corpus, seen: list[tuple[str, str]]) -> None:
    config = {
        "caps": {"parameters": 10},
        "seeds": {"source": None, "characters": 9, "similarity": 0.5},
        "recipe": {"task": "img-segmentation", "resolution": 64},
    }
    settings = {"version": 1, **config["seeds"], "source": "pypi", "caps": config["caps"]}
    for size, member in ((32, NETS[1]), (64, NETS[2])):
        made = {**settings, "shapes": {"height": size}}
        corpus.networks.save_seed_set(f"seeds:{size}", made, [member.id])
    corpus.networks.save_seed_set("known:1", {"source": "pypi"}, [NETS[3].id])
    run = replace(make_run(), config={"run": config})
    corpus.runs.create(run)
    corpus.runs.open_cycle(Cycle(run=run.id, number=0, generator="scripted"))
    corpus.runs.add_candidates([make_candidate(0), make_candidate(1), make_candidate(2)])
    done = {"phase": Phase.DONE, "source": "x"}
    built = replace(make_candidate(0), network_id=NETS[4].id, facts=FACTS, **done)
    corpus.runs.update_candidate(built)
    broken = replace(make_candidate(1), network_id=NETS[5].id, **done)
    corpus.runs.update_candidate(broken)
    report = inspect_networks(corpus, run="calm", workers=1)
    assert sorted(seen) == [(net.id, "img-segmentation") for net in (NETS[2], NETS[4])]
    assert report.networks == 2
    with pytest.raises(UsageError, match="'brave' is not in"):
        inspect_networks(corpus, run="brave")
