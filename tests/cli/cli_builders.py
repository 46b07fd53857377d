"""Records as a run leaves them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from typer.testing import Result

from catta.loop import RunConfig, RunReport
from catta.loop.metrics import summarize
from catta.records import (
    BuildFacts,
    Candidate,
    Completion,
    Cycle,
    Match,
    Outcome,
    Phase,
    Prompt,
    Run,
    Stage,
    Verdict,
)

Invoke = Callable[..., Result]


def build_report(
    *, run: str = "lora-1", finished: str | None = "2026-01-01T01:00:00+00:00", **settings: Any
) -> RunReport:
    """A run of one closed cycle: two scored, one near-duplicate, one that does not parse."""
    config = RunConfig.model_validate({"cycles": 2, "candidates": 4, **settings})
    candidates = [
        candidate(run, 0, accuracy=0.8, admitted=True),
        candidate(run, 1, accuracy=0.7),
        candidate(run, 2, outcome=Outcome.DUPLICATE, stage=Stage.NOVELTY),
        candidate(run, 3, outcome=Outcome.INVALID, stage=Stage.PARSE, builds=False),
    ]
    return RunReport(
        run=Run(
            id=run,
            arm=config.arm,
            config={
                "requested": config.model_dump(mode="json"),
                "run": config.model_dump(mode="json"),
            },
            commit=None,
            created="2026-01-01T00:00:00+00:00",
            finished=finished,
            assessment={"networks": [assessed(candidates[0])]} if finished else {},
        ),
        cycles=(closed_cycle(run, candidates, config.threshold),),
        candidates=tuple(candidates),
        corpus="corpus.sqlite",
    )


def closed_cycle(run: str, candidates: Sequence[Candidate], threshold: float) -> Cycle:
    return Cycle(
        run=run,
        number=1,
        generator="scripted",
        closed=True,
        timings={"generate": 20.0, "train": 5.0},
        metrics=summarize(candidates, threshold),
    )


def candidate(
    run: str,
    index: int,
    *,
    outcome: Outcome = Outcome.OK,
    stage: Stage = Stage.SCORE,
    accuracy: float | None = None,
    admitted: bool = False,
    builds: bool = True,
) -> Candidate:
    source = f"class Net{index}: pass\n"
    return Candidate(
        run=run,
        cycle=1,
        index=index,
        phase=Phase.DONE,
        prompt=Prompt(text="", prefix=""),
        completion=Completion(text=source, tokens=100),
        seed=0,
        generator="scripted",
        source=source,
        network_id=f"n1:{index:024x}",
        nearest=Match(network_id="n1:seed", jaccard=0.5),
        facts=BuildFacts(parameters=1_000, flops=2_000, graph="g1:0", seconds=0.1)
        if builds
        else None,
        verdict=Verdict(outcome=outcome, stage=stage),
        accuracy=accuracy,
        admitted=admitted,
    )


def assessed(best: Candidate) -> dict[str, Any]:
    return {
        "network": best.network_id,
        "cycle": best.cycle,
        "index": best.index,
        "validation_accuracy": best.accuracy,
        "test_accuracy": 0.79,
    }
