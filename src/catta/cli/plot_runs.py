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
    from catta import loop, plots
    from catta.plots.saving import form_of, save

    form_of(output)
    draw = plots.run_figure
    found = loop.report(run, corpus=corpus or default_corpus())
    name = title or f"Run {found.run.id} (arm {found.run.arm})"
    figure = draw(_cycle_rows(found), _candidate_rows(found), title=name)
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


def _cycle_rows(report: Any) -> Any:
    import pandas as pd
    from scipy.stats import binomtest

    columns = ("cycle", "generated", "valid", "valid_rate", "valid_low", "valid_high", "admitted")
    rows: list[tuple[Any, ...]] = []
    for cycle in report.cycles:
        members = [c for c in report.candidates if c.cycle == cycle.number and c.verdict]
        valid, admitted = sum(c.verdict.ok for c in members), sum(c.admitted for c in members)
        if members:
            interval = binomtest(valid, len(members)).proportion_ci(method="wilson")
            share = (valid / len(members), interval.low, interval.high)
            rows.append((cycle.number, len(members), valid, *share, admitted))
    return pd.DataFrame(rows, columns=list(columns))
