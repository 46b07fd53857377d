"""The driver: reads as the way of a candidate, one step after the other until nothing is left.

Each step reads what the corpus holds, does its work, and commits its results in one transaction
with the transition. Killed anywhere, the next start finds the same step.
"""

from __future__ import annotations

import time
from collections.abc import Generator as Yields
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import assert_never

from catta.evaluation import TrainReport, Worker, assess, train_and_score
from catta.generation import Generator, build_prompt
from catta.loop.arms import make_generator
from catta.loop.edge import front, measured
from catta.loop.learning import finetune_cycle
from catta.loop.metrics import summarize
from catta.loop.pool import cycle_adapter, winners
from catta.loop.screening import screen
from catta.loop.selection import admit, wanted_accuracy
from catta.loop.session import Session
from catta.loop.state import (
    Assess,
    Close,
    Finetune,
    Finished,
    Generate,
    Plan,
    Screen,
    Train,
    next_step,
)
from catta.novelty import signature_to_bytes
from catta.records import Candidate, Cycle, Evaluation, Network, Phase, Run


class Driver:
    """Drives one run to its end; `run()` may be called again after an interruption."""

    def __init__(self, run: Run, session: Session) -> None:
        self._run = run
        self._session = session
        self._generator: tuple[int, Generator] | None = None

    def run(self) -> None:
        """Take steps until the run is finished.

        Raises:
            Interrupted: The user asked to stop; all results so far are stored.
        """
        try:
            while not self._step():
                self._session.safe_point()
        finally:
            self._drop_generator()

    def _step(self) -> bool:
        """Do what comes next; True when nothing is left."""
        runs = self._session.corpus.runs
        step = next_step(
            self._plan(),
            runs.cycles(self._run.id),
            runs.candidates(self._run.id),
            assessed=self._current().finished is not None,
        )
        match step:
            case Generate():
                self._generate(step)
            case Screen():
                self._screen(step.cycle)
            case Train():
                self._train(step.cycle)
            case Close():
                self._close(step.cycle)
            case Finetune():
                self._drop_generator()
                with self._timed(step.cycle, "finetune"):
                    finetune_cycle(self._run.id, step.cycle, self._session)
            case Assess():
                self._assess()
            case Finished():
                return True
            case _:
                assert_never(step)
        return False

    def _plan(self) -> Plan:
        config = self._session.config
        return Plan(
            cycles=config.cycles,
            candidates=config.candidates,
            batch=config.sampling.batch,
            seed=config.seed,
            learns=config.arm == "lora",
        )

    def _current(self) -> Run:
        run = self._session.corpus.runs.get(self._run.id)
        return run or self._run

    # One method a step -----------------------------------------------------------------------

    def _generate(self, step: Generate) -> None:
        session = self._session
        generator = self._generator_of(step.cycle)
        session.corpus.runs.open_cycle(
            Cycle(run=self._run.id, number=step.cycle, generator=generator.name)
        )
        prompt = build_prompt(
            session.data.problem,
            session.config.caps,
            accuracy=self._wanted(step.cycle),
            helpers=session.config.helpers,
        )
        session.observer.begin("generate", step.count, cycle=step.cycle)
        with self._timed(step.cycle, "generate"):
            completions = generator.generate(prompt, step.count, step.seed)
        session.corpus.runs.add_candidates(
            [
                Candidate(
                    run=self._run.id,
                    cycle=step.cycle,
                    index=step.first + position,
                    phase=Phase.GENERATED,
                    prompt=prompt,
                    completion=completion,
                    seed=step.seed,
                    generator=generator.name,
                )
                for position, completion in enumerate(completions)
            ]
        )
        session.observer.advance(step.count)
        session.observer.end()

    def _screen(self, cycle: int) -> None:
        session = self._session
        waiting = self._waiting(cycle, Phase.GENERATED)
        _ = session.index  # built before the clock starts: it is not this cycle's cost
        session.observer.begin("screen", len(waiting), cycle=cycle)
        with self._timed(cycle, "screen"):
            for screening in screen(waiting, session):
                candidate, taken = screening.candidate, None
                if session.probe is not None and screening.novel:
                    network = _network(candidate)
                    candidate, taken = measured(candidate, network, session.probe, session.config)
                with session.corpus.transaction():
                    if candidate.network_id is not None and screening.signature is not None:
                        session.corpus.networks.add([_network(candidate)])
                        if screening.novel:
                            graph = candidate.facts.graph if candidate.facts else None
                            minhash = signature_to_bytes(screening.signature)
                            session.corpus.networks.add_fingerprints(
                                [(candidate.network_id, minhash, graph)]
                            )
                        if screening.graph is not None:
                            key = (candidate.network_id, session.config.recipe.task)
                            session.corpus.graphs.save({key: screening.graph})
                    if taken is not None:
                        session.corpus.edge.save_measurements([taken])
                    session.corpus.runs.update_candidate(candidate)
                self._tell(candidate)
        session.observer.end()

    def _train(self, cycle: int) -> None:
        session = self._session
        waiting = self._waiting(cycle, Phase.SCREENED)

        def work(worker: Worker, candidate: Candidate) -> TrainReport:
            return train_and_score(
                worker, candidate.source or "", data=session.data, recipe=session.config.recipe
            )

        session.observer.begin("train", len(waiting), cycle=cycle)
        with self._timed(cycle, "train"):
            for candidate, report in session.executor.map_unordered(work, waiting):
                done = replace(
                    candidate,
                    phase=Phase.DONE,
                    verdict=report.verdict,
                    accuracy=report.epochs[-1].accuracy if report.epochs else None,
                    timings={**candidate.timings, "train": report.seconds},
                )
                with session.corpus.transaction():
                    session.corpus.evaluations.add(
                        _evaluation(done, report, session), session.config.recipe
                    )
                    session.corpus.runs.update_candidate(done)
                self._tell(done)
                session.safe_point()
        session.observer.end()

    def _close(self, cycle: int) -> None:
        session = self._session
        candidates = session.corpus.runs.candidates(self._run.id, cycle)
        admitted = admit(candidates, session.config.threshold)
        if session.config.minimises_latency:
            known = session.corpus.runs.candidates(self._run.id)
            admitted = front(self._run.id, cycle, admitted, known, session.corpus)
        chosen = [replace(c, admitted=c.index in admitted) for c in candidates]
        session.corpus.runs.close_cycle(
            self._run.id,
            cycle,
            admitted=admitted,
            metrics=summarize(chosen, session.config.threshold),
        )
        self._drop_generator()
        for stored in session.corpus.runs.cycles(self._run.id):
            if stored.number == cycle:
                session.observer.cycle_closed(stored)

    def _assess(self) -> None:
        """Read the test split for the best networks by validation accuracy: once, at the end."""
        session = self._session
        best = sorted(
            (c for c in session.corpus.runs.candidates(self._run.id) if c.accuracy is not None),
            key=lambda c: (-(c.accuracy or 0.0), c.cycle, c.index),
        )[: session.config.assess]

        def work(worker: Worker, candidate: Candidate) -> float | None:
            result = assess(
                worker, candidate.source or "", data=session.data, recipe=session.config.recipe
            )
            return result if isinstance(result, float) else None

        session.observer.begin("assess on the test split", len(best))
        scores: dict[str, float | None] = {}
        for candidate, score in session.executor.map_unordered(work, best):
            scores[candidate.network_id or ""] = score
            session.observer.advance()
            session.safe_point()
        session.observer.end()
        networks = [
            {
                "network": c.network_id,
                "cycle": c.cycle,
                "index": c.index,
                "validation_accuracy": c.accuracy,
                "test_accuracy": scores.get(c.network_id or ""),
            }
            for c in best
        ]
        session.corpus.runs.finish(self._run.id, utc_now(), {"networks": networks})

    # What the steps share ----------------------------------------------------------------------

    def _generator_of(self, cycle: int) -> Generator:
        """The generator of a cycle, loaded once; the next cycle's may have learnt more."""
        if self._generator is None or self._generator[0] != cycle:
            self._drop_generator()
            session = self._session
            pool = (
                winners(self._run.id, session, before=cycle)
                if session.config.arm == "mutation"
                else []
            )
            adapter = cycle_adapter(self._run.id, cycle, session)
            self._generator = (cycle, make_generator(session, adapter, pool))
        return self._generator[1]

    def _wanted(self, cycle: int) -> float | None:
        """The score that a prompt asks for: none before the model was taught what scores mean."""
        config = self._session.config
        untaught = config.arm == "frozen" or cycle == 1
        if config.backend == "transformers" and untaught:
            return None
        pool = winners(self._run.id, self._session, before=cycle)
        return wanted_accuracy(pool, config.threshold)

    def _drop_generator(self) -> None:
        if self._generator is not None:
            self._generator[1].close()
            self._generator = None

    def _waiting(self, cycle: int, phase: Phase) -> list[Candidate]:
        candidates = self._session.corpus.runs.candidates(self._run.id, cycle)
        return [candidate for candidate in candidates if candidate.phase is phase]

    def _tell(self, candidate: Candidate) -> None:
        verdict = candidate.verdict
        self._session.observer.candidate(candidate)
        self._session.observer.advance(note=verdict.outcome.value if verdict else "")

    @contextmanager
    def _timed(self, cycle: int, stage: str) -> Yields[None]:
        """Add the wall-clock seconds of the block to the cycle's stage, also when interrupted."""
        begin = time.perf_counter()
        try:
            yield
        finally:
            seconds = time.perf_counter() - begin
            self._session.corpus.runs.add_timing(self._run.id, cycle, stage, seconds)


def utc_now() -> str:
    """Now, as ISO 8601 in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _network(candidate: Candidate) -> Network:
    if candidate.network_id is None or candidate.source is None:
        raise AssertionError("only a parsed candidate has a network")
    return Network(
        id=candidate.network_id,
        source=candidate.source,
        name=f"{candidate.run}/{candidate.cycle}/{candidate.index}",
        origin="candidate",
        parent=candidate.completion.parent,
    )


def _evaluation(candidate: Candidate, report: TrainReport, session: Session) -> Evaluation:
    return Evaluation(
        network_id=candidate.network_id or "",
        recipe_id=session.config.recipe.id,
        verdict=report.verdict,
        epochs=report.epochs,
        facts=candidate.facts,
        seconds=report.seconds,
    )
