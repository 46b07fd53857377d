"""`catta corpus remove`: networks, or all that an import brought."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from catta.cli.formats import counted
from catta.cli.guard import EXIT_FAILURE, guarded
from catta.cli.options import AsJson, CorpusPath
from catta.cli.output import print_json, print_rich
from catta.errors import UsageError
from catta.paths import default_corpus

if TYPE_CHECKING:
    from catta.corpus.removal import Removal


@guarded
def remove(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="Names, aliases or ids.")
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--import", metavar="VERSION|SHA", help="Instead: all that this import brought."
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    corpus: CorpusPath = None,
    as_json: AsJson = False,
) -> None:
    """Remove networks with all their names, facts and own evaluations, or a whole import.

    Published trials of a removed network stay, without its code. What a run or a seed set refers to
    is not removed.
    """
    from catta.corpus import Corpus
    from catta.corpus.removal import give_back_space, remove_import, remove_networks

    given = names or []
    if bool(given) == (source is not None):
        raise UsageError("remove: give names of networks, or --import with a version or SHA-256")
    with Corpus.open(corpus or default_corpus(), create=False) as store:

        def do(*, dry: bool) -> Removal:
            if source is None:
                return remove_networks(store, given, dry=dry)
            return remove_import(store, source, dry=dry)

        if not yes:
            typer.echo(_sentence(do(dry=True), "To be removed"), err=True)
            _ask()
        removed = do(dry=False)
        if source is not None:
            give_back_space(store)
    if as_json:
        print_json(removed)
    else:
        print_rich(_sentence(removed, "Removed"))


def _ask() -> None:
    """Go on only if the user agrees; not by `typer.confirm`, which writes to stdout too."""
    typer.echo("Remove them? [y/N] ", nl=False, err=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        typer.echo("Nothing was removed.", err=True)
        raise typer.Exit(EXIT_FAILURE)


def _sentence(removal: Removal, verb: str) -> str:
    figures = {
        "network": len(removal.networks),
        "name": len(removal.names),
        "own evaluation": removal.evaluations,
        "trial": removal.trials,
        "device measurement": removal.measurements,
        "module": removal.modules,
    }
    parts = ", ".join(counted(count, what) for what, count in figures.items() if count)
    sentence = f"{verb}: {parts or 'nothing'}."
    if removal.unlinked:
        stay = counted(removal.unlinked, "published trial stays", "published trials stay")
        sentence += f" {stay}, without code."
    if removal.kept:
        stay = counted(removal.kept, "network stays", "networks stay")
        sentence += f" {stay}: in use by a run, a seed set, an evaluation or under another name."
    if removal.unnoted:
        sentence += (
            " The networks of this import, their names, the device measurements and the modules "
            "stay: an earlier Catta made it, and did not note which of them it brought. "
            "`catta corpus remove NAME...` removes networks."
        )
    return sentence
