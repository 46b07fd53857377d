"""Records to fill a store with in tests, and whether it refuses something."""

from __future__ import annotations

from collections.abc import Callable

from catta.corpus import Corpus
from catta.records import (
    BuildFacts,
    Candidate,
    Completion,
    Cycle,
    EpochMeasurement,
    Evaluation,
    Network,
    Outcome,
    Phase,
    Prompt,
    Recipe,
    Run,
    Stage,
    Structure,
    Verdict,
)

FACTS = BuildFacts(parameters=1_000, flops=20_000, graph="g1:ab", seconds=0.25)
STRUCTURE = Structure(
    resolution=64,
    parameters=1_200,
    trainable=1_000,
    parameter_bytes=4_800,
    buffer_bytes=16,
    activation_bytes=2**40,
    flops=2**41,
    depth=3,
    nesting=2,
    layers=5,
    leaf_layers=4,
    dropouts=1,
    operators={"addmm": 1, "convolution": 2},
    attention=False,
    residual=True,
    graph="g1:ab",
    pretrained=False,
    computed=False,
    seconds=0.25,
)
OK = Verdict(outcome=Outcome.OK, stage=Stage.SCORE)


def make_network(number: int, *, name: str | None = None) -> Network:
    """A network of its own for each number."""
    return Network(
        id=f"n1:{number:08x}",
        source=f"width = {number}\n",
        name=name or f"net-{number}",
        origin="user",
        licence="MIT",
    )


def make_run(name: str = "calm-lemur") -> Run:
    """A run that has begun."""
    return Run(
        id=name,
        arm="lora",
        config={"cycles": 2, "caps": {"flops": 5}},
        commit="abc",
        created="2026-01-02T03:04:05+00:00",
    )


def make_candidate(index: int = 0, *, run: str = "calm-lemur", cycle: int = 0) -> Candidate:
    """A candidate that was just generated."""
    return Candidate(
        run=run,
        cycle=cycle,
        index=index,
        phase=Phase.GENERATED,
        prompt=Prompt(text="Write a network.", prefix="import torch\n"),
        completion=Completion(text=f"import torch\nx = {index}\n", tokens=9, finished=False),
        seed=7,
        generator="scripted",
    )


def make_evaluation(network: Network, recipe: Recipe, accuracy: float = 0.5) -> Evaluation:
    """An OK evaluation of one epoch."""
    measured = EpochMeasurement(epoch=1, loss=1.5, accuracy=accuracy, seconds=2.0)
    return Evaluation(
        network_id=network.id,
        recipe_id=recipe.id,
        verdict=OK,
        epochs=(measured,),
        facts=FACTS,
        seconds=2.5,
    )


def begin(corpus: Corpus, *indices: int) -> Run:
    """A run in the corpus whose cycle 0 is open and has these candidates."""
    run = make_run()
    corpus.runs.create(run)
    corpus.runs.open_cycle(Cycle(run=run.id, number=0, generator="scripted"))
    corpus.runs.add_candidates([make_candidate(index) for index in indices])
    return run


def refused(kind: type[Exception], call: Callable[[], object]) -> bool:
    """Whether a call raises this kind of error."""
    try:
        call()
    except kind:
        return True
    return False
