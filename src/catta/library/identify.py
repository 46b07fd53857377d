"""Identity and traits of many networks at once, in several processes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from catta.corpus.published import Traits
from catta.library.traits import identify
from catta.novelty import InvalidSource
from catta.processes import map_batches

Named = tuple[str, str]
"""Name and source of a network."""

Identified = tuple[str, Traits] | str
"""Identity and traits of a network, or why it is none."""


def identify_all(networks: Sequence[Named], workers: int) -> Iterator[list[Identified]]:
    """Identify networks, a batch at a time and in order."""
    return map_batches(_identify, networks, workers=workers)


def _identify(network: Named) -> Identified:
    name, source = network
    try:
        return identify(name, source)
    except InvalidSource as error:
        return str(error)
