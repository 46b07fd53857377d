"""Ctrl-C: the first one asks to stop at the next safe point, the second one stops at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType

NOTICE = "Stopping at the next safe point; press Ctrl-C again to stop at once."


@contextmanager
def stop_on_signals(tell: Callable[[str], None]) -> Generator[Callable[[], bool]]:
    """Handle SIGINT and SIGTERM within the block.

    Args:
        tell: Shows the user one line.

    Yields:
        Whether the user asked to stop.
    """
    asked = False

    def on_signal(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        tell(NOTICE)

    # Python lets only the main thread set handlers; elsewhere the embedding program owns them.
    signals = (signal.SIGINT, signal.SIGTERM)
    if threading.current_thread() is not threading.main_thread():
        signals = ()
    before = {number: signal.signal(number, on_signal) for number in signals}
    try:
        yield lambda: asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
