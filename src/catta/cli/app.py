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
from catta.cli.examples import add_examples

_NETWORK = "One network"
_LOOP = "The loop"
_DEVICE = "For devices"
_NUMBERS = "Corpus and numbers"
_MACHINE = "This machine"

app = typer.Typer(
    name="catta",
    help="A dataset of neural networks and the loop that makes it grow.",
    epilog="A first network: catta new mine; catta check mine.py; catta train mine.py --epochs 1",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)
for _name, _panel, _command in (
    ("new", _NETWORK, new.new),
    ("check", _NETWORK, check.check),
    ("train", _NETWORK, train.train),
    ("tune", _NETWORK, tune.tune),
    ("noise", _NETWORK, compare.noise),
    ("evolve", _LOOP, evolve.evolve),
    ("resume", _LOOP, evolve.resume),
    ("warmup", _LOOP, warmup.warmup),
    ("bench", _DEVICE, bench.bench),
    ("deploy", _DEVICE, deploy.deploy),
    ("prune", _DEVICE, prune.prune),
    ("coverage", _NUMBERS, coverage.coverage),
    ("fidelity", _NUMBERS, compare.fidelity),
    ("report", _NUMBERS, report.report),
):
    app.command(_name, rich_help_panel=_panel)(_command)
stats_runs.register(stats.app)
export.app.command(export.DEFAULT)(export_network.network)
export.app.command("stats")(export_stats.stats)
export.app.command("table")(export_table.table)
for _name, _panel, _group in (
    ("runs", _LOOP, runs.app),
    ("export", _DEVICE, export.app),
    ("corpus", _NUMBERS, corpus.app),
    ("stats", _NUMBERS, stats.app),
    ("plot", _NUMBERS, plot.app),
    ("datasets", _MACHINE, datasets.app),
    ("models", _MACHINE, models.app),
    ("cache", _MACHINE, cache.app),
):
    app.add_typer(_group, name=_name, rich_help_panel=_panel)
add_examples(app)


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
