"""Runs, their cycles and candidates: everything from which a killed run goes on."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Row, func, select

from catta.corpus import schema
from catta.corpus.candidate_rows import (
    candidate_of,
    generated_columns,
    key_columns,
    progress_columns,
    prompt_id,
)
from catta.corpus.driving import only_driver
from catta.corpus.engine import Connector
from catta.corpus.evaluations import Adapters, adapter_of
from catta.corpus.location import Location
from catta.corpus.networks import CHUNK, insert
from catta.errors import CorpusError, UsageError
from catta.records import Adapter, Candidate, Cycle, Phase, Run

_ORDER = {Phase.GENERATED: 0, Phase.SCREENED: 1, Phase.DONE: 2}


class Runs:
    """The runs of a corpus."""

    def __init__(self, connector: Connector, adapters: Adapters, place: Location) -> None:
        self._connector = connector
        self._adapters = adapters
        self._place = place

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
        with self._connector.read() as connection:
            ids = list(connection.execute(select(table.c.id).order_by(table.c.id)).scalars())
            found = [key] if key in ids else [i for i in ids if key and i.startswith(key)]
            if len(found) > 1:
                raise UsageError(f"run: {key!r} may be {', '.join(found)}")
            row = connection.execute(select(table).where(table.c.id.in_(found))).first()
        return _run(row) if row else None

    def all(self) -> list[Run]:
        """All runs, oldest first."""
        query = select(schema.runs).order_by(schema.runs.c.created, schema.runs.c.id)
        with self._connector.read() as connection:
            return [_run(row) for row in connection.execute(query)]

    def finish(self, run: str, finished: str, assessment: Mapping[str, Any]) -> None:
        """Mark a run as finished, with its assessment on the test split: once.

        Raises:
            CorpusError: There is no such run, or it is finished already.
        """
        table = schema.runs
        with self._connector.transaction() as connection:
            changed = connection.execute(
                table.update()
                .where(table.c.id == run, table.c.finished.is_(None))
                .values(finished=finished, assessment=dict(assessment))
            )
            if changed.rowcount == 0:
                raise CorpusError(f"run {run} is not in the corpus, or is finished already")

    @contextmanager
    def acquire(self, run: str) -> Generator[None]:
        """Be the only one that drives a run; it is released if the process dies.

        Raises:
            UsageError: It is being driven already.
        """
        with only_driver(self._connector, self._place, run, f"run: {run}"):
            yield

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
        """Store the selection and the metrics of a cycle, together and once.

        Args:
            run: Id of the run.
            number: Number of the cycle.
            admitted: Indices of the candidates that were selected.
            metrics: What the table of cycles shows, by name.

        Raises:
            CorpusError: The cycle is not there or closed already, or a candidate is not there.
        """
        table, cycles = schema.candidates, schema.cycles
        chosen = sorted(set(admitted))
        with self._connector.transaction() as connection:
            changed = connection.execute(
                table.update()
                .where(table.c.run == run, table.c.cycle == number, table.c.index.in_(chosen))
                .values(admitted=True)
            )
            if changed.rowcount != len(chosen):
                raise CorpusError(f"cycle {run}/{number} has no candidates {chosen} to admit")
            closed = connection.execute(
                cycles.update()
                .where(cycles.c.run == run, cycles.c.number == number, cycles.c.closed.is_(False))
                .values(closed=True, metrics=dict(metrics))
            )
            if closed.rowcount == 0:
                raise CorpusError(f"cycle {run}/{number} is not open")

    def set_adapter(self, run: str, number: int, adapter: Adapter) -> None:
        """Store what fine-tuning on a cycle produced.

        Raises:
            CorpusError: The cycle is not there.
        """
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
        with self._connector.read() as connection:
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

    def _update_cycle(self, connection: Connection, run: str, number: int, **values: Any) -> None:
        table = schema.cycles
        changed = connection.execute(
            table.update().where(table.c.run == run, table.c.number == number).values(**values)
        )
        if changed.rowcount == 0:
            raise CorpusError(f"cycle {run}/{number} is not in the corpus")

    # Candidates --------------------------------------------------------------------------------

    def add_candidates(self, candidates: Sequence[Candidate]) -> None:
        """Store new candidates, all or none; one that is there already stays as it is.

        Raises:
            CorpusError: Their cycle is not there, or a network of theirs.
        """
        prompts = {prompt_id(c.prompt): c.prompt for c in candidates}
        with self._connector.transaction() as connection:
            insert(
                connection,
                schema.prompts,
                [{"id": i, "text": p.text, "prefix": p.prefix} for i, p in prompts.items()],
            )
            spellings = _known_sources(connection, candidates)
            insert(
                connection,
                schema.candidates,
                [
                    {
                        **key_columns(c),
                        **generated_columns(c),
                        **progress_columns(c, _own_source(c, spellings)),
                    }
                    for c in candidates
                ],
            )

    def update_candidate(self, candidate: Candidate) -> None:
        """Store how far a candidate has come.

        Raises:
            CorpusError: It is not there, its network is not, or it would not move forward.
        """
        table = schema.candidates
        mine = [table.c[name] == value for name, value in key_columns(candidate).items()]
        with self._connector.transaction() as connection:
            phase = connection.execute(select(table.c.phase).where(*mine)).scalar()
            name = f"candidate {candidate.run}/{candidate.cycle}/{candidate.index}"
            if phase is None:
                raise CorpusError(f"{name} is not in the corpus")
            if _ORDER[candidate.phase] <= _ORDER[Phase(phase)]:
                raise CorpusError(f"{name} is {phase} and cannot become {candidate.phase.value}")
            source = _own_source(candidate, _known_sources(connection, [candidate]))
            values = progress_columns(candidate, source)
            connection.execute(table.update().where(*mine).values(**values))

    def candidates(self, run: str, cycle: int | None = None) -> list[Candidate]:
        """The candidates of a run, or of one of its cycles, in order."""
        table = schema.candidates
        query = (
            select(
                table,
                table.c.index.label("position"),
                schema.prompts.c.text.label("prompt_text"),
                schema.prompts.c.prefix.label("prompt_prefix"),
                schema.networks.c.source.label("network_source"),
            )
            .join(schema.prompts, schema.prompts.c.id == table.c.prompt_id)
            .outerjoin(schema.networks, schema.networks.c.id == table.c.network_id)
            .where(table.c.run == run)
            .order_by(table.c.cycle, table.c.index)
        )
        if cycle is not None:
            query = query.where(table.c.cycle == cycle)
        with self._connector.read() as connection:
            return [candidate_of(row) for row in connection.execute(query)]

    def count_candidates(self, run: str) -> int:
        """How many candidates a run has."""
        table = schema.candidates
        query = select(func.count()).select_from(table).where(table.c.run == run)
        with self._connector.read() as connection:
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


def _known_sources(connection: Connection, candidates: Sequence[Candidate]) -> dict[str, str]:
    """How the networks of candidates are spelled in the corpus, by network id."""
    table = schema.networks
    ids = sorted({c.network_id for c in candidates if c.network_id is not None})
    found: dict[str, str] = {}
    for start in range(0, len(ids), CHUNK):
        chosen = table.c.id.in_(ids[start : start + CHUNK])
        rows = connection.execute(select(table.c.id, table.c.source).where(chosen))
        found.update({row.id: row.source for row in rows})
    return found


def _own_source(candidate: Candidate, spellings: Mapping[str, str]) -> str | None:
    """A candidate's source where its network's row does not already hold that text."""
    known = spellings.get(candidate.network_id or "")
    return None if candidate.source == known else candidate.source
