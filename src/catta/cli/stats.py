"""`catta stats`: what the trials of a corpus show, as tables."""

from __future__ import annotations

import typer

app = typer.Typer(help="What the trials of a corpus show.", no_args_is_help=True)
