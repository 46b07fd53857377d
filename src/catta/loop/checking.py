"""One network through the whole way of a candidate, without storing it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from catta.corpus import Corpus
from catta.evaluation import Worker, train_and_score
from catta.loop.api import preflight_dataset
from catta.loop.config import RunConfig
from catta.loop.observer import Observer, SilentObserver
from catta.loop.screening import screen
from catta.loop.session import open_session
from catta.paths import default_corpus
from catta.records import Candidate, Completion, Phase, Prompt


@dataclass(frozen=True, kw_only=True, slots=True)
class Nearest:
    """The most similar known network: its name, identity and Jaccard similarity (0..1)."""

    name: str
    network_id: str
    jaccard: float


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckReport:
    """How one network fared; accuracy on the validation split in 0..1, seconds of wall clock."""

    outcome: str
    stage: str
    error: str | None
    accuracy: float | None
    parameters: int | None
    flops: int | None
    seconds: float
    nearest: Nearest | None
    dataset: str

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)


def check(
    source: str,
    *,
    config: RunConfig,
    corpus: str | Path | None = None,
    observer: Observer | None = None,
    stop: Callable[[], bool] | None = None,
) -> CheckReport:
    """Check, build, compare and train one network; a corpus is read if there is one.

    Args:
        source: Text of the module, or a completion that contains it.
        config: Recipe, caps and sandbox matter.
        corpus: Known networks; without one, novelty is judged against nothing.
        observer: Told how it goes.
        stop: Asked at safe points whether to stop.
    """
    preflight_dataset(config)
    location = str(corpus or default_corpus())
    with Corpus.open_existing_or_empty(location) as store:
        session_of = open_session(
            config, store, observer or SilentObserver(), stop or (lambda: False)
        )
        with session_of as session:
            session.use_known_only()
            begin = time.perf_counter()
            screening = next(screen([_candidate(source)], session))
            candidate = screening.candidate
            verdict = candidate.verdict
            accuracy: float | None = None
            if screening.novel:

                def work(worker: Worker) -> Any:
                    return train_and_score(
                        worker, candidate.source or "", data=session.data, recipe=config.recipe
                    )

                report = session.executor.one(work)
                verdict = report.verdict
                accuracy = report.epochs[-1].accuracy if report.epochs else None
            if verdict is None:
                raise AssertionError("a candidate that is not novel has a verdict")
            facts, match = candidate.facts, candidate.nearest
            return CheckReport(
                outcome=verdict.outcome.value,
                stage=verdict.stage.value,
                error=verdict.error,
                accuracy=accuracy,
                parameters=facts.parameters if facts else None,
                flops=facts.flops if facts else None,
                seconds=round(time.perf_counter() - begin, 3),
                nearest=None
                if match is None
                else Nearest(
                    name=store.networks.names([match.network_id]).get(match.network_id, "unnamed"),
                    network_id=match.network_id,
                    jaccard=match.jaccard,
                ),
                dataset=session.data.dataset,
            )


def _candidate(source: str) -> Candidate:
    return Candidate(
        run="check",
        cycle=0,
        index=0,
        phase=Phase.GENERATED,
        prompt=Prompt(text="", prefix=""),
        completion=Completion(text=source),
        seed=0,
        generator="file",
    )
