"""Runs, their cycles and candidates: everything from which a killed run goes on."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Row, func, select

from catta.corpus import schema
from catta.corpus.engine import Connector, is_url
from catta.corpus.evaluations import Adapters, adapter_of, facts_columns, facts_of
from catta.corpus.networks import insert
from catta.errors import CorpusError, UsageError
from catta.records import (
    Adapter,
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

_ORDER = {Phase.GENERATED: 0, Phase.SCREENED: 1, Phase.DONE: 2}


class Runs:
    """The runs of a corpus."""

    def __init__(self, connector: Connector, adapters: Adapters, location: str) -> None:
        self._connector = connector
        self._adapters = adapters
        self._location = location

    # Runs --------------------------------------------------------------------------------------

    def create(self, run: Run) -> None:
        """Store a new run.

        Raises:
            UsageError: There is a run with this id.
        """
        table = schema.runs
        with self._connector.transaction() as connection:
            if connection.execute(select(table.c.id).where(table.c.id == run.id)).first():
                raise UsageError(f"run: {run.id} exists already")
            connection.execute(
                table.insert().values(
                    id=run.id,
                    arm=run.arm,
                    config=dict(run.config),
                    commit=run.commit,
                    created=run.created,
                    finished=run.finished,
                    assessment=dict(run.assessment),
                )
            )

    def get(self, key: str) -> Run | None:
        """The run with this id, or the only one whose id begins so.

        Raises:
            UsageError: Several begin so.
        """
        table = schema.runs
        begins = table.c.id.startswith(key, autoescape=True)
        with self._connector.transaction() as connection:
            rows = connection.execute(select(table).where(begins).order_by(table.c.id)).all()
        exact = [row for row in rows if row.id == key]
        if not exact and len(rows) > 1:
            raise UsageError(f"run: {key!r} may be {', '.join(row.id for row in rows)}")
        found = exact or rows
        return _run(found[0]) if found and key else None

    def all(self) -> list[Run]:
        """All runs, oldest first."""
        query = select(schema.runs).order_by(schema.runs.c.created, schema.runs.c.id)
        with self._connector.transaction() as connection:
            return [_run(row) for row in connection.execute(query)]

    def finish(self, run: str, finished: str, assessment: Mapping[str, Any]) -> None:
        """Mark a run as finished, with its assessment on the test split."""
        table = schema.runs
        with self._connector.transaction() as connection:
            connection.execute(
                table.update()
                .where(table.c.id == run)
                .values(finished=finished, assessment=dict(assessment))
            )

    @contextmanager
    def acquire(self, run: str) -> Iterator[None]:
        """Be the only process that drives a run; the kernel releases it if the process dies.

        Raises:
            UsageError: Another process drives it.
        """
        if is_url(self._location):  # a server's corpus needs a lock of its own (another issue)
            yield
            return
        name = hashlib.sha256(run.encode()).hexdigest()[:16]
        corpus = Path(self._location).resolve()
        path = corpus.with_name(f".{corpus.name}-{name}.lock")
        with path.open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                file.seek(0)
                holder = file.read().strip() or "another process"
                raise UsageError(f"run: {run} is being driven by process {holder}") from error
            file.seek(0)
            file.truncate()
            file.write(str(os.getpid()))
            file.flush()
            try:
                yield
            finally:
                path.unlink(missing_ok=True)

    # Cycles ------------------------------------------------------------------------------------

    def open_cycle(self, cycle: Cycle) -> None:
        """Store a cycle that begins; one that is there already stays as it is."""
        row = {
            "run": cycle.run,
            "number": cycle.number,
            "generator": cycle.generator,
            "closed": False,
            "adapter": None,
            "timings": dict(cycle.timings),
            "metrics": {},
        }
        with self._connector.transaction() as connection:
            insert(connection, schema.cycles, [row])

    def close_cycle(
        self, run: str, number: int, *, admitted: Sequence[int], metrics: Mapping[str, Any]
    ) -> None:
        """Store the selection and the metrics of a cycle, together."""
        table = schema.candidates
        with self._connector.transaction() as connection:
            connection.execute(
                table.update()
                .where(table.c.run == run, table.c.cycle == number, table.c.index.in_(admitted))
                .values(admitted=True)
            )
            self._update_cycle(connection, run, number, closed=True, metrics=dict(metrics))

    def set_adapter(self, run: str, number: int, adapter: Adapter) -> None:
        """Store what fine-tuning on a cycle produced."""
        key = f"{run}/{number}"
        with self._connector.transaction() as connection:
            self._adapters.save(key, adapter)
            self._update_cycle(connection, run, number, adapter=key)

    def add_timing(self, run: str, number: int, stage: str, seconds: float) -> None:
        """Add seconds of wall clock to a stage of a cycle; a cycle that is not there is ignored."""
        table = schema.cycles
        with self._connector.transaction() as connection:
            query = select(table.c.timings).where(table.c.run == run, table.c.number == number)
            timings = connection.execute(query).scalar()
            if timings is None:
                return
            timings = {**timings, stage: timings.get(stage, 0.0) + seconds}
            self._update_cycle(connection, run, number, timings=timings)

    def cycles(self, run: str) -> list[Cycle]:
        """The cycles of a run, in order."""
        table, adapters = schema.cycles, schema.adapters
        query = select(table).where(table.c.run == run).order_by(table.c.number)
        with self._connector.transaction() as connection:
            rows = connection.execute(query).all()
            keys = [row.adapter for row in rows if row.adapter]
            stored = connection.execute(select(adapters).where(adapters.c.key.in_(keys))).all()
        by_key = {row.key: adapter_of(row) for row in stored}
        return [
            Cycle(
                run=row.run,
                number=row.number,
                generator=row.generator,
                closed=row.closed,
                adapter=by_key.get(row.adapter),
                timings=row.timings,
                metrics=row.metrics,
            )
            for row in rows
        ]

    def _update_cycle(self, connection: Any, run: str, number: int, **values: Any) -> None:
        table = schema.cycles
        connection.execute(
            table.update().where(table.c.run == run, table.c.number == number).values(**values)
        )

    # Candidates --------------------------------------------------------------------------------

    def add_candidates(self, candidates: Sequence[Candidate]) -> None:
        """Store new candidates, all or none; one that is there already stays as it is."""
        prompts = {_prompt_id(c.prompt): c.prompt for c in candidates}
        with self._connector.transaction() as connection:
            insert(
                connection,
                schema.prompts,
                [{"id": i, "text": p.text, "prefix": p.prefix} for i, p in prompts.items()],
            )
            insert(
                connection,
                schema.candidates,
                [{**_key(c), **_generated(c), **_progress(c)} for c in candidates],
            )

    def update_candidate(self, candidate: Candidate) -> None:
        """Store how far a candidate has come.

        Raises:
            CorpusError: It is not there, or it would move backward.
        """
        table = schema.candidates
        mine = [table.c[name] == value for name, value in _key(candidate).items()]
        with self._connector.transaction() as connection:
            phase = connection.execute(select(table.c.phase).where(*mine)).scalar()
            name = f"candidate {candidate.run}/{candidate.cycle}/{candidate.index}"
            if phase is None:
                raise CorpusError(f"{name} is not in the corpus")
            if _ORDER[candidate.phase] <= _ORDER[Phase(phase)]:
                raise CorpusError(f"{name} is {phase} and cannot become {candidate.phase.value}")
            connection.execute(table.update().where(*mine).values(**_progress(candidate)))

    def candidates(self, run: str, cycle: int | None = None) -> list[Candidate]:
        """The candidates of a run, or of one of its cycles, in order."""
        table = schema.candidates
        query = (
            select(
                table,
                schema.prompts.c.text.label("prompt_text"),
                schema.prompts.c.prefix.label("prompt_prefix"),
                schema.networks.c.source.label("source"),
            )
            .join(schema.prompts, schema.prompts.c.id == table.c.prompt_id)
            .outerjoin(schema.networks, schema.networks.c.id == table.c.network_id)
            .where(table.c.run == run)
            .order_by(table.c.cycle, table.c.index)
        )
        if cycle is not None:
            query = query.where(table.c.cycle == cycle)
        with self._connector.transaction() as connection:
            return [_candidate(row) for row in connection.execute(query)]

    def count_candidates(self, run: str) -> int:
        """How many candidates a run has."""
        table = schema.candidates
        query = select(func.count()).select_from(table).where(table.c.run == run)
        with self._connector.transaction() as connection:
            return connection.execute(query).scalar_one()


def _run(row: Row[Any]) -> Run:
    return Run(
        id=row.id,
        arm=row.arm,
        config=row.config,
        commit=row.commit,
        created=row.created,
        finished=row.finished,
        assessment=row.assessment,
    )


def _prompt_id(prompt: Prompt) -> str:
    text = f"{len(prompt.text)}:{prompt.text}{prompt.prefix}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _key(candidate: Candidate) -> dict[str, Any]:
    return {"run": candidate.run, "cycle": candidate.cycle, "index": candidate.index}


def _generated(candidate: Candidate) -> dict[str, Any]:
    completion = candidate.completion
    return {
        "prompt_id": _prompt_id(candidate.prompt),
        "completion": completion.text,
        "tokens": completion.tokens,
        "complete": completion.finished,
        "parent": completion.parent,
        "seed": candidate.seed,
        "generator": candidate.generator,
    }


def _progress(candidate: Candidate) -> dict[str, Any]:
    verdict, nearest = candidate.verdict, candidate.nearest
    return {
        "phase": candidate.phase.value,
        "network_id": candidate.network_id,
        "nearest_id": nearest.network_id if nearest else None,
        "nearest_jaccard": nearest.jaccard if nearest else None,
        "outcome": verdict.outcome.value if verdict else None,
        "stage": verdict.stage.value if verdict else None,
        "error": verdict.error if verdict else None,
        "accuracy": candidate.accuracy,
        "admitted": candidate.admitted,
        "timings": dict(candidate.timings),
        **facts_columns(candidate.facts),
    }


def _candidate(row: Row[Any]) -> Candidate:
    return Candidate(
        run=row.run,
        cycle=row.cycle,
        index=row.index,
        phase=Phase(row.phase),
        prompt=Prompt(text=row.prompt_text, prefix=row.prompt_prefix),
        completion=Completion(
            text=row.completion, tokens=row.tokens, finished=row.complete, parent=row.parent
        ),
        seed=row.seed,
        generator=row.generator,
        source=row.source,
        network_id=row.network_id,
        nearest=None
        if row.nearest_id is None
        else Match(network_id=row.nearest_id, jaccard=row.nearest_jaccard),
        facts=facts_of(row),
        verdict=None
        if row.outcome is None
        else Verdict(outcome=Outcome(row.outcome), stage=Stage(row.stage), error=row.error),
        accuracy=row.accuracy,
        admitted=row.admitted,
        timings=row.timings,
    )
