"""LEMUR into a corpus: everything of it, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from catta.corpus import Corpus
from catta.corpus.holdings import BROUGHT, Holdings
from catta.corpus.importers import LemurNetwork, LemurWheel, open_lemur
from catta.corpus.published import Traits, TrialFile
from catta.errors import Interrupted
from catta.library.identify import identify_all
from catta.library.progress import ImportProgress, SilentProgress
from catta.library.report import ImportReport
from catta.processes import usable_cpus
from catta.records import Network

Stop = Callable[[], bool]


@dataclass(kw_only=True, slots=True)
class _Networks:
    """Distinct networks by identity, the first name counting; further names; all names."""

    distinct: dict[str, Network] = field(default_factory=dict[str, Network])
    aliases: list[Network] = field(default_factory=list[Network])
    traits: dict[str, Traits] = field(default_factory=dict[str, Traits])
    names: dict[str, str] = field(default_factory=dict[str, str])

    def add(self, original: LemurNetwork, identity: str, traits: Traits) -> None:
        network = Network(
            id=identity,
            source=original.source,
            name=original.name,
            origin="lemur",
            licence=original.licence,
        )
        self.names[original.name] = identity
        if identity in self.distinct:
            self.aliases.append(network)
        else:
            self.distinct[identity] = network
            self.traits[identity] = traits


def import_lemur(
    corpus: Corpus,
    source: str | Path | None = None,
    *,
    workers: int | None = None,
    progress: ImportProgress | None = None,
    stop: Stop | None = None,
) -> ImportReport:
    """Bring all of LEMUR into a corpus; nothing of it is executed.

    Importing the same source twice changes nothing. Of two versions that both have code under one
    name, the one imported last has the name for its trials; trials that both have count once.

    Args:
        corpus: Where it goes; killed in the middle, it is as before.
        source: A wheel of `nn-dataset`, a directory laid out as one, a version number, or None
            for the last version that holds networks.
        workers: Processes; default: one a processor.
        progress: Told how it goes.
        stop: Asked now and then whether to stop.

    Raises:
        UsageError: The source holds no LEMUR.
        FetchError: It cannot be obtained, or is damaged.
        Interrupted: `stop` said so; the corpus is as before.
    """
    tell, asked = progress or SilentProgress(), stop or _never
    with open_lemur(source, progress=tell.message) as wheel:
        digest = wheel.digest()
        known = corpus.trials.imported(digest)
        if known is not None:
            return ImportReport.from_dict(known)
        networks = _identified(wheel, workers or usable_cpus(), tell, asked)
        with corpus.connector.transaction() as connection:
            before = Holdings.read(connection)
            key, report = _store(corpus, wheel, digest, networks, tell, asked)
            brought = Holdings.read(connection).brought(before)
            corpus.trials.end_import(key, report.to_dict() | {BROUGHT: brought})
            return report


def _identified(wheel: LemurWheel, workers: int, tell: ImportProgress, stop: Stop) -> _Networks:
    originals = list(wheel.networks())
    found = _Networks()
    position = 0
    tell.begin("read networks", len(originals))
    try:
        for batch in identify_all([(n.name, n.source) for n in originals], workers):
            _check(stop)
            for original, result in zip(originals[position:], batch, strict=False):
                if isinstance(result, str):
                    wheel.skip(original.name, result)
                else:
                    found.add(original, *result)
            position += len(batch)
            tell.advance(len(batch))
    finally:
        tell.end()
    return found


def _store(
    corpus: Corpus,
    wheel: LemurWheel,
    digest: str,
    networks: _Networks,
    tell: ImportProgress,
    stop: Stop,
) -> tuple[int, ImportReport]:
    """Store everything; the key of the import, and its report."""
    corpus.networks.add([*networks.distinct.values(), *networks.aliases])
    corpus.networks.publish(list(networks.distinct))
    corpus.trials.add_traits(networks.traits)
    key = corpus.trials.begin_import(digest, wheel.version)
    tell.begin("store trials", wheel.count_trial_files())
    try:
        added = corpus.trials.add(key, _watched(wheel.trial_files(), tell, stop), networks.names)
    finally:
        tell.end()
    modules = corpus.trials.add_modules(wheel.modules())
    measurements = corpus.trials.add_measurements(wheel.measurements(), networks.names)
    wheel.skip_unknown()
    report = ImportReport(
        version=wheel.version,
        sha256=digest,
        names=len(networks.names),
        networks=len(networks.distinct),
        trials=added.trials,
        new_trials=added.new_trials,
        trial_files=added.files,
        parameter_sets=added.parameter_sets,
        modules=modules,
        measurements=measurements,
        skipped=tuple(wheel.skipped),
    )
    return key, report


def _watched(files: Iterator[TrialFile], tell: ImportProgress, stop: Stop) -> Iterator[TrialFile]:
    for number, file in enumerate(files):
        if number % 1_000 == 999:
            _check(stop)
            tell.advance(1_000)
        yield file


def _check(stop: Stop) -> None:
    if stop():
        raise Interrupted("The import is stopped; the corpus is as it was before.")


def _never() -> bool:
    return False
