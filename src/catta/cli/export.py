"""`catta export`: what leaves a corpus: a network for a device, statistics for a spreadsheet."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

DEFAULT = "network"
"""The command that is meant where the first word names none."""


class ExportGroup(TyperGroup):
    """A group of commands, one of which need not be named."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the default command's name before words that begin with no command's."""
        if DEFAULT in self.commands and args and args[0] not in {*self.commands, "--help", "-h"}:
            args = [DEFAULT, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=ExportGroup,
    help="Export a network for a device, or statistics for a spreadsheet.",
    no_args_is_help=True,
)
