"""`catta cache`: what was fetched or computed and can be so again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from catta.cli.formats import counted
from catta.cli.guard import guarded
from catta.cli.options import AsJson
from catta.cli.output import print_json, print_rich
from catta.cli.tables import cache_table
from catta.errors import UsageError

if TYPE_CHECKING:
    from catta.caches import Cleared

app = typer.Typer(help="What was fetched or computed and can be so again.", no_args_is_help=True)


@app.command("list")
@guarded
def list_(as_json: AsJson = False) -> None:
    """What the cache holds, and what it takes on the disk."""
    from catta.caches import cached

    found = cached()
    if as_json:
        print_json(found)
    else:
        print_rich(cache_table(found))


@app.command()
@guarded
def clear(
    kinds: Annotated[
        list[str] | None, typer.Argument(metavar="KIND", help="See `catta cache list`.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All kinds.")] = False,
    unused: Annotated[
        float,
        typer.Option("--unused", metavar="DAYS", help="Only what was not used for so many days."),
    ] = 0.0,
    as_json: AsJson = False,
) -> None:
    """Remove what the cache holds; it is fetched or computed again when it is needed."""
    from catta.caches import KINDS
    from catta.caches import clear as cleared

    given = kinds or []
    if bool(given) == everything:
        raise UsageError(f"cache clear: name some of {', '.join(KINDS)}, or give --all")
    done = cleared(KINDS if everything else given, unused_days=unused)
    if as_json:
        print_json(done)
    else:
        typer.echo(_sentence(done))


def _sentence(done: Cleared) -> str:
    what = counted(done.entries, "entry", "entries")
    return f"{what} removed, {done.bytes / 1e6:,.0f} MB"
