"""What stays of an export: its record in the corpus, and for tables its bytes in the cache."""

from __future__ import annotations

import hashlib
from pathlib import Path

from catta.corpus import Corpus
from catta.corpus.edge import EdgeExport
from catta.export.exporting import Exported
from catta.export.files import write_file
from catta.paths import cache_dir


def keep(exported: Exported, corpus: Corpus) -> EdgeExport:
    """Store the record of an export, and its network if it is not there yet; not the file."""
    record = record_of(exported)
    with corpus.transaction():
        corpus.networks.add([exported.subject.network])
        corpus.edge.save_export(record)
    return record


def record_of(exported: Exported) -> EdgeExport:
    """An export without its bytes."""
    subject, found = exported.subject, exported.agreement
    return EdgeExport(
        network_id=subject.network.id,
        recipe_id=subject.recipe.id,
        format=exported.format,
        quantization=exported.quantization,
        sha256=exported.sha256,
        file_bytes=len(exported.content),
        dynamic=exported.dynamic,
        dataset=subject.recipe.dataset,
        metric=subject.recipe.metric,
        accuracy_before=exported.accuracy_before,
        accuracy_after=exported.accuracy_after,
        compared=found.samples,
        max_abs=found.max_abs,
        top1=found.top1,
        trained=subject.trained,
        details=exported.details,
    )


def cache(content: bytes, sha256: str) -> None:
    """Keep the bytes of a file until the cache is cleared, so that it can be measured again."""
    place = _place(sha256)
    place.parent.mkdir(parents=True, exist_ok=True)
    write_file(place, content)


def cached(sha256: str) -> bytes | None:
    """The bytes of a file, if the cache has them."""
    try:
        content = _place(sha256).read_bytes()
    except FileNotFoundError:
        return None
    return content if hashlib.sha256(content).hexdigest() == sha256 else None


def _place(sha256: str) -> Path:
    return cache_dir() / "exports" / f"{sha256}.file"
