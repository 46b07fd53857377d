"""Identity and traits of many networks at once, in several processes."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from typing import cast

from joblib import Parallel, delayed

from catta.corpus.published import Traits
from catta.library.traits import identify
from catta.novelty import InvalidSource

Named = tuple[str, str]
"""Name and source of a network."""

Identified = tuple[str, Traits] | str
"""Identity and traits of a network, or why it is none."""

_WORTH_PROCESSES = 200
"""Fewer networks are done in this process before others have started."""

_BATCH = 64


def identify_all(networks: Sequence[Named], workers: int) -> Iterator[list[Identified]]:
    """Identify networks, a batch at a time and in order; closing the iterator ends the processes.

    joblib's processes, unlike those of `concurrent.futures`, do not import the user's script
    again, which would have to be guarded by `if __name__ == "__main__"`.
    """
    batches = (networks[i : i + _BATCH] for i in range(0, len(networks), _BATCH))
    if workers == 1 or len(networks) < _WORTH_PROCESSES:
        yield from map(_identify_batch, batches)
        return
    parallel = Parallel(n_jobs=workers, return_as="generator", initializer=_ignore_interrupts)
    yield from cast(
        "Iterator[list[Identified]]", parallel(delayed(_identify_batch)(b) for b in batches)
    )


def _ignore_interrupts() -> None:
    """Ctrl-C goes to all processes of a terminal; the parent decides when to stop."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _identify_batch(networks: Sequence[Named]) -> list[Identified]:
    return [_identify(*network) for network in networks]


def _identify(name: str, source: str) -> Identified:
    try:
        return identify(name, source)
    except InvalidSource as error:
        return str(error)
