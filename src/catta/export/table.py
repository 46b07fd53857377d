"""Several networks, each trained briefly, exported in every way, compared and measured."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from catta.corpus import Corpus
from catta.corpus.edge import EdgeExport, EdgeMeasurement
from catta.errors import ExportError, Interrupted, UsageError
from catta.export.benching import Passes, bench
from catta.export.contestants import of_network, of_record
from catta.export.exporting import export, find_exporter, reference_of
from catta.export.kept import cache, cached, keep
from catta.export.protocols import Exporter
from catta.export.registry import exporter, runtime
from catta.export.subjects import Subject
from catta.export.trained import trained_subject
from catta.export.workplace import Workplace
from catta.records import Network, Outcome, Recipe
from catta.tasks import prepare
from catta.training.running import TrainObserver
from catta.training.warm import WarmWorker

KINDS: tuple[tuple[str, str], ...] = (
    ("pt2", "none"),
    ("onnx", "none"),
    ("onnx", "fp16"),
    ("onnx", "int8-dynamic"),
    ("onnx", "int8-static"),
)
"""Formats and quantizations that a table has, in its order."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A network of a table.

    Attributes:
        network: The network.
        recipe: What it is trained under.
        origin: Where it comes from, for the reader.
    """

    network: Network
    recipe: Recipe
    origin: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """What the corpus knows of one network.

    Attributes:
        entry: The network.
        eager: PyTorch's own measurement.
        files: Each file with its measurement, in the order of `KINDS`.
        failures: Why others are missing, by format and quantization; `("", "")` for all of it.
    """

    entry: Entry
    eager: EdgeMeasurement | None
    files: tuple[tuple[EdgeExport, EdgeMeasurement], ...]
    failures: dict[tuple[str, str], str]


class TableMaker:
    """Fills a corpus with what a table says; what is there already is not done again.

    Args:
        corpus: Where everything is kept.
        passes: How latency is measured.
        calibrate: Images that static ranges are measured with.
        kinds: Formats and quantizations.
        unsafe: Run without isolation if none can be had.
        again: Measure again what was measured, say because the machine was busy.
        observer: Told how it goes.
    """

    def __init__(
        self,
        corpus: Corpus,
        *,
        passes: Passes,
        calibrate: int,
        observer: TrainObserver,
        kinds: Sequence[tuple[str, str]] = KINDS,
        unsafe: bool = False,
        again: bool = False,
    ) -> None:
        self._again = again
        self._corpus = corpus
        self._passes = passes
        self._calibrate = calibrate
        self._kinds = kinds
        self._unsafe = unsafe
        self._observer = observer

    def rows(self, entries: Iterable[Entry], stop: Callable[[], bool]) -> list[Row]:
        """Fill, one network at a time, and say what there is then.

        Raises:
            Interrupted: `stop` said so; what is done stays.
        """
        found: list[Row] = []
        with (
            WarmWorker(unsafe=self._unsafe, threads=1) as warm,
            Workplace(unsafe=self._unsafe) as workplace,
        ):
            for entry in entries:
                if stop():
                    raise Interrupted("Stopped; the same command goes on with the next network.")
                found.append(self._row(entry, warm, workplace))
        return found

    def _row(self, entry: Entry, warm: WarmWorker, workplace: Workplace) -> Row:
        data = prepare(entry.recipe)
        recipe = entry.recipe.model_copy(update={"dataset": data.dataset})
        entry = Entry(network=entry.network, recipe=recipe, origin=entry.origin)
        row = self._known(entry, {})
        whole = row.eager is not None and len(row.files) == len(self._kinds)
        if whole and not self._again:
            return row
        self._observer.message(f"{entry.network.name}: training, exporting, measuring")
        try:
            subject = trained_subject(
                entry.network, recipe, corpus=self._corpus, warm=warm, observer=self._observer
            )
            known = self._files(row) if whole else None
            if known is None:
                known, failures = self._export(subject, workplace)
            else:
                failures = {}
            self._measure(subject, known, workplace)
        except ExportError as error:
            failures = {("", ""): str(error)}
        for reason in failures.values():
            self._observer.message(reason)
        return self._known(entry, failures)

    def _files(self, row: Row) -> list[tuple[EdgeExport, bytes]] | None:
        """The files of a row, if the cache has all of them."""
        found = [(one, cached(one.sha256)) for one, _ in row.files]
        whole = [(one, content) for one, content in found if content is not None]
        return whole if len(whole) == len(found) else None

    def _export(
        self, subject: Subject, workplace: Workplace
    ) -> tuple[list[tuple[EdgeExport, bytes]], dict[tuple[str, str], str]]:
        """A file of each kind, and why others are missing."""
        failures: dict[tuple[str, str], str] = {}
        made: list[tuple[EdgeExport, bytes]] = []
        reference = reference_of(subject, workplace)
        exporters: dict[str, Exporter] = {}
        for name, quantization in self._kinds:
            chosen = exporters.setdefault(name, find_exporter(name, quantization))
            try:
                one = export(
                    subject,
                    chosen,
                    quantization,
                    workplace=workplace,
                    calibrate=self._calibrate,
                    reference=reference,
                )
            except ExportError as error:
                failures[name, quantization] = str(error)
                continue
            cache(one.content, one.sha256)
            made.append((keep(one, self._corpus), one.content))
        return made, failures

    def _measure(
        self, subject: Subject, files: Sequence[tuple[EdgeExport, bytes]], workplace: Workplace
    ) -> None:
        """Measure the network and its files one after the other, close together in time."""
        network = of_network(subject, self._corpus)
        found = bench(network, runtime("pytorch"), self._passes, workplace=workplace)
        for record, content in files:
            runs = runtime(exporter(record.format).runtime)
            contestant = of_record(record, content, subject, self._corpus)
            found += bench(contestant, runs, self._passes, workplace=workplace)
        self._corpus.edge.save_measurements(found)

    def _known(self, entry: Entry, failures: dict[tuple[str, str], str]) -> Row:
        identity = entry.network.id
        measured = self._corpus.edge.measurements(identity)
        sample = prepare(entry.recipe).problem.sample
        files: list[tuple[EdgeExport, EdgeMeasurement]] = []
        exports = {
            (one.format, one.quantization): one
            for one in self._corpus.edge.exports(identity)
            if one.recipe_id == entry.recipe.id
        }
        for kind in self._kinds:
            one = exports.get(kind)
            latest = _latest(measured, one.sha256, sample) if one is not None else None
            if one is not None and latest is not None:
                files.append((one, latest))
        return Row(
            entry=entry,
            eager=_latest(measured, None, sample),
            files=tuple(files),
            failures=failures,
        )


def _latest(
    measured: Sequence[EdgeMeasurement], sha256: str | None, sample: tuple[int, ...]
) -> EdgeMeasurement | None:
    """The last measurement of a file, or of the network itself, for one sample and one thread."""
    fitting = [
        one
        for one in measured
        if one.sha256 == sha256 and (one.threads, one.batch, one.sample) == (1, 1, sample)
    ]
    return fitting[-1] if fitting else None


def best_of_run(corpus: Corpus, run: str, count: int) -> list[Network]:
    """The most accurate networks that a run of the loop admitted.

    Raises:
        UsageError: There is no such run, or it admitted none.
    """
    if corpus.runs.get(run) is None:
        known = ", ".join(one.id for one in corpus.runs.all()) or "none"
        raise UsageError(f"the corpus {corpus.location} holds no run {run}; it has {known}")
    candidates = [
        one
        for one in corpus.runs.candidates(run)
        if one.accuracy is not None
        and one.network_id is not None
        and one.verdict is not None
        and one.verdict.outcome is Outcome.OK
    ]
    ranked = sorted(candidates, key=lambda one: (-(one.accuracy or 0.0), one.cycle, one.index))
    chosen = list(dict.fromkeys(one.network_id for one in ranked if one.network_id))[:count]
    if not chosen:
        raise UsageError(f"the run {run} trained no network yet")
    found = [corpus.networks.get(identity) for identity in chosen]
    return [network for network in found if network is not None]
