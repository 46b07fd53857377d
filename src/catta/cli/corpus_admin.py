"""`catta corpus copy | backup | upgrade | verify`: moving and guarding a corpus."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from catta.cli.guard import EXIT_FAILURE, guarded
from catta.cli.options import AsJson, CorpusPath
from catta.cli.output import print_json, print_rich
from catta.cli.progress import ProgressDisplay
from catta.cli.working import working
from catta.paths import default_corpus

_NoCorpus = Annotated[
    str | None,
    typer.Option(
        "--corpus", metavar="PATH", help="Accepted, as by every command; A and B say where."
    ),
]


@guarded
def copy(
    source: Annotated[str, typer.Argument(metavar="A", help="Path or URL of the corpus.")],
    target: Annotated[str, typer.Argument(metavar="B", help="Path or URL of an empty one.")],
    corpus: _NoCorpus = None,
    as_json: AsJson = False,
) -> None:
    """Copy a corpus to another database, whole or not at all."""
    from catta.corpus.transfer import copy_corpus

    with working() as work:
        report = copy_corpus(source, target, progress=_counter(work.observer), stop=work.stop)
    if as_json:
        print_json(report)
    else:
        print_rich(f"Copied {sum(report.rows.values()):,} rows to {report.target}")


@guarded
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that is not there yet.")],
    corpus: CorpusPath = None,
    as_json: AsJson = False,
) -> None:
    """Write the corpus, as it is now, into a new SQLite file; runs may go on."""
    from catta.corpus.transfer import backup_corpus

    with working() as work:
        report = backup_corpus(
            corpus or default_corpus(), file, progress=_counter(work.observer), stop=work.stop
        )
    if as_json:
        print_json(report)
    else:
        print_rich(f"Backed up {report.source} to {report.path} ({report.size:,} bytes)")


@guarded
def upgrade(
    keep: Annotated[
        bool,
        typer.Option("--backup/--no-backup", help="Copy the file as it is first, beside it."),
    ] = True,
    corpus: CorpusPath = None,
    as_json: AsJson = False,
) -> None:
    """Bring an older corpus to the schema of this Catta; all that it holds stays."""
    from catta.corpus.upgrading import upgrade_corpus

    with working() as work:
        work.observer.begin("upgrade", None)
        report = upgrade_corpus(corpus or default_corpus(), backup=keep)
        work.observer.end()
    if as_json:
        print_json(report)
    elif report.before == report.after:
        print_rich(f"{report.corpus} has schema {report.after} already; nothing was to do.")
    else:
        print_rich(f"Upgraded {report.corpus} from schema {report.before} to {report.after}.")
        if report.backup is not None:
            print_rich(f"As it was before: {report.backup}")


@guarded
def verify(corpus: CorpusPath = None, as_json: AsJson = False) -> None:
    """Check the corpus; one line for each problem, and exit code 1 if there are any."""
    from catta.corpus.verify import verify_corpus

    report = verify_corpus(corpus or default_corpus())
    if as_json:
        print_json(report)
    elif report.problems:
        print_rich(*report.problems)
    else:
        print_rich(f"{report.corpus}: no problems")
    if report.problems:
        raise typer.Exit(EXIT_FAILURE)


def _counter(observer: ProgressDisplay) -> Callable[[int, int], None]:
    """Shows how many rows are done; the total is known when the first ones are."""
    shown = 0

    def show(done: int, total: int) -> None:
        nonlocal shown
        if not shown:
            observer.begin("copy", total)
        observer.advance(done - shown)
        shown = done

    return show
