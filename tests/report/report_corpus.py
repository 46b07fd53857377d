"""Small corpora to report on, and what stands in the pages."""

from __future__ import annotations

import json
import random
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from catta.corpus import Corpus
from catta.novelty import network_id
from catta.records import (
    Candidate,
    Completion,
    Cycle,
    EpochMeasurement,
    Evaluation,
    Match,
    Network,
    Outcome,
    Phase,
    Prompt,
    Recipe,
    Run,
    Stage,
    Verdict,
)
from catta.testing.store_records import FACTS, OK, make_run

HOSTILE = "<img src=x onerror=alert(1)>"
CLOSING = "</script><script>alert(1)</script>"
EPOCHS = 3


def source(number: int) -> str:
    return f"from torch import nn\nclass Net(nn.Module):\n    width = {number}\n"


def network(number: int, name: str) -> Network:
    text = source(number)
    return Network(id=network_id(text), source=text, name=name, origin="user", licence="MIT")


def recipe(dataset: str = "mnist", **others: Any) -> Recipe:
    return Recipe(dataset=dataset, epochs=EPOCHS, **others)


def evaluation(of: Network, by: Recipe, accuracies: list[float]) -> Evaluation:
    epochs = tuple(
        EpochMeasurement(epoch=n, loss=1.0, accuracy=value, seconds=2.5)
        for n, value in enumerate(accuracies, start=1)
    )
    return Evaluation(
        network_id=of.id, recipe_id=by.id, verdict=OK, epochs=epochs, facts=FACTS, seconds=8.0
    )


def add_measured(corpus: Corpus, families: tuple[str, ...] = ("ga", "alt", "rag")) -> None:
    """Eight networks of each family, two datasets, two recipes, three epochs."""
    rng = random.Random(1)
    networks = [
        network(place * 100 + n, f"{family}-{n}")
        for place, family in enumerate(families)
        for n in range(8)
    ]
    corpus.networks.add(networks)
    for dataset in ("mnist", "cifar-10"):
        for lr in (0.001, 0.01):
            by = recipe(dataset, lr=lr)
            corpus.evaluations.add_many(
                [
                    evaluation(n, by, sorted(rng.uniform(0.1, 0.9) for _ in range(EPOCHS)))
                    for n in networks
                ],
                by,
            )


def add_hostile(corpus: Corpus) -> list[Network]:
    networks = [network(9_001, HOSTILE), network(9_002, CLOSING), network(9_003, "a&b 'c' \"d\"")]
    corpus.networks.add(networks)
    by = recipe("fashion-mnist", metric="acc")
    found = [evaluation(n, by, [0.1, 0.9 + 0.01 * place, 0.2]) for place, n in enumerate(networks)]
    corpus.evaluations.add_many(found, by)
    return networks


def candidate(run: str, cycle: int, index: int, **others: Any) -> Candidate:
    prompt = Prompt(text=f"Write a network. {HOSTILE}", prefix="import torch\n")
    return Candidate(
        run=run,
        cycle=cycle,
        index=index,
        phase=Phase.GENERATED,
        prompt=prompt,
        completion=Completion(text="...", tokens=100),
        seed=1,
        generator="scripted",
        **others,
    )


def add_run(corpus: Corpus, name: str = "calm-lemur", *, finished: bool = True) -> None:
    """Three cycles of eight candidates: failures of several kinds, admitted ones, an assessment."""
    rng = random.Random(name)
    config = {"run": {"threshold": 0.5, "recipe": {"dataset": "mnist"}, "model": CLOSING}}
    corpus.runs.create(replace(make_run(name), config=config))
    by = recipe("mnist", seed=5)
    before: Network | None = None
    for cycle in (1, 2, 3):
        corpus.runs.open_cycle(Cycle(run=name, number=cycle, generator="scripted"))
        corpus.runs.add_candidates([candidate(name, cycle, index) for index in range(8)])
        corpus.runs.add_timing(name, cycle, "generate", 10.0 * cycle)
        corpus.runs.add_timing(name, cycle, "train", 5.0)
        admitted: list[int] = []
        for index in range(8):
            at = candidate(name, cycle, index)
            if index < 2:
                stage = Stage.PARSE if index else Stage.BUILD
                verdict = Verdict(outcome=Outcome.INVALID, stage=stage, error="no")
                corpus.runs.update_candidate(replace(at, phase=Phase.DONE, verdict=verdict))
                continue
            made = network(
                sum(map(ord, name)) * 1_000 + cycle * 10 + index, f"{name}/{cycle}/{index}"
            )
            accuracy = round(rng.uniform(0.3, 0.9), 4)
            corpus.networks.add([made])
            corpus.evaluations.add(evaluation(made, by, [0.1, 0.2, accuracy]), by)
            nearest = Match(network_id=before.id, jaccard=0.5) if before else None
            corpus.runs.update_candidate(
                replace(
                    at,
                    phase=Phase.DONE,
                    source=made.source,
                    network_id=made.id,
                    nearest=nearest,
                    facts=FACTS,
                    verdict=OK,
                    accuracy=accuracy,
                    timings={"train": 1.5},
                )
            )
            before = made
            if accuracy >= 0.5:
                admitted.append(index)
        if finished or cycle < 3:
            corpus.runs.close_cycle(name, cycle, admitted=admitted, metrics={})
    if finished:
        rows = [
            {
                "network": before and before.id,
                "cycle": 3,
                "validation_accuracy": 0.61,
                "test_accuracy": 0.59,
            }
        ]
        corpus.runs.finish(name, "2026-01-03T03:04:05+00:00", {"networks": rows})


def add_empty_run(corpus: Corpus) -> Run:
    run = make_run("just-begun")
    corpus.runs.create(run)
    return run


def data_of(path: Path) -> Any:
    """The value that a file of data gives to the page's scripts."""
    text = path.read_text(encoding="ascii")
    found = re.fullmatch(
        r'\(window\.cattaData=window\.cattaData\|\|\{\}\)\["[\w-]+"\]=(.*);\n', text
    )
    assert found, text[:200]
    return json.loads(found[1])


class Page(HTMLParser):
    """What stands in a page: its elements, its text, the rows of its tables by section."""

    _VOID = frozenset({"meta", "link", "img", "input", "br"})

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.tables: dict[str, list[list[str]]] = {}
        self._section = ""
        self._open: list[str] = []
        self._row: list[str] | None = None
        self._cell = ""
        self.raw = path.read_text(encoding="utf-8")
        self.feed(self.raw)
        self.close()
        assert not self._open, f"{path}: {self._open} are not closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        assert len(values) == len(attrs), f"{self.path}: {tag} has an attribute twice"
        self.elements.append((tag, values))
        if tag not in self._VOID:
            self._open.append(tag)
        if values.get("aria-labelledby"):
            self._section = values["aria-labelledby"] or ""
        if tag == "tr":
            self._row = []
        if tag in ("td", "th"):
            self._cell = ""

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"{self.path}: </{tag}> closes nothing"
        assert self._open.pop() == tag, f"{self.path}: </{tag}>"
        if tag in ("td", "th") and self._row is not None:
            self._row.append(" ".join(self._cell.split()))
        if tag == "tr" and self._row is not None:
            self.tables.setdefault(self._section, []).append(self._row)
            self._row = None

    def handle_data(self, data: str) -> None:
        self.text += data
        self._cell += data

    def of(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of all elements of a kind."""
        return [values for name, values in self.elements if name == tag]

    def rows(self, section: str) -> list[dict[str, str]]:
        """The rows of a section's table by the heads of its columns; of equal heads the last."""
        head, *rows = self.tables[section]
        return [dict(zip(head, row, strict=True)) for row in rows]
