"""Taking networks, or all that an import brought, out of a corpus: in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, exists, func, or_, select, text

from catta.corpus import schema
from catta.corpus.holdings import BROUGHT
from catta.corpus.networks import CHUNK
from catta.corpus.store import Corpus
from catta.errors import UsageError

_HOLDERS = {schema.candidates.name, schema.seed_members.name, schema.subjects.name}
"""Tables whose rows refer to networks and outlive them, or keep them."""

_BELONGING = [
    table
    for table in schema.metadata.sorted_tables
    if table.name not in _HOLDERS
    and any(key.column.table is schema.networks for key in table.foreign_keys)
]
"""Tables whose rows are about one network, and go with it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Removal:
    """What was removed, or would be.

    Attributes:
        networks: Identities of the networks.
        names: The names they went by.
        evaluations: Their own evaluations.
        unlinked: Published trials that stay, without code, under the names they were recorded with.
        trials: Published trials that go.
        measurements: Measurements on devices that go.
        modules: Transforms, metrics and loaders.
        kept: Networks that an import brought but that are in use since.
        unnoted: Whether it was an import of LEMUR by an earlier Catta, which did not note what it
            brought beside trials; then its networks, names, measurements and modules stay.
    """

    networks: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    evaluations: int = 0
    unlinked: int = 0
    trials: int = 0
    measurements: int = 0
    modules: int = 0
    kept: int = 0
    unnoted: bool = False


def remove_networks(corpus: Corpus, keys: Sequence[str], *, dry: bool = False) -> Removal:
    """Remove networks with all that is about them alone; trials stay under their names.

    Args:
        corpus: Where they are.
        keys: Ids, names or aliases.
        dry: Only say what would be removed.

    Raises:
        UsageError: One is not there, has a name that others have too, or is used by a run or a
            seed set; then nothing is removed.
    """
    with corpus.connector.read() if dry else corpus.connector.transaction() as connection:
        ids = list(dict.fromkeys(_identity(connection, corpus.location, key) for key in keys))
        for identity in ids:
            _refuse_used(connection, identity)
        found = Removal(
            networks=tuple(ids),
            names=tuple(sorted(set(_of(connection, schema.aliases.c.name, ids)))),
            evaluations=len(_of(connection, schema.evaluations.c.id, ids)),
            unlinked=_trials_of(connection, ids),
        )
        if not dry:
            _delete_networks(connection, ids)
        return found


def remove_import(corpus: Corpus, source: str, *, dry: bool = False) -> Removal:
    """Remove the trials, measurements and modules that an import brought, and its networks.

    A network that others use (a run, a seed set, an evaluation, a name from elsewhere) stays, and
    a module that took an earlier one's place does too. Of an import by an earlier Catta, which did
    not note what it brought, only the trials go. Afterwards the source can be imported again.

    Args:
        corpus: Where it is.
        source: Version or, at least its first eight digits, SHA-256 of what was imported.
        dry: Only say what would be removed.

    Raises:
        UsageError: There is no such import, there are several, or a later one relies on its trials.
    """
    with corpus.connector.read() if dry else corpus.connector.transaction() as connection:
        row = _import(connection, source)
        brought: Mapping[str, Any] = row.report.get(BROUGHT, {})
        aliases = {(name, network) for name, network in brought.get("aliases", ())}
        theirs: list[str] = brought.get("networks", [])
        ids = _unused(connection, theirs, aliases)
        first, last = brought.get("measurements", (1, 0))
        modules = [(kind, name) for kind, name in brought.get("modules", ())]
        of_it = schema.trials.c.import_id == row.id
        measured = schema.device_measurements.c.id.between(first, last)
        found = Removal(
            networks=tuple(ids),
            names=tuple(sorted({name for name, _ in aliases})),
            trials=_count(connection, schema.trials, of_it),
            measurements=_count(connection, schema.device_measurements, measured),
            modules=len(modules),
            kept=len(theirs) - len(ids),
            unnoted=row.kind == "lemur" and BROUGHT not in row.report,
        )
        if not dry:
            connection.execute(schema.trials.delete().where(of_it))
            connection.execute(schema.device_measurements.delete().where(measured))
            _delete_pairs(connection, schema.modules, ("kind", "name"), modules)
            _delete_networks(connection, ids)
            spare = {(name, network) for name, network in aliases if network not in set(theirs)}
            _delete_pairs(connection, schema.aliases, ("name", "network_id"), sorted(spare))
            _sweep(connection)
            connection.execute(schema.imports.delete().where(schema.imports.c.id == row.id))
        return found


def give_back_space(corpus: Corpus) -> None:
    """Free the space of removed rows; others may go on reading meanwhile.

    A file becomes smaller; a server uses the space for its next rows.

    Raises:
        CorpusError: Another process writes for too long, or the disk is full; nothing is lost.
    """
    corpus.connector.vacuum()


def _identity(connection: Connection, location: str, key: str) -> str:
    table, names = schema.networks, schema.aliases
    by_id = connection.execute(select(table.c.id).where(table.c.id == key)).scalar()
    if by_id is not None:
        return by_id
    query = select(names.c.network_id).where(names.c.name == key).order_by(names.c.network_id)
    found = list(connection.execute(query).scalars())
    if not found:
        raise UsageError(f"{key} is no name or id of a network in the corpus {location}")
    if len(found) > 1:
        raise UsageError(f"{key} is the name of several networks: {', '.join(found)}; give an id")
    return found[0]


def _refuse_used(connection: Connection, identity: str) -> None:
    """Raise UsageError if a run would miss the network."""
    table, members = schema.candidates, schema.seed_members
    query = select(table.c.run).where(table.c.network_id == identity).order_by(table.c.run).limit(1)
    run = connection.execute(query).scalar()
    if run is not None:
        raise UsageError(f"{identity} is a candidate of run {run}, and cannot be removed")
    query = select(members.c.key).where(members.c.network_id == identity).limit(1)
    seeds = connection.execute(query).scalar()
    if seeds is not None:
        raise UsageError(f"{identity} is in the seed set {seeds} of runs, and cannot be removed")


def _import(connection: Connection, source: str) -> Any:
    table = schema.imports
    rows = connection.execute(select(table).order_by(table.c.id)).all()
    long_enough = len(source) >= 8
    found = [
        row
        for row in rows
        if row.version == source or (long_enough and row.sha256.startswith(source))
    ]
    if not found:
        raise UsageError(f"remove: nothing of version or SHA-256 {source} was imported")
    if len(found) > 1:
        hashes = ", ".join(row.sha256[:12] for row in found)
        raise UsageError(f"remove: {source} may be {hashes}; give the SHA-256")
    (one,) = found
    for row in rows:
        alike = row.kind == "lemur" or row.version == one.version
        if row.id > one.id and row.kind == one.kind and alike:
            raise UsageError(
                f"remove: {row.version or row.sha256[:12]} was imported later, without the trials "
                f"that {source} had brought already; remove that one first"
            )
    return one


def _unused(
    connection: Connection, networks: Sequence[str], aliases: set[tuple[str, str]]
) -> list[str]:
    """Those of the networks that are still there and that nobody else has taken up."""
    used: set[str] = set()
    for table in (schema.evaluations, schema.candidates, schema.seed_members):
        used.update(_of(connection, table.c.network_id, networks))
    for chosen in _chunks(networks):
        names = schema.aliases.c
        query = select(names.name, names.network_id).where(names.network_id.in_(chosen))
        used.update(
            row.network_id
            for row in connection.execute(query)
            if (row.name, row.network_id) not in aliases
        )
    there = set(_of(connection, schema.networks.c.id, networks, of=schema.networks.c.id))
    return [identity for identity in networks if identity in there - used]


def _delete_networks(connection: Connection, ids: Sequence[str]) -> None:
    evaluations, epochs, subjects = schema.evaluations, schema.epochs, schema.subjects
    for chosen in _chunks(ids):
        theirs = select(evaluations.c.id).where(evaluations.c.network_id.in_(chosen))
        connection.execute(epochs.delete().where(epochs.c.evaluation_id.in_(theirs)))
        for table in _BELONGING:
            connection.execute(table.delete().where(table.c.network_id.in_(chosen)))
        unlinked = subjects.update().where(subjects.c.network_id.in_(chosen))
        connection.execute(unlinked.values(network_id=None))
        connection.execute(schema.networks.delete().where(schema.networks.c.id.in_(chosen)))


def _delete_pairs(
    connection: Connection, table: Table, columns: tuple[str, str], rows: Sequence[Sequence[str]]
) -> None:
    first, second = (table.c[name] for name in columns)
    for chosen in _chunks(rows):
        pairs = [(first == one) & (second == two) for one, two in chosen]
        connection.execute(table.delete().where(or_(*pairs)))


def _sweep(connection: Connection) -> None:
    """Delete the small rows that no trial and no measurement refers to any more."""
    trials, measured, subjects = schema.trials, schema.device_measurements, schema.subjects
    _delete_unused(
        connection,
        subjects,
        trials.c.subject_id == subjects.c.id,
        measured.c.subject_id == subjects.c.id,
    )
    problems, sets = schema.problems, schema.parameter_sets
    _delete_unused(connection, problems, trials.c.problem_id == problems.c.id)
    # Without an index on what is deleted, the database would look through all trials for each row.
    connection.execute(text("CREATE INDEX removal_sets ON trials (parameter_set_id)"))
    _delete_unused(connection, sets, trials.c.parameter_set_id == sets.c.id)
    connection.execute(text("DROP INDEX removal_sets"))


def _delete_unused(connection: Connection, table: Table, *uses: Any) -> None:
    """Delete the rows of a table that no other row uses, in the ways given."""
    unused = [~exists().where(use) for use in uses]
    connection.execute(table.delete().where(*unused))


def _trials_of(connection: Connection, ids: Sequence[str]) -> int:
    trials, subjects = schema.trials, schema.subjects
    return sum(
        _count(
            connection,
            trials,
            trials.c.subject_id.in_(select(subjects.c.id).where(subjects.c.network_id.in_(chosen))),
        )
        for chosen in _chunks(ids)
    )


def _of(connection: Connection, column: Any, ids: Sequence[str], *, of: Any = None) -> list[Any]:
    """Values of a column in the rows that are about some networks."""
    key = column.table.c.network_id if of is None else of
    found: list[Any] = []
    for chosen in _chunks(ids):
        found += connection.execute(select(column).where(key.in_(chosen))).scalars()
    return found


def _count(connection: Connection, table: Table, condition: Any) -> int:
    query = select(func.count()).select_from(table).where(condition)
    return connection.execute(query).scalar_one()


def _chunks(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (values[start : start + CHUNK] for start in range(0, len(values), CHUNK))
