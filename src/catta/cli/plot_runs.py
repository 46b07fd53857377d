"""`catta plot cycles`, `lineage` and `graph`: runs and their networks, as pictures."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from catta.cli.guard import guarded
from catta.cli.options import CorpusPath
from catta.cli.plot_options import Output, Title
from catta.errors import UsageError
from catta.paths import default_corpus

TheRun = Annotated[
    str, typer.Option("--run", metavar="RUN", help="Id of a run, or a unique beginning of it.")
]


@guarded
def cycles(output: Output, run: TheRun, title: Title = None, corpus: CorpusPath = None) -> None:
    """A run, cycle by cycle: valid rate with its interval, accuracies, what was admitted."""
    from catta import loop, plots, stats
    from catta.plots.saving import form_of, save

    form_of(output)
    draw = plots.run_figure
    report = loop.report(run, corpus=corpus or default_corpus())
    name = title or f"Run {report.run.id} (arm {report.run.arm})"
    threshold = float(stats.runs(names=[report])["threshold"].iloc[0])
    figure = draw(stats.cycles(report), stats.accuracies(report), threshold=threshold, title=name)
    typer.echo(f"Written: {save(figure, output)}")


@guarded
def lineage(
    output: Output,
    run: TheRun,
    network: Annotated[
        str | None,
        typer.Option("--network", metavar="ID", help="Only this one, its ancestors, its heirs."),
    ] = None,
    most: Annotated[
        int, typer.Option("--most", metavar="N", min=1, help="Networks to draw at most.")
    ] = 80,
    title: Title = None,
    corpus: CorpusPath = None,
) -> None:
    """Where the networks of a run come from: from which parents, or most like which network."""
    from catta import plots
    from catta.corpus import Corpus
    from catta.loop.reports import find_run, report_of
    from catta.plots.saving import form_of, save

    form_of(output)
    with Corpus.open(corpus or default_corpus(), create=False, read_only=True) as store:
        found = report_of(find_run(store, run), store)
        rows = _candidate_rows(found)
        sources = {*rows["parent"].dropna(), *rows["nearest"].dropna()}
        names = store.networks.names(sorted(sources))
    name = title or f"Lineage of run {found.run.id} (arm {found.run.arm})"
    drawing = plots.lineage(rows, of=network, names=names, title=name, most=most)
    typer.echo(f"Written: {save(drawing, output)}")


@guarded
def graph(
    network: Annotated[
        str, typer.Argument(metavar="NETWORK", help="Name, alias or id of a network.")
    ],
    output: Output,
    task: Annotated[
        str | None, typer.Option("--task", metavar="NAME", help="As traced for this task.")
    ] = None,
    most: Annotated[
        int,
        typer.Option("--most", metavar="N", min=5, help="Boxes; larger graphs are put together."),
    ] = 50,
    title: Title = None,
    corpus: CorpusPath = None,
) -> None:
    """The operators of a network and the shapes between them."""
    from catta import plots
    from catta.corpus import Corpus
    from catta.corpus.registry import find
    from catta.plots.saving import form_of, save

    form_of(output)
    with Corpus.open(corpus or default_corpus(), create=False, read_only=True) as store:
        found = find(store, network)
        traced = store.graphs.get(found.id, task)
    if traced is None:
        raise UsageError(
            f"{found.name} has no stored graph{f' for {task}' if task else ''}; "
            f"`catta corpus inspect {network}` stores it, unless it is too large"
        )
    drawing = plots.network_graph(traced, title=title or found.name, most=most)
    typer.echo(f"Written: {save(drawing, output)}")


def _candidate_rows(report: Any) -> Any:
    import pandas as pd

    columns = ("network", "parent", "nearest", "jaccard", "cycle", "index", "accuracy", "admitted")
    rows = [
        (
            *(c.network_id, c.completion.parent, c.nearest and c.nearest.network_id),
            *(c.nearest and c.nearest.jaccard, c.cycle, c.index, c.accuracy, c.admitted),
        )
        for c in report.candidates
    ]
    return pd.DataFrame(rows, columns=list(columns))
