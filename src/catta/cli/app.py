"""The program `catta` and its commands."""

from __future__ import annotations

from typing import Annotated

import typer

import catta
from catta.cli import (
    bench,
    cache,
    check,
    compare,
    corpus,
    coverage,
    datasets,
    deploy,
    evolve,
    export,
    export_network,
    export_stats,
    export_table,
    models,
    new,
    plot,
    prune,
    report,
    runs,
    stats,
    stats_runs,
    train,
    tune,
    warmup,
)

app = typer.Typer(
    name="catta",
    help="A dataset of neural networks and the loop that makes it grow.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("evolve")(evolve.evolve)
app.command("resume")(evolve.resume)
app.command("check")(check.check)
app.command("train")(train.train)
app.command("tune")(tune.tune)
app.command("coverage")(coverage.coverage)
app.command("noise")(compare.noise)
app.command("fidelity")(compare.fidelity)
app.command("new")(new.new)
app.command("warmup")(warmup.warmup)
app.command("bench")(bench.bench)
app.command("deploy")(deploy.deploy)
app.command("prune")(prune.prune)
app.command("report")(report.report)
app.add_typer(runs.app, name="runs")
app.add_typer(models.app, name="models")
app.add_typer(datasets.app, name="datasets")
app.add_typer(cache.app, name="cache")
app.add_typer(corpus.app, name="corpus")
stats_runs.register(stats.app)
app.add_typer(stats.app, name="stats")
app.add_typer(plot.app, name="plot")
export.app.command(export.DEFAULT)(export_network.network)
export.app.command("stats")(export_stats.stats)
export.app.command("table")(export_table.table)
app.add_typer(export.app, name="export")


def main() -> None:
    """Run the command line."""
    app()


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"catta {catta.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    """A dataset of neural networks and the loop that makes it grow."""
