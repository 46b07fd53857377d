"""`catta export stats`: statistics for a spreadsheet or another program."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from catta.cli.filter_options import Filters
from catta.cli.formats import counted
from catta.cli.guard import guarded
from catta.cli.option_groups import grouped
from catta.cli.options import AsJson, CorpusPath
from catta.cli.output import print_json, print_rich


@guarded
@grouped
def stats(
    *,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="PATH", help="Where nothing is yet.")
    ],
    form: Annotated[
        str | None,
        typer.Option(
            "--format", metavar="NAME", help="xlsx, csv or parquet; default: xlsx for FILE.xlsx."
        ),
    ] = None,
    raw: Annotated[
        bool, typer.Option("--raw/--no-raw", help="Whether to write all measurements, too.")
    ] = True,
    filters: Filters,
    corpus: CorpusPath = None,
    as_json: AsJson = False,
) -> None:
    """Write statistics into a new workbook, or a new directory of CSV or Parquet files."""
    from catta.stats import write_tables

    def tell(name: str) -> None:
        if not as_json:
            typer.echo(f"{name} ...", err=True)

    counts = write_tables(output, corpus, format=form, raw=raw, tell=tell, **filters.chosen())
    if as_json:
        print_json({"path": str(output), "rows": counts})
        return
    rows = counted(sum(counts.values()), "row")
    print_rich(f"Wrote {counted(len(counts), 'table')} of {rows} to {output}")
