"""`catta report`: the corpus and its runs as a folder of static pages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from catta.cli.guard import guarded
from catta.cli.options import AsJson, CorpusPath
from catta.cli.output import print_json, print_rich

_MB = 1e6


@guarded
def report(
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Folder that is written.")
    ],
    run: Annotated[
        list[str] | None,
        typer.Option("--run", metavar="R", help="A run with pages of its own; default: all."),
    ] = None,
    corpus: CorpusPath = None,
    as_json: AsJson = False,
) -> None:
    """Write a report of the corpus: static pages that open from disk, without a server.

    Overview, leaderboard, a page for each run and for each admitted network. A report that is there
    already is replaced; a folder that holds something else is left alone.
    """
    from catta import report as reports

    built = reports.write_report(corpus, output, runs=run or (), tell=_tell)
    if as_json:
        print_json(built)
        return
    print_rich(
        f"{built.rows:,} rows in the leaderboard, {built.runs:,} runs, {built.networks:,} networks "
        f"with a page; {built.bytes / _MB:.1f} MB.",
        f"Open it: {built.index}",
    )


def _tell(text: str) -> None:
    typer.echo(f"report: {text}", err=True)
