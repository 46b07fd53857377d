"""What a run needs while it goes: the corpus, the data, the workers, the known networks."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field

from catta.corpus import Corpus
from catta.errors import Interrupted
from catta.evaluation import Worker, choose_sandbox
from catta.execution import LocalExecutor
from catta.loop.config import RunConfig
from catta.loop.edge import EdgeProbe, MakeProbe
from catta.loop.observer import Observer
from catta.loop.seeds import seed_networks
from catta.novelty import NoveltyIndex, signature_from_bytes
from catta.records import Network
from catta.tasks import PreparedData, prepare


@dataclass(kw_only=True)
class Session:
    """The resources of a run or a check; open it with `open_session`.

    Attributes:
        config: What is wanted.
        corpus: The store; only this process writes the run.
        data: The dataset, split and normalised.
        executor: Sandboxed workers.
        observer: Told how it goes.
        stop: Whether the user wants to stop at the next safe point.
        probe: Measures what networks take on a device, in a run that asks for it.
    """

    config: RunConfig
    corpus: Corpus
    data: PreparedData
    executor: LocalExecutor
    observer: Observer
    stop: Callable[[], bool]
    probe: EdgeProbe | None = None
    _index: NoveltyIndex | None = field(default=None, init=False)
    _seeds: list[Network] | None = field(default=None, init=False)

    def safe_point(self) -> None:
        """Raise `Interrupted` here, where everything is stored, if the user asked to stop."""
        if self.stop():
            raise Interrupted("stopped; everything so far is stored")

    @property
    def seeds(self) -> list[Network]:
        """The adapted seeds, made at the first use and reused by later runs."""
        if self._seeds is None:
            seeds = seed_networks(
                self.corpus, self.config, self.data.problem, self.executor, self.observer, self.stop
            )
            self.safe_point()
            self._seeds = seeds
        return self._seeds

    @property
    def index(self) -> NoveltyIndex:
        """Everything the corpus knows, for novelty; the seeds are made first."""
        if self._index is None:
            _ = self.seeds
            self._index = self._read_index()
        return self._index

    def use_known_only(self) -> None:
        """Judge novelty by what the corpus holds now, without making the seeds first."""
        self._index = self._read_index()

    def _read_index(self) -> NoveltyIndex:
        index = NoveltyIndex()
        for identity, minhash, graph in self.corpus.networks.fingerprints():
            index.add(identity, signature_from_bytes(minhash), graph)
        return index


@contextmanager
def open_session(
    config: RunConfig,
    corpus: Corpus,
    observer: Observer,
    stop: Callable[[], bool],
    edge: MakeProbe | None = None,
) -> Generator[Session]:
    """Prepare the data and the workers of a run; the workers end with the session."""
    data = prepare(config.recipe, directory=config.data, progress=observer.message)
    if data.note:
        observer.message(data.note)
    # A fallback must not pass for the dataset that it stands in for.
    recipe = config.recipe.model_copy(update={"dataset": data.dataset})
    config = config.model_copy(update={"recipe": recipe})
    sandbox = choose_sandbox(config.sandbox, unsafe=config.unsafe)

    def make_worker() -> Worker:
        return Worker(data_dir=data.inputs, sandbox=sandbox)

    measuring = edge if config.measures_edge else None
    with (
        nullcontext() if measuring is None else measuring(config, data) as probe,
        LocalExecutor(make_worker, config.workers) as executor,
    ):
        yield Session(
            config=config,
            corpus=corpus,
            data=data,
            executor=executor,
            observer=observer,
            stop=stop,
            probe=probe,
        )
