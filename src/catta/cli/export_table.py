"""`catta export table`: how networks fare as files, as a page of the documentation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import typer

from catta.cli.epoch_lines import EpochLines
from catta.cli.export_network import Calibrate
from catta.cli.guard import guarded
from catta.cli.option_groups import grouped
from catta.cli.options import CorpusPath, Unsafe
from catta.cli.output import check_target, print_rich, write_text
from catta.cli.recipe_options import DEFAULT_TASK, ProblemOptions
from catta.cli.working import working
from catta.errors import UsageError
from catta.paths import default_corpus

if TYPE_CHECKING:
    from catta.corpus import Corpus
    from catta.records import Network


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """Which networks are in the table, and under which names they stand there."""

    networks: Annotated[
        list[str] | None,
        typer.Option("--networks", metavar="NAME,...", help="Networks; may be repeated."),
    ] = None
    title: Annotated[
        str, typer.Option("--title", metavar="TEXT", help="What the networks are called.")
    ] = "Networks of the corpus"
    run: Annotated[
        str | None, typer.Option("--run", metavar="RUN", help="The best of this run too.")
    ] = None
    best: Annotated[int, typer.Option("--best", metavar="N", min=1, help="So many of the run.")] = 5
    run_corpus: Annotated[
        str | None,
        typer.Option("--run-corpus", metavar="PATH", help="Where the run is; default: --corpus."),
    ] = None

    def names(self) -> list[str]:
        """Those that are named.

        Raises:
            UsageError: Neither networks nor a run is named.
        """
        names = [name for part in self.networks or () for name in part.split(",") if name]
        if not names and self.run is None:
            raise UsageError("name --networks, or a --run whose best networks are measured")
        return names

    def found(self, store: Corpus) -> Iterator[tuple[Network, str]]:
        """The networks, each with where it comes from."""
        from catta.corpus import Corpus
        from catta.export.table import best_of_run
        from catta.training import find_subject

        for name in self.names():
            yield find_subject(name, store), self.title
        if self.run is None:
            return
        elsewhere = self.run_corpus
        opened = Corpus.open(elsewhere, create=False, read_only=True) if elsewhere else None
        with opened or nullcontext(store) as place:
            best = best_of_run(place, self.run, self.best)
        for network in best:
            yield network, f"The best {len(best)} of the run {self.run}"


@dataclass(frozen=True, kw_only=True)
class Brief:
    """How each network is trained."""

    PANEL: ClassVar[str] = ProblemOptions.PANEL

    dataset: Annotated[
        str | None, typer.Option("--dataset", metavar="NAME", help="What they are trained on.")
    ] = None
    epochs: Annotated[int, typer.Option("--epochs", metavar="N", help="Of each training.")] = 2
    train_samples: Annotated[
        int, typer.Option("--train-samples", metavar="N", help="Train on so many.")
    ] = 10_000
    validation_samples: Annotated[
        int, typer.Option("--validation-samples", metavar="N", help="Score on so many.")
    ] = 2_000
    resolution: Annotated[
        int, typer.Option("--resolution", metavar="PIXELS", help="Size of the images.")
    ] = 32


@guarded
@grouped
def table(
    *,
    chosen: Chosen,
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE.md", help="The page.")
    ] = Path("edge.md"),
    brief: Brief,
    warmup: Annotated[
        int, typer.Option("--warmup", metavar="N", help="Passes before those that are timed.")
    ] = 20,
    runs: Annotated[int, typer.Option("--runs", metavar="N", help="Passes that are timed.")] = 200,
    calibrate: Calibrate = 200,
    again: Annotated[
        bool, typer.Option("--again", help="Measure again, say when the machine is quiet.")
    ] = False,
    unsafe: Unsafe = False,
    corpus: CorpusPath = None,
) -> None:
    """Train each network briefly, export it in every way, compare, measure, and write a page.

    What is written by hand above the table stays. What the corpus knows already is not done again,
    so that a command that was stopped goes on with the next network.
    """
    from catta.corpus import Corpus
    from catta.export.benching import Passes
    from catta.export.edge_document import document
    from catta.export.table import Entry, TableMaker
    from catta.training import recipe_for

    chosen.names()
    check_target(output, "--output")
    passes = Passes(warmup=warmup, runs=runs)
    settings: dict[str, Any] = {
        "track": "fixed",
        **asdict(brief),
    }  # so that the accuracies can be compared
    with ExitStack() as stack:
        work = stack.enter_context(working())
        store = stack.enter_context(Corpus.open(corpus or default_corpus()))
        entries = [
            Entry(
                network=network,
                recipe=recipe_for(DEFAULT_TASK, network.source, **settings),
                origin=origin,
            )
            for network, origin in chosen.found(store)
        ]
        maker = TableMaker(
            store,
            passes=passes,
            calibrate=calibrate,
            unsafe=unsafe,
            again=again,
            observer=EpochLines("accuracy"),
        )
        rows = maker.rows(entries, work.stop)
    before = output.read_text(encoding="utf-8") if output.exists() else ""
    write_text(output, document(before, rows))
    done = sum(bool(row.files) for row in rows)
    print_rich(f"{output}: {done} of {len(rows)} networks")
