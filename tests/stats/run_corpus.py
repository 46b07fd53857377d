"""A corpus with a run of two cycles, its seeds and graphs: little of each, and all different."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from catta.corpus import Corpus
from catta.graphs import Graph, GraphNode
from catta.records import (
    BuildFacts,
    Candidate,
    Completion,
    Cycle,
    Match,
    Network,
    Outcome,
    Phase,
    Stage,
    Verdict,
)
from catta.testing.store_records import make_candidate, make_run

TASK = "img-classification"
CAPS = {"parameters": 1_000, "flops": 2_000}
SEEDS = {"source": None, "characters": 2_200, "similarity": 0.85}
RECIPE = {"task": TASK, "resolution": 32}
FACTS = BuildFacts(parameters=100, flops=200, graph="g1:ab", seconds=0.1)
OK = Verdict(outcome=Outcome.OK, stage=Stage.SCORE)
RUN = "calm-lemur"

SOURCE = """import torch.nn as nn

class Net(nn.Module):

    def __init__(self, in_shape, out_shape, prm, device):
        super().__init__()
        self.layers = nn.Sequential({layers})

    def forward(self, x):
        return self.layers(x)
"""
"""The canonical text of a network; `layers` are its layers."""


def source(*layers: str) -> str:
    return SOURCE.format(layers=", ".join(f"nn.{layer}" for layer in layers))


def chain(*operators: str, width: int = 8) -> Graph:
    """A graph of one operator after the other."""
    names = ["input", *operators, "output"]
    nodes = (
        GraphNode(name, (place - 1,) if place else (), (3, width))
        for place, name in enumerate(names)
    )
    return Graph(tuple(nodes))


def failed(outcome: Outcome, stage: Stage, error: str = "why") -> Verdict:
    return Verdict(outcome=outcome, stage=stage, error=error)


def candidate(cycle: int, index: int, **changes: Any) -> Candidate:
    found = make_candidate(index, cycle=cycle)
    completion = Completion(text=f"text {cycle} {index}", tokens=10)
    done = {"phase": Phase.DONE, "completion": completion, "timings": {"train": 1.5, "build": 0.5}}
    return replace(found, **(done | changes))


def trained(cycle: int, index: int, key: str, accuracy: float, **changes: Any) -> Candidate:
    return candidate(
        cycle,
        index,
        network_id=key,
        source=f"x = '{key}'\n",
        facts=FACTS,
        verdict=OK,
        accuracy=accuracy,
        nearest=Match(network_id="n1:seed-a", jaccard=accuracy / 2),
        **changes,
    )


CANDIDATES = [
    trained(1, 0, "n1:one", 0.8, admitted=True),
    trained(1, 1, "n1:two", 0.5),
    candidate(1, 2, verdict=failed(Outcome.INVALID, Stage.PARSE, "<b>no</b>")),
    candidate(
        1,
        3,
        network_id="n1:one",
        source="x = 'n1:one'\n",
        facts=FACTS,
        verdict=failed(Outcome.DUPLICATE, Stage.NOVELTY),
    ),
    trained(2, 0, "n1:three", 0.9, admitted=True),
    trained(2, 1, "n1:four", 0.7, admitted=True),
    candidate(2, 2, verdict=failed(Outcome.INVALID, Stage.PARSE)),
    candidate(2, 3, verdict=failed(Outcome.INVALID, Stage.PARSE)),
    candidate(
        2,
        4,
        network_id="n1:large",
        source="x = 'n1:large'\n",
        facts=FACTS,
        verdict=failed(Outcome.INVALID, Stage.BUILD),
    ),
]
ASSESSMENT = {
    "networks": [
        {
            "network": "n1:three",
            "cycle": 2,
            "index": 0,
            "validation_accuracy": 0.9,
            "test_accuracy": 0.87,
        }
    ]
}
SOURCES = {
    "n1:seed-a": source("Conv2d(3, 8, 3)", "ReLU()", "Flatten()", "Linear(8, 10)"),
    "n1:seed-b": source("Conv2d(3, 8, 3)", "Sigmoid()", "MaxPool2d(2)", "BatchNorm2d(8)"),
    "n1:one": source("Conv2d(3, 8, 3)", "ReLU()", "Flatten()", "Linear(8, 20)"),
    "n1:two": source("Identity()"),
    "n1:three": source("Conv2d(3, 4, 3)", "Sigmoid()", "MaxPool2d(2)", "BatchNorm2d(4)"),
    "n1:four": "this does not parse (",
    "n1:large": source("Conv2d(3, 800, 3)"),
}
GRAPHS = {
    "n1:seed-a": chain("conv2d", "relu", "linear"),
    "n1:seed-b": chain("conv2d", "sigmoid", "batch_norm"),
    "n1:one": chain("conv2d", "relu", "linear", width=99),
    "n1:two": chain("conv2d", "relu", "dropout"),
    "n1:three": chain("conv2d", "sigmoid", "batch_norm", "relu"),
}


def fill(
    corpus: Corpus,
    *,
    run: str = RUN,
    graphs: Mapping[str, Graph] = GRAPHS,
    candidates: list[Candidate] = CANDIDATES,
    finished: bool = True,
    **settings: Any,
) -> None:
    """Networks, seeds, graphs and the run."""
    corpus.networks.add(
        Network(id=key, source=text, name=f"name of {key}", origin="user")
        for key, text in SOURCES.items()
    )
    made = {**SEEDS, "source": "pypi", "caps": CAPS, "shapes": {"height": 32}}
    corpus.networks.save_seed_set("seeds:1", made, ["n1:seed-a", "n1:seed-b"])
    corpus.graphs.save({(key, TASK): graph for key, graph in graphs.items()})
    config = {"threshold": 0.6, "caps": CAPS, "seeds": SEEDS, "recipe": RECIPE, **settings}
    corpus.runs.create(replace(make_run(run), config={"run": config}))
    for number in sorted({c.cycle for c in candidates}):
        own = [replace(c, run=run) for c in candidates if c.cycle == number]
        corpus.runs.open_cycle(Cycle(run=run, number=number, generator="scripted"))
        fresh = [
            replace(make_candidate(c.index, run=run, cycle=number), completion=c.completion)
            for c in own
        ]
        corpus.runs.add_candidates(fresh)
        for one in own:
            corpus.runs.update_candidate(replace(one, admitted=False))
        corpus.runs.add_timing(run, number, "train", 30.0)
        corpus.runs.close_cycle(
            run, number, admitted=[c.index for c in own if c.admitted], metrics={}
        )
    if finished:
        corpus.runs.finish(run, "2026-01-02T04:04:05+00:00", ASSESSMENT)
