"""What the corpus keeps of an export."""

from __future__ import annotations

from catta.corpus import Corpus
from catta.corpus.edge import EdgeExport
from catta.export.exporting import Exported


def keep(exported: Exported, corpus: Corpus) -> EdgeExport:
    """Store an export, and its network if it is not there yet; not the file."""
    subject, found = exported.subject, exported.agreement
    record = EdgeExport(
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
    with corpus.transaction():
        corpus.networks.add([subject.network])
        corpus.edge.save_export(record)
    return record
