"""What the corpus keeps of an export."""

from __future__ import annotations

from catta.corpus import Corpus
from catta.corpus.edge import EdgeExport
from catta.export.exporting import Exported


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
