"""Fine-tuning of a cycle: on what it admitted, and on what was good before."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from catta.finetune import train_adapter
from catta.generation import build_prompt, training_example
from catta.loop.pool import cycle_adapter, warmup_adapter, winners
from catta.loop.selection import Winner, compose, distinct, round_down
from catta.loop.session import Session
from catta.loop.state import derive_seed
from catta.paths import cache_dir
from catta.records import Adapter, Example


def finetune_cycle(run: str, cycle: int, session: Session) -> Adapter | None:
    """Teach the language model what is known after a cycle and store the adapter with the cycle.

    Where there is nothing to learn from, the adapter of the cycle stays.
    """
    config = session.config
    current = cycle_adapter(run, cycle, session)
    # Starting anew (as STaR does, arXiv 2203.14465) forgets nothing old but learns little; going on
    # learns more, and repeats what it has met too often: hence the small budget of examples.
    start = warmup_adapter(session) if config.finetune_from == "warmup" else current
    chosen = compose(
        distinct(winners(run, session, before=cycle + 1), config.distinct),
        cycle=cycle,
        budget=config.examples,
        seed=derive_seed(config.seed, cycle, "examples"),
    )
    adapter = _train(run, cycle, start, chosen, session) if chosen else current
    if adapter is not None:
        session.corpus.runs.set_adapter(run, cycle, adapter)
    return adapter


def examples_of(chosen: Sequence[Winner], session: Session) -> list[Example]:
    """Prompt-completion pairs: each prompt asks for the accuracy its network reached."""
    return [
        training_example(
            build_prompt(
                session.data.problem,
                session.config.caps,
                accuracy=round_down(winner.accuracy),
                helpers=True,
            ),
            winner.source,
        )
        for winner in chosen
    ]


def adapter_directory(run: str, cycle: int, location: str) -> Path:
    """Where the adapter of a cycle is kept: beside a SQLite corpus, else in the cache."""
    if re.match(r"\w+(\+\w+)?://", location):
        root = cache_dir() / "adapters"
    else:
        root = Path(location).resolve().parent / "adapters"
    return root / run / f"cycle-{cycle:04d}"


def _train(
    run: str, cycle: int, start: Adapter | None, chosen: Sequence[Winner], session: Session
) -> Adapter:
    config, observer = session.config, session.observer
    settings = config.finetune.model_copy(
        update={"seed": derive_seed(config.seed, cycle, "finetune")}
    )
    state = {"begun": False}

    def progress(step: int, steps: int, loss: float) -> None:
        if not state["begun"]:
            observer.begin("fine-tune", steps, cycle=cycle)
            state["begun"] = True
        observer.advance(note=f"loss {loss:.3f}")

    adapter = train_adapter(
        config.model,
        Path(start.path) if start else None,
        examples_of(chosen, session),
        settings,
        adapter_directory(run, cycle, session.corpus.location),
        progress=progress,
        should_stop=session.stop,
    )
    if state["begun"]:
        observer.end()
    return adapter
