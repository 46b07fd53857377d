"""The known networks: everything published, reduced to architectures, for seeds and for novelty."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from catta.corpus import Corpus
from catta.corpus.importers import open_lemur
from catta.errors import UsageError
from catta.loop.observer import Observer
from catta.loop.reduction import reduce_to_architecture
from catta.novelty import (
    InvalidSource,
    hash_identity,
    identity_text,
    signature_to_bytes,
    text_signature,
)
from catta.processes import map_batches
from catta.records import Network, Reported


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishedNetwork:
    """A network as somebody published it: name, source, licence, first-epoch accuracy (0..1)."""

    name: str
    source: str
    licence: str
    accuracy: float | None


_Reduced = tuple[Network, bytes]
"""A network reduced to its architecture, and its MinHash signature."""


@dataclass(kw_only=True, slots=True)
class _Known:
    """Distinct networks by identity, the further names of some, their best accuracies."""

    networks: dict[str, Network] = field(default_factory=dict[str, Network])
    aliases: list[Network] = field(default_factory=list[Network])
    minhashes: dict[str, bytes] = field(default_factory=dict[str, bytes])
    accuracies: dict[str, float] = field(default_factory=dict[str, float])

    def add(self, network: Network, minhash: bytes, accuracy: float | None) -> None:
        if network.id in self.networks:
            self.aliases.append(network)
        else:
            self.networks[network.id] = network
            self.minhashes[network.id] = minhash
        if accuracy is not None:
            self.accuracies[network.id] = max(accuracy, self.accuracies.get(network.id, 0.0))

    def ranked(self) -> list[str]:
        """Identities, best accuracy first."""
        return sorted(self.networks, key=lambda i: (-self.accuracies.get(i, 0.0), i))


def import_known(
    corpus: Corpus,
    source: str | None,
    workers: int,
    observer: Observer,
    stop: Callable[[], bool],
) -> list[str]:
    """Bring the published networks into the corpus, reduced to their architectures.

    Every network that parses enters the novelty index, whatever it imports; the accuracies
    reported with them are kept beside them. Importing twice changes nothing.

    Args:
        corpus: Where they go.
        source: A wheel of `nn-dataset`, a JSON file, or None for the wheel on PyPI.
        workers: Processes to reduce with.
        observer: Told how it goes.
        stop: Asked between networks whether to stop; nothing is kept then.

    Returns:
        Their ids, best reported accuracy first.
    """
    settings = {"source": source or "pypi"}
    key = settings_key("known", settings)
    stored = corpus.networks.seed_set(key)
    if stored is not None:
        return stored
    published = list(_read(source))
    known = _Known()
    observer.begin("import", len(published))
    done = 0
    for batch in map_batches(_reduce, published, workers=workers):
        if stop():
            observer.end()
            return []
        for original, reduced in zip(published[done:], batch, strict=False):
            if reduced is not None:
                known.add(*reduced, original.accuracy)
        done += len(batch)
        observer.advance(len(batch))
    observer.end()
    if not known.networks:
        raise UsageError(f"seeds.source: {source} holds no network")
    with corpus.transaction():
        _store(known, corpus, source or "nn-dataset")
        corpus.networks.save_seed_set(key, settings, known.ranked())
    observer.message(f"{len(known.networks):,} known networks in the corpus.")
    return known.ranked()


def settings_key(kind: str, settings: object) -> str:
    """Key under which what was made with some settings is stored: `<kind>:<hash>`."""
    text = json.dumps(settings, sort_keys=True)
    return f"{kind}:{hashlib.sha256(text.encode()).hexdigest()[:24]}"


def _store(known: _Known, corpus: Corpus, source: str) -> None:
    corpus.networks.add([*known.networks.values(), *known.aliases])
    corpus.networks.add_fingerprints((i, minhash, None) for i, minhash in known.minhashes.items())
    corpus.networks.add_reported(
        Reported(
            network_id=identity,
            task="img-classification",
            dataset="cifar-10",
            metric="acc",
            epoch=1,
            accuracy=accuracy,
            source=source,
        )
        for identity, accuracy in known.accuracies.items()
    )


def _reduce(published: PublishedNetwork) -> _Reduced | None:
    """The network reduced, or None if it does not parse."""
    try:
        source = reduce_to_architecture(published.source)
        text = identity_text(source)
    except InvalidSource:
        return None
    network = Network(
        id=hash_identity(text),
        source=source,
        name=published.name,
        origin="architecture",
        licence=published.licence,
    )
    return network, signature_to_bytes(text_signature(text))


def _read(source: str | None) -> Iterator[PublishedNetwork]:
    if source is not None and source.endswith(".json"):
        yield from _read_json(Path(source))
        return
    with open_lemur(source) as wheel:
        accuracies = wheel.first_epoch_accuracies()
        for network in wheel.networks():
            yield PublishedNetwork(
                name=network.name,
                source=network.source,
                licence=network.licence,
                accuracy=accuracies.get(network.name),
            )


def _read_json(path: Path) -> Iterator[PublishedNetwork]:
    """Networks of one's own: a JSON list of objects with name, source, licence, accuracy."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        for row in rows:
            yield PublishedNetwork(
                name=str(row["name"]),
                source=str(row["source"]),
                licence=str(row.get("licence", "unknown")),
                accuracy=None if row.get("accuracy") is None else float(row["accuracy"]),
            )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"seeds.source: {path} is not a JSON list of objects with name and source ({error})"
        ) from error
