"""From exceptions to one sentence on stderr and an exit code: a mistake is no traceback."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from functools import wraps
from inspect import cleandoc
from typing import ParamSpec

import typer

from catta.cli.given import check_given
from catta.errors import CattaError, Interrupted, UsageError

EXIT_FAILURE = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130

# The operating system says no, for reasons the user can change; other OSErrors are our mistakes.
_USERS_ERRNOS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS})

Parameters = ParamSpec("Parameters")


def guarded(command: Callable[Parameters, None]) -> Callable[Parameters, None]:
    """Make a command report what went wrong in one sentence.

    Exit codes: 2 for a mistake of the user, 130 after an interruption, 1 for any other failure.
    Empty texts and numbers that are not finite are refused before the command runs. With
    `CATTA_DEBUG=1` the exception itself is let through. Each paragraph of its docstring becomes one
    line: as help, every line but those of the first would end where the code's does.
    """
    command.__doc__ = _unwrapped(command.__doc__)

    @wraps(command)
    def run(*args: Parameters.args, **kwargs: Parameters.kwargs) -> None:
        try:
            check_given(command, kwargs)
            command(*args, **kwargs)
        except (CattaError, OSError, KeyboardInterrupt) as error:
            known = _sentence_and_code(error)
            if known is None or os.environ.get("CATTA_DEBUG") == "1":
                raise
            sentence, code = known
            typer.echo(sentence, err=True)
            raise typer.Exit(code) from error

    return run


def _unwrapped(text: str | None) -> str | None:
    if text is None:
        return None
    paragraphs = cleandoc(text).split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def _sentence_and_code(error: BaseException) -> tuple[str, int] | None:
    match error:
        case Interrupted():
            return str(error), EXIT_INTERRUPTED
        case UsageError():
            return f"Error: {error}", EXIT_USAGE
        case CattaError():
            return f"Error: {error}", EXIT_FAILURE
        case KeyboardInterrupt():
            return "Stopped at once; what was stored before stays.", EXIT_INTERRUPTED
        case OSError() if error.errno in _USERS_ERRNOS:
            where = f": {error.filename}" if error.filename else ""
            return f"Error: {error.strerror}{where}", EXIT_FAILURE
        case _:
            return None
