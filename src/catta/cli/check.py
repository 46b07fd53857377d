"""`catta check`: one network through the whole way, nothing stored."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from catta.cli.guard import guarded
from catta.cli.option_groups import grouped
from catta.cli.options import AsJson, CorpusPath, Dataset, Task, Unsafe, overrides
from catta.cli.output import print_json, print_rich
from catta.cli.place_options import DataOptions
from catta.cli.tables import check_table
from catta.cli.working import working
from catta.errors import UsageError


@guarded
@grouped
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE.py", help="A module with `class Net`.")],
    *,
    task: Task = None,
    dataset: Dataset = None,
    place: DataOptions,
    unsafe: Unsafe = False,
    corpus: CorpusPath = None,
    as_json: AsJson = False,
) -> None:
    """Check, build, compare and train one network; the corpus is read, not written.

    What it is for stands in its first lines (`Task: obj-detection`) or is given by --task. For
    image classification it goes the whole way of a candidate of the loop; for any other task it is
    trained for a few steps. The exit code is 0 for a network that is OK.
    """
    from catta import loop

    source = _read(file)
    place.load_plugins()
    config = loop.load_config(None, overrides(dataset=dataset, data=place.data, unsafe=unsafe))
    with working() as work:
        report = loop.check(
            source, config=config, task=task, corpus=corpus, observer=work.observer, stop=work.stop
        )
    if as_json:
        print_json(report.to_dict())
    else:
        print_rich(check_table(report))
    if report.outcome != "OK":
        raise typer.Exit(1)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise UsageError(f"file {file} does not exist") from error
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"file {file} cannot be read as UTF-8 text: {error}") from error
