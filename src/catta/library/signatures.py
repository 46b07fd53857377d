"""Signatures of the networks that are compared: out of the corpus, or computed and kept there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from catta.corpus import Corpus
from catta.errors import CattaError
from catta.library.progress import ImportProgress
from catta.novelty import InvalidSource, signature, signature_to_bytes
from catta.processes import map_batches, usable_cpus

_BUSY_SECONDS = 1.0
"""How long storing waits for another writer: a question has its answer without it."""

_unstored: dict[str, bytes | None] = {}
"""What no corpus would take, by identity, 1 kB each; None where the source does not parse."""


def signatures_of(
    store: Corpus,
    sources: Mapping[str, str],
    progress: ImportProgress,
    *,
    workers: int | None = None,
) -> dict[str, bytes | None]:
    """Signatures of networks; those that the corpus lacks are computed, and stored if that can be.

    Args:
        store: Where they are; one that was opened read-only is opened for writing for a moment.
        sources: Texts by identity.
        progress: Told how computing goes.
        workers: Processes that compute; default: one a processor.

    Returns:
        By identity, in the order of the sources; None where a source does not parse.
    """
    stored = store.signatures.all()
    unknown = [key for key in sources if key not in stored and key not in _unstored]
    fresh: dict[str, bytes | None] = {}
    try:
        texts = [sources[key] for key in unknown]
        fresh.update(zip(unknown, _computed(texts, progress, workers), strict=True))
    finally:  # what was computed before Ctrl-C is not computed again
        _keep(store, fresh)
    return {key: stored.get(key, fresh.get(key, _unstored.get(key))) for key in sources}


def _computed(
    texts: Sequence[str], progress: ImportProgress, workers: int | None
) -> Iterator[bytes | None]:
    if not texts:
        return
    progress.begin("compute signatures", len(texts))
    try:
        for batch in map_batches(_signature, texts, workers=workers or usable_cpus()):
            progress.advance(len(batch))
            yield from batch
    finally:
        progress.end()


def _keep(store: Corpus, fresh: Mapping[str, bytes | None]) -> None:
    known = {key: found for key, found in fresh.items() if found is not None}
    _unstored.update((key, None) for key in fresh if key not in known)
    if not known:
        return
    try:
        with store.writable(busy_seconds=_BUSY_SECONDS) as corpus:
            corpus.signatures.add(known)
    except CattaError:  # the disk is full, somebody writes, or the user may only read
        _unstored.update(known)


def _signature(source: str) -> bytes | None:
    try:
        return signature_to_bytes(signature(source))
    except InvalidSource:
        return None
