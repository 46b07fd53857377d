"""`catta deploy`: a folder that works without Catta."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from catta.cli.export_network import Calibrate, Quantize, Untrained, WeightsFile
from catta.cli.guard import guarded
from catta.cli.options import (
    AsJson,
    CorpusPath,
    DataDirectory,
    Plugins,
    Unsafe,
    directory_of,
    load_plugins,
)
from catta.cli.output import print_json, print_rich
from catta.paths import default_corpus

if TYPE_CHECKING:
    from catta.corpus import Corpus
    from catta.records import Network


@guarded
def deploy(
    name: Annotated[
        str, typer.Argument(metavar="NETWORK", help="FILE.py, or a name in the corpus or the zoo.")
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="DIR", help="A directory that is not there.")
    ],
    quantize: Quantize = "none",
    calibrate: Calibrate = 200,
    weights: WeightsFile = None,
    untrained: Untrained = False,
    runs: Annotated[
        int, typer.Option("--runs", metavar="N", help="Passes that are timed for the card.")
    ] = 200,
    no_save: Annotated[bool, typer.Option("--no-save", help="Keep nothing in the corpus.")] = False,
    plugin: Plugins = None,
    data: DataDirectory = None,
    unsafe: Unsafe = False,
    corpus: CorpusPath = None,
    as_json: AsJson = False,
) -> None:
    """Write a folder that classifies images without Catta: model, labels, script, model card.

    It needs onnxruntime, numpy and pillow only. The folder appears when it is whole.
    """
    from catta.corpus import Corpus
    from catta.export.benching import Passes, bench
    from catta.export.contestants import of_export
    from catta.export.deploying import check_folder
    from catta.export.deploying import deploy as write
    from catta.export.exporting import export, find_exporter
    from catta.export.kept import keep
    from catta.export.preprocessing import preprocessing_of
    from catta.export.registry import runtime
    from catta.export.subjects import subject_of
    from catta.export.workplace import Workplace
    from catta.tasks.datasets import find_dataset

    load_plugins(plugin)
    check_folder(output)
    exporter, passes = find_exporter("onnx", quantize), Passes(runs=runs)
    directory = directory_of(data)
    with ExitStack() as stack:
        store = None if no_save else stack.enter_context(Corpus.open(corpus or default_corpus()))
        subject = subject_of(
            name, corpus=store, weights=weights, untrained=untrained, directory=directory
        )
        channels = subject.data.problem.sample[0]
        how = preprocessing_of(subject.recipe, channels, directory=directory)
        workplace = stack.enter_context(Workplace(unsafe=unsafe))
        exported = export(subject, exporter, quantize, workplace=workplace, calibrate=calibrate)
        if store is not None:
            keep(exported, store)
        found = bench(
            of_export(exported, store), runtime(exporter.runtime), passes, workplace=workplace
        )
        if store is not None:
            store.edge.save_measurements(found)
        sizes = write(
            output,
            exported,
            preprocessing=how,
            lineage=_lineage(subject.network, store),
            measurements=found,
            origin=find_dataset(subject.recipe.dataset).origin,
        )
    if as_json:
        print_json(
            {"directory": output, "files": sizes, "accuracy": exported.accuracy_after}
            | {"median_ms": found[0].median_ms, "device": found[0].device}
        )
        return
    print_rich(
        f"{output}: {', '.join(sizes)}",
        f"{subject.recipe.metric} {exported.accuracy_after:.4f} on the validation split of "
        f"{subject.recipe.dataset}; {found[0].median_ms:.3f} ms for an image on "
        f"{found[0].device}",
    )


def _lineage(network: Network, corpus: Corpus | None) -> list[Network]:
    """Its parent, the parent of that, and so on."""
    found: list[Network] = []
    while corpus is not None and network.parent is not None:
        parent = corpus.networks.get(network.parent)
        if parent is None or parent in found:
            break
        found.append(parent)
        network = parent
    return found
