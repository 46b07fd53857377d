"""`catta corpus export`: measurements as files for others."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from catta.cli.filter_options import NameFilters, SideFilters
from catta.cli.formats import because, counted
from catta.cli.guard import guarded
from catta.cli.option_groups import grouped
from catta.cli.options import AsJson, CorpusPath
from catta.cli.output import print_json, print_rich
from catta.cli.working import working

_Text = str | None
_Texts = list[str] | None


@dataclass(frozen=True, kw_only=True)
class MeasuredNames(NameFilters, SideFilters):
    """Which measurements are written."""


@guarded
@grouped
def export(
    *,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="PATH", help="Where nothing is yet.")
    ],
    form: Annotated[
        str,
        typer.Option("--format", metavar="NAME", help="parquet, jsonl, chat, xlsx or hf."),
    ] = "parquet",
    filters: MeasuredNames,
    best: Annotated[
        bool, typer.Option("--best", help="Only the best of each problem, name and epoch.")
    ] = False,
    unique: Annotated[bool, typer.Option("--unique", help="Only the best of each name.")] = False,
    statistics: Annotated[
        bool, typer.Option("--statistics", help="Add columns about the networks themselves.")
    ] = False,
    max_rows: Annotated[
        int | None, typer.Option("--max-rows", metavar="N", min=0, help="At most so many.")
    ] = None,
    shapes: Annotated[
        _Text,
        typer.Option("--shapes", metavar="CxHxW:CLASSES", help="For chat: what prompts ask for."),
    ] = None,
    corpus: CorpusPath = None,
    as_json: AsJson = False,
) -> None:
    """Write measurements, or prompts and completions, into a new file, whole or not at all."""
    from catta.library import export_data, parse_shapes

    with working() as work:
        report = export_data(
            output,
            form,
            shapes=None if shapes is None else parse_shapes(shapes),
            max_rows=max_rows,
            corpus=corpus,
            progress=work.observer,
            stop=work.stop,
            only_best_accuracy=best,
            unique_nn=unique,
            include_nn_stats=statistics,
            **filters.chosen(),
        )
    if as_json:
        print_json(report)
        return
    what = "pair" if report.format == "chat" else "row"
    print_rich(f"Wrote {counted(report.rows, what)} to {report.path}")
    if report.cut:
        print_rich(f"Cut {counted(report.cut, 'text')} too long for a cell of Excel")
    for reason, count in report.skipped.items():
        print_rich(f"Left out {because(count, 'network', reason)}")
