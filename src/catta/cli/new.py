"""`catta new`: a file to start a network from."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from catta.cli.guard import guarded
from catta.cli.options import AsJson, UnusedCorpus
from catta.cli.output import print_json, print_rich, write_text
from catta.errors import UsageError

_NAME = re.compile(r"[A-Za-z0-9][\w-]*", re.ASCII)


@guarded
def new(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Name of the network, and of its file.")
    ],
    task: Annotated[
        str | None,
        typer.Option("--task", metavar="NAME", help="What it is for; default: img-classification."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Default: NAME.py, here."),
    ] = None,
    origin: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="NETWORK", help="Start from a network of the zoo; see docs/zoo.md."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
    corpus: UnusedCorpus = None,
    as_json: AsJson = False,
) -> None:
    """Write a commented file to start a network from; it passes `catta check` as it is."""
    from catta import zoo

    purpose, text = zoo.starting_file(task, origin)
    file = _target(name, output, force=force)
    write_text(file, text)
    if as_json:
        print_json({"name": name, "task": purpose, "from": origin, "file": file})
    else:
        print_rich(f"{file} is a network for {purpose}; `catta check {file}` tries it.")


def _target(name: str, output: Path | None, *, force: bool) -> Path:
    """Where the file goes.

    Raises:
        UsageError: Nothing can be written there.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"the name must be letters, digits, - and _, not {name!r}")
    file = Path(f"{name}.py") if output is None else output
    if file.is_dir():
        raise UsageError(f"{file} is a directory; name a file")
    if not file.absolute().parent.is_dir():
        raise UsageError(f"there is no directory {file.absolute().parent}")
    if file.exists() and not force:
        raise UsageError(f"file {file} exists; --force replaces it")
    return file
