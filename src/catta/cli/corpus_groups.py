"""`catta corpus groups`: networks side by side, and which ones are like a given one."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from catta.cli.corpus_tables import groups_table
from catta.cli.filter_options import SideFilters
from catta.cli.guard import guarded
from catta.cli.option_groups import grouped
from catta.cli.options import AsJson, CorpusPath
from catta.cli.output import print_json, print_rich
from catta.cli.working import working

_Text = str | None


@guarded
@grouped
def groups(
    *,
    n: Annotated[
        int, typer.Option("--size", "-n", metavar="N", min=2, help="Networks in a group.")
    ] = 2,
    anchor: Annotated[
        _Text, typer.Option("--anchor", metavar="NAME", help="Network that all groups begin with.")
    ] = None,
    band: Annotated[
        _Text,
        typer.Option(
            "--band",
            metavar="NAME",
            help="How alike: very_high, high, medium, low, very_low_near or very_low_far.",
        ),
    ] = None,
    improve: Annotated[
        bool, typer.Option("--improve/--any", help="Whether the others have to be better.")
    ] = True,
    filters: SideFilters,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", min=1, help="At most so many groups.")
    ] = 20,
    corpus: CorpusPath = None,
    as_json: AsJson = False,
) -> None:
    """Networks side by side, the largest improvement first; `catta.groups` has their code, too."""
    from catta.library import groups as find_groups

    with working() as work:
        found = find_groups(
            n,
            anchor=anchor,
            band=band,
            improve=improve,
            max_rows=limit,
            corpus=corpus,
            progress=work.observer,
            only_best_accuracy=True,
            **filters.chosen(),
        )
    note = found.attrs.get("note")
    shown = [_members(row, n) for row in found.to_dict(orient="records")]
    if as_json:
        print_json({"groups": shown, "note": note})
        return
    print_rich(groups_table(shown))
    if note is not None:
        print_rich(note)


def _members(row: dict[Any, Any], n: int) -> dict[str, Any]:
    """What a group is about, and its networks, the one it begins with first."""
    endings = ["", *(f"_{place}" for place in range(2, n + 1))]
    names = ("nn", "nn_id", "accuracy", "epoch", "jaccard")
    return {
        **{name: row[name] for name in ("task", "dataset", "metric")},
        "networks": [
            {name: row[f"{name}{end}"] for name in names if f"{name}{end}" in row}
            for end in endings
        ],
    }
