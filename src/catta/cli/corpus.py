"""`catta corpus`: what the corpus holds, and what is brought into it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from catta.cli import (
    corpus_admin,
    corpus_export,
    corpus_groups,
    corpus_inspect,
    corpus_optuna,
    corpus_remove,
)
from catta.cli.corpus_tables import (
    figures_table,
    networks_table,
    problems_table,
    rows_table,
    trials_table,
)
from catta.cli.formats import because, counted
from catta.cli.guard import guarded
from catta.cli.options import AsJson, CorpusPath
from catta.cli.output import plain, print_json, print_rich
from catta.cli.working import working
from catta.paths import default_corpus

if TYPE_CHECKING:
    from catta.corpus import Corpus

app = typer.Typer(help="Look at the corpus, and bring networks into it.", no_args_is_help=True)
import_app = typer.Typer(help="Bring published networks into the corpus.", no_args_is_help=True)
app.add_typer(import_app, name="import")
app.command("copy")(corpus_admin.copy)
app.command("backup")(corpus_admin.backup)
app.command("upgrade")(corpus_admin.upgrade)
app.command("verify")(corpus_admin.verify)
app.command("remove")(corpus_remove.remove)
app.command("groups")(corpus_groups.groups)
app.command("inspect")(corpus_inspect.inspect)
app.command("export")(corpus_export.export)
import_app.command("optuna")(corpus_optuna.optuna)

_SOURCES = {"lemur": "LEMUR", "optuna": "Optuna study"}


@app.command()
@guarded
def info(corpus: CorpusPath = None, as_json: AsJson = False) -> None:
    """What the corpus holds, in figures."""
    from catta.corpus.catalogue import describe

    with _reading(corpus) as store:
        found = describe(store)
    if as_json:
        print_json(found)
        return
    size = f"{found['size_bytes'] / 1e6:,.1f} MB"
    print_rich(f"Corpus {found['location']}: {size}, schema {found['schema']}")
    print_rich(figures_table(found))
    if found["inspected"]:
        print_rich(f"Inspections: {corpus_inspect.outcomes_text(found['inspected'])}")
    if found["problems"]:
        print_rich(problems_table(found["problems"]))
    for done in found["imports"]:
        what = " ".join(filter(None, (_SOURCES[done["kind"]], done["version"])))
        print_rich(f"{what} imported {done['created']}: {done['sha256']}")


@app.command("list")
@guarded
def list_(
    origin: Annotated[
        str | None,
        typer.Option("--origin", metavar="NAME", help="Only of this: lemur, user, candidate, ..."),
    ] = None,
    family: Annotated[
        str | None,
        typer.Option(
            "--family",
            metavar="NAME",
            help="Only networks whose names begin with this word: ga, ResNet.",
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", min=1, help="At most so many.")
    ] = None,
    corpus: CorpusPath = None,
    as_json: AsJson = False,
) -> None:
    """Networks by name."""
    from catta.corpus.catalogue import list_networks

    with _reading(corpus) as store:
        networks = list_networks(store, origin=origin, family=family, limit=limit)
    if as_json:
        print_json(networks)
    else:
        print_rich(networks_table(networks))


@app.command()
@guarded
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name, alias or id.")],
    code: Annotated[bool, typer.Option("--code", help="Print only its source.")] = False,
    corpus: CorpusPath = None,
    as_json: AsJson = False,
) -> None:
    """One network: its names, its licence, what it is like, what it reached, its code."""
    from catta.corpus.catalogue import show_network

    with _reading(corpus) as store:
        found = show_network(store, name)
    if as_json:
        print_json(found)
        return
    if not code:
        traits = found["traits"] or {}
        print_rich(
            f"{found['name']} ({found['id']}), from: {found['origin']}",
            f"Licence: {found['licence'] or 'unknown'}",
            f"Names: {', '.join(found['aliases'])}",
            f"Imports: {', '.join(traits.get('imports', ())) or '-'}",
        )
        for inspection in found["inspections"]:
            print_rich(*corpus_inspect.inspection_lines(inspection))
        if found["trials"]:
            print_rich(trials_table(found["trials"]))
    typer.echo(found["source"], nl=not found["source"].endswith("\n"))


@app.command()
@guarded
def query(
    statement: Annotated[str, typer.Argument(metavar="SELECT", help="One SELECT statement.")],
    corpus: CorpusPath = None,
    as_json: AsJson = False,
) -> None:
    """Ask the database in SQL; the connection can only read."""
    from catta.corpus.catalogue import ask

    with _reading(corpus) as store:
        answer = ask(store, statement)
    if as_json:
        print_json([dict(zip(answer.columns, row, strict=True)) for row in answer.rows])
    else:
        print_rich(rows_table(answer.columns, answer.rows))


@app.command()
@guarded
def add(
    paths: Annotated[list[Path], typer.Argument(metavar="FILE|DIR", help="Python modules.")],
    inspect: Annotated[
        bool, typer.Option("--inspect/--no-inspect", help="Build them in the sandbox.")
    ] = True,
    corpus: CorpusPath = None,
    as_json: AsJson = False,
) -> None:
    """Add networks of one's own, and inspect them; only the sandbox executes anything."""
    from catta.corpus import Corpus
    from catta.library import add_networks

    with Corpus.open(corpus or default_corpus()) as store:
        report = add_networks(store, paths)
        inspected = corpus_inspect.inspect_added(store, report) if inspect else None
    if as_json:
        print_json({**plain(report), "inspected": inspected})
        return
    added = counted(len(report.added), "network")
    print_rich(f"{added} added, {len(report.known):,} known before.")
    for path, reason in report.skipped:
        print_rich(f"Skipped {path}: {reason}")
    if inspected is not None:
        print_rich(*corpus_inspect.report_lines(inspected))


@import_app.command()
@guarded
def lemur(
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="SOURCE", help="A wheel of nn-dataset, a directory laid out as one, a version."
        ),
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", metavar="N", min=1, help="Processes that read it.")
    ] = None,
    corpus: CorpusPath = None,
    as_json: AsJson = False,
) -> None:
    """Bring all of LEMUR into the corpus; without SOURCE, its last version with networks."""
    from catta.corpus import Corpus
    from catta.library import import_lemur

    with working() as work, Corpus.open(corpus or default_corpus()) as store:
        report = import_lemur(
            store, source, workers=workers, progress=work.observer, stop=work.stop
        )
    if as_json:
        print_json({**report.to_dict(), "repeated": report.repeated})
        return
    if report.repeated:
        print_rich("This source was imported before; nothing was done.")
        return
    print_rich(
        f"{report.new_trials:,} new trials of {report.trials:,}, "
        f"{counted(report.networks, 'network')} under {counted(report.names, 'name')}, "
        f"{counted(report.measurements, 'device measurement')}."
    )
    for reason, count in report.reasons().items():
        print_rich(f"Skipped {because(count, 'file', reason)} (--json names them)")


def _reading(location: str | None) -> Corpus:
    from catta.corpus import Corpus

    return Corpus.open(location or default_corpus(), create=False, read_only=True)
