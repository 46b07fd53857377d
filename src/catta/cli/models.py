"""`catta models`: language models on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from catta.cli.guard import guarded
from catta.cli.options import AsJson, UnusedCorpus
from catta.cli.output import print_json, print_rich
from catta.cli.tables import models_table
from catta.cli.working import working

app = typer.Typer(help="Language models on this machine.", no_args_is_help=True)


@app.command("list")
@guarded
def list_(corpus: UnusedCorpus = None, as_json: AsJson = False) -> None:
    """The default model and every causal language model in the caches."""
    from catta import models

    infos = models.list_models()
    if as_json:
        print_json(infos)
    else:
        print_rich(models_table(infos))


@app.command()
@guarded
def pull(
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="Of the Hugging Face hub; default: the default model."),
    ] = None,
    corpus: UnusedCorpus = None,
    as_json: AsJson = False,
) -> None:
    """Fetch a language model, so that later runs need no network."""
    from catta import models

    wanted = models.DEFAULT_MODEL if name is None else name
    with working() as work:
        path = models.pull(wanted, progress=work.observer.message)
    if as_json:
        print_json({"name": wanted, "path": path})
    else:
        print_rich(f"{wanted}: {path}")
