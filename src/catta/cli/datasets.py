"""`catta datasets`: data that networks can be trained on."""

from __future__ import annotations

import typer

from catta.cli.guard import guarded
from catta.cli.options import AsJson, Plugins, UnusedCorpus, load_plugins
from catta.cli.output import print_json, print_rich
from catta.cli.tables import datasets_table

app = typer.Typer(help="Data that networks can be trained on.", no_args_is_help=True)


@app.command("list")
@guarded
def list_(plugin: Plugins = None, corpus: UnusedCorpus = None, as_json: AsJson = False) -> None:
    """All datasets, with their origin and whether they are on this machine."""
    from catta import tasks

    load_plugins(plugin)
    infos = tasks.list_datasets()
    if as_json:
        print_json(infos)
    else:
        print_rich(datasets_table(infos))
