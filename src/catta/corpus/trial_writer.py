"""Writes published trials in chunks, with the small rows they refer to before them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Table, func, select, text

from catta.corpus import schema
from catta.corpus.published import Trial, TrialFile

Key = TypeVar("Key")

_CHUNK = 20_000

_COLUMNS = [
    *("subject_id", "problem_id", "parameter_set_id", "import_id"),
    *("epoch", "accuracy", "duration"),
]

_FROM_ARRAYS = text(
    "INSERT INTO trials (subject_id, problem_id, parameter_set_id, import_id, "
    "epoch, accuracy, duration) SELECT * FROM unnest(CAST(:subject_id AS integer[]), "
    "CAST(:problem_id AS integer[]), CAST(:parameter_set_id AS integer[]), "
    "CAST(:import_id AS integer[]), CAST(:epoch AS integer[]), "
    "CAST(:accuracy AS double precision[]), CAST(:duration AS bigint[]))"
)


@dataclass(kw_only=True, slots=True)
class Added:
    """How many trials were read, how many of them are new, and from how many files.

    Attributes:
        parameter_sets: Distinct sets of hyperparameters among those read.
    """

    files: int = 0
    trials: int = 0
    new_trials: int = 0
    parameter_sets: int = 0


class _Keys(Generic[Key]):
    """Integer keys of distinct values: those of a table, and new ones that are to be inserted."""

    def __init__(self, connection: Connection, table: Table, known: dict[Key, int]) -> None:
        self._connection = connection
        self._table = table
        self._keys = known
        highest = connection.execute(select(func.max(table.c.id))).scalar()
        self._next = (highest or 0) + 1
        self._new: list[dict[str, Any]] = []

    def get(self, value: Key, **columns: object) -> int:
        """Key of a value; if it is new, a row of these columns will be inserted."""
        key = self._keys.get(value)
        if key is None:
            key = self._keys[value] = self._next
            self._next += 1
            self._new.append({"id": key, **columns})
        return key

    def flush(self) -> None:
        """Insert the new rows."""
        if self._new:
            self._connection.execute(self._table.insert(), self._new)
            self._new = []


class Subjects(_Keys[str]):
    """Keys of the names that trials are recorded under."""

    def __init__(self, connection: Connection, networks: Mapping[str, str]) -> None:
        """Give the names in `networks` that are known already their networks, by identity."""
        table = schema.subjects
        rows = connection.execute(select(table)).all()
        super().__init__(connection, table, {row.name: row.id for row in rows})
        self._networks = networks
        for row in rows:
            network = networks.get(row.name, row.network_id)
            if network != row.network_id:
                changed = table.update().where(table.c.id == row.id)
                connection.execute(changed.values(network_id=network))

    def of(self, name: str) -> int:
        """Key of a name."""
        return self.get(name, name=name, network_id=self._networks.get(name))


class TrialWriter:
    """Writes trials in one transaction; those that the corpus holds already are not repeated."""

    def __init__(self, connection: Connection, import_id: int, networks: Mapping[str, str]) -> None:
        """Read the keys that are there; `networks` are names and identities."""
        self.added = Added()
        self._connection = connection
        self._import_id = import_id
        self._subjects = Subjects(connection, networks)
        self._problems = _problems(connection)
        self._sets = _parameter_sets(connection)
        self._held = _held(connection)
        self._used: set[int] = set()
        self._rows: list[tuple[Any, ...]] = []

    def add(self, file: TrialFile) -> None:
        """Add the trials of one file."""
        task, dataset, metric = problem = file.problem
        subject = self._subjects.of(file.name)
        problem_id = self._problems.get(problem, task=task, dataset=dataset, metric=metric)
        self.added.files += 1
        self.added.trials += len(file.trials)
        for trial in file.trials:
            chosen = self._set_of(trial)
            measured = (file.epoch, trial.accuracy, trial.duration)
            if self._is_held((subject, problem_id, chosen, *measured)):
                continue
            self._rows.append((subject, problem_id, chosen, self._import_id, *measured))
        if len(self._rows) >= _CHUNK:
            self.flush()

    def flush(self) -> None:
        """Write what was added so far."""
        for keys in (self._subjects, self._problems, self._sets):
            keys.flush()
        if self._rows:
            _insert_trials(self._connection, self._rows)
        self.added.new_trials += len(self._rows)
        self.added.parameter_sets = len(self._used)
        self._rows = []

    def _is_held(self, trial: tuple[Any, ...]) -> bool:
        """Whether the corpus held such a trial that none of this import has matched yet."""
        if not self._held or self._held[trial] == 0:
            return False
        self._held[trial] -= 1
        return True

    def _set_of(self, trial: Trial) -> int:
        value = (trial.uid, trial.transform, trial.prm)
        key = self._sets.get(value, uid=trial.uid, transform=trial.transform, prm=trial.prm)
        self._used.add(key)
        return key


class _ParameterSets(_Keys[tuple[str, str, bytes]]):
    def flush(self) -> None:
        for row in self._new:
            row["prm"] = row["prm"].decode()
        super().flush()


def _insert_trials(connection: Connection, rows: list[tuple[Any, ...]]) -> None:
    """Insert trials: columns as in `_COLUMNS`.

    A server gets each column as one array. Where the driver takes tuples it gets ours at once: a
    dictionary a row, which SQLAlchemy would turn into such a tuple, takes as long as all the rest.
    """
    if connection.dialect.name == "postgresql":
        columns = map(list, zip(*rows, strict=True))
        connection.execute(_FROM_ARRAYS, dict(zip(_COLUMNS, columns, strict=True)))
        return
    statement = schema.trials.insert()
    compiled = statement.compile(dialect=connection.dialect, column_keys=_COLUMNS)
    if connection.dialect.positional and compiled.positiontup == _COLUMNS:
        connection.exec_driver_sql(str(compiled), rows)
    else:
        connection.execute(statement, [dict(zip(_COLUMNS, row, strict=True)) for row in rows])


def _problems(connection: Connection) -> _Keys[tuple[str, str, str]]:
    rows = connection.execute(select(schema.problems)).all()
    known = {(row.task, row.dataset, row.metric): row.id for row in rows}
    return _Keys(connection, schema.problems, known)


def _parameter_sets(connection: Connection) -> _ParameterSets:
    rows: Sequence[Any] = connection.execute(select(schema.parameter_sets)).all()
    known = {(row.uid, row.transform, row.prm.encode()): row.id for row in rows}
    return _ParameterSets(connection, schema.parameter_sets, known)


def _held(connection: Connection) -> Counter[tuple[Any, ...]]:
    """How often each trial is there already."""
    c = schema.trials.c
    query = select(c.subject_id, c.problem_id, c.parameter_set_id, c.epoch, c.accuracy, c.duration)
    return Counter(tuple(row) for row in connection.execute(query))
