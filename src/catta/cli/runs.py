"""`catta runs`: look at the runs of a corpus."""

from __future__ import annotations

from typing import Annotated

import typer

from catta.cli.guard import guarded
from catta.cli.options import AsJson, CorpusPath
from catta.cli.output import print_json, print_rich
from catta.cli.tables import (
    admitted_table,
    assessment_table,
    best_text,
    cost_table,
    cycles_table,
    improvement_table,
    runs_table,
)
from catta.errors import UsageError

app = typer.Typer(help="Look at the runs of a corpus.", no_args_is_help=True)


@app.command("list")
@guarded
def list_(corpus: CorpusPath = None, as_json: AsJson = False) -> None:
    """All runs, oldest first."""
    from catta import loop

    reports = loop.list_runs(corpus=corpus)
    if as_json:
        print_json([report.to_dict() for report in reports])
    else:
        print_rich(runs_table(reports))


@app.command()
@guarded
def show(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="Id of a run, or a unique beginning of it.")
    ],
    best: Annotated[
        bool, typer.Option("--best", help="Print only the source of the best network.")
    ] = False,
    corpus: CorpusPath = None,
    as_json: AsJson = False,
) -> None:
    """The cycles of a run, its admitted networks, its cost."""
    from catta import loop

    report = loop.report(run, corpus=corpus)
    if as_json:
        print_json(report.to_dict())
    elif best:
        if report.best is None:
            raise UsageError(f"run {report.run.id} has no network with a score yet")
        typer.echo(report.best.source or "", nl=False)
    else:
        print_rich(cycles_table(report))
        improvement = improvement_table(report)
        if improvement is not None:
            print_rich(improvement)
        if report.admitted:
            print_rich(admitted_table(report))
        print_rich(cost_table(report))
        assessment = assessment_table(report.run)
        if assessment is not None:
            print_rich(assessment)
        print_rich(f"Corpus: {report.corpus}", best_text(report))
