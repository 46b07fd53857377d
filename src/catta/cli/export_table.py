"""`catta export table`: how networks fare as files, as a page of the documentation."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer

from catta.cli.export_network import Calibrate
from catta.cli.guard import guarded
from catta.cli.options import CorpusPath, Unsafe
from catta.cli.output import print_rich, write_text
from catta.cli.train import EpochLines
from catta.cli.working import working
from catta.errors import UsageError
from catta.paths import default_corpus


@guarded
def table(
    networks: Annotated[
        list[str] | None,
        typer.Option("--networks", metavar="NAME,...", help="Networks; may be repeated."),
    ] = None,
    run: Annotated[
        str | None, typer.Option("--run", metavar="ID", help="The best of this run too.")
    ] = None,
    best: Annotated[int, typer.Option("--best", metavar="N", min=1, help="How many.")] = 5,
    run_corpus: Annotated[
        str | None,
        typer.Option("--run-corpus", metavar="PATH", help="Where the run is; default: --corpus."),
    ] = None,
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE.md", help="The page.")
    ] = Path("edge.md"),
    title: Annotated[
        str, typer.Option("--title", metavar="TEXT", help="What the networks are called.")
    ] = "Networks of the corpus",
    dataset: Annotated[
        str | None, typer.Option("--dataset", metavar="NAME", help="What they are trained on.")
    ] = None,
    epochs: Annotated[int, typer.Option("--epochs", metavar="N", help="Of each training.")] = 2,
    train_samples: Annotated[
        int, typer.Option("--train-samples", metavar="N", help="Train on so many.")
    ] = 10_000,
    validation_samples: Annotated[
        int, typer.Option("--validation-samples", metavar="N", help="Score on so many.")
    ] = 2_000,
    resolution: Annotated[
        int, typer.Option("--resolution", metavar="PIXELS", help="Size of the images.")
    ] = 32,
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
    from catta.export.files import check_target
    from catta.export.table import Entry, TableMaker, best_of_run
    from catta.training import find_subject, recipe_for

    names = [name for part in networks or () for name in part.split(",") if name]
    if not names and run is None:
        raise UsageError("name --networks, or a --run whose best networks are measured")
    check_target(output)
    settings: dict[str, Any] = {
        "track": "fixed",  # so that the accuracies can be compared
        "dataset": dataset,
        "epochs": epochs,
        "train_samples": train_samples,
        "validation_samples": validation_samples,
        "resolution": resolution,
    }
    with ExitStack() as stack:
        work = stack.enter_context(working())
        store = stack.enter_context(Corpus.open(corpus or default_corpus()))
        found = [(find_subject(name, store), title) for name in names]
        if run is not None:
            place = store
            if run_corpus is not None:
                opened = Corpus.open(run_corpus, create=False, read_only=True)
                place = stack.enter_context(opened)
            chosen = best_of_run(place, run, best)
            found += [(network, f"The best {len(chosen)} of the run {run}") for network in chosen]
        entries = [
            Entry(
                network=network,
                recipe=recipe_for("img-classification", network.source, **settings),
                origin=origin,
            )
            for network, origin in found
        ]
        maker = TableMaker(
            store,
            passes=Passes(warmup=warmup, runs=runs),
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
