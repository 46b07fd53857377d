"""What surrounds every command that works for a while: progress, Ctrl-C, a clean stdout."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass

from catta.cli.interruption import stop_on_signals
from catta.cli.progress import ProgressDisplay, Tally, make_display


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """What the loop is given: an observer, and whether the user asked to stop."""

    observer: ProgressDisplay
    stop: Callable[[], bool]


@contextmanager
def working(tally: Tally | None = None) -> Generator[Work]:
    """Show progress on stderr and handle signals within the block.

    Whatever a library prints goes to stderr too: stdout belongs to the result.
    """
    display = make_display(tally or Tally())
    with ExitStack() as stack:
        stack.callback(display.close)
        stack.enter_context(redirect_stdout(sys.stderr))
        stop = stack.enter_context(stop_on_signals(display.message))
        yield Work(observer=display, stop=stop)
