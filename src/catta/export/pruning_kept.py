"""What stays of a pruned network: its files, and its place in the corpus."""

from __future__ import annotations

import hashlib
from pathlib import Path

from catta.corpus import Corpus
from catta.corpus.edge import EdgeExport
from catta.export.files import write_file
from catta.export.pruning import Pruned
from catta.training.weights import save_weights

FORMAT = "pruned"
"""What the corpus calls the weights of a pruned network among the files that networks became."""


def write_pruned(pruned: Pruned, file: Path) -> None:
    """Write the weights and, beside them, the text; each whole or not at all."""
    write_file(file.with_suffix(".py"), pruned.trained.network.source.encode())
    save_weights(file, pruned.trained)


def keep_pruned(pruned: Pruned, file: Path, corpus: Corpus) -> EdgeExport:
    """Store the network with its parent, and what pruning came to."""
    trained = pruned.trained
    content = file.read_bytes()
    record = EdgeExport(
        network_id=trained.network.id,
        recipe_id=trained.recipe.id,
        format=FORMAT,
        quantization="none",
        sha256=hashlib.sha256(content).hexdigest(),
        file_bytes=len(content),
        dynamic=True,
        dataset=trained.recipe.dataset,
        metric=trained.recipe.metric,
        accuracy_before=pruned.accuracy_before,
        accuracy_after=pruned.accuracy_after,
        compared=0,  # the two are different networks: their scores are not the same
        max_abs=0.0,
        top1=0.0,
        trained=True,
        details=pruned.details(),
    )
    with corpus.transaction():
        corpus.networks.add([pruned.parent, trained.network])
        corpus.edge.save_export(record)
    return record
