"""`catta corpus`: what the corpus holds, and what is brought into it."""

from __future__ import annotations

import typer

from catta.cli import corpus_admin
from catta.cli.guard import guarded
from catta.cli.options import AsJson, CorpusPath
from catta.cli.output import print_json, print_rich
from catta.paths import default_corpus

app = typer.Typer(help="Look at the corpus, and bring networks into it.", no_args_is_help=True)
app.command("copy")(corpus_admin.copy)
app.command("backup")(corpus_admin.backup)
app.command("verify")(corpus_admin.verify)


@app.command()
@guarded
def info(corpus: CorpusPath = None, as_json: AsJson = False) -> None:
    """What the corpus holds, in figures."""
    from catta.corpus import Corpus

    with Corpus.open(corpus or default_corpus(), create=False, read_only=True) as store:
        figures = {"location": store.location, "networks": store.networks.count()}
    if as_json:
        print_json(figures)
    else:
        print_rich(*[f"{name}: {value}" for name, value in figures.items()])
