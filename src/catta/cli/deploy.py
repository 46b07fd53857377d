"""`catta deploy`: a folder that works without Catta."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from catta.cli.export_network import Calibrate, Quantize, Untrained, WeightsFile
from catta.cli.guard import guarded
from catta.cli.option_groups import grouped
from catta.cli.options import AsJson, Unsafe
from catta.cli.output import print_json, print_rich
from catta.cli.place_options import DataOptions, KeepOptions

if TYPE_CHECKING:
    from catta.corpus import Corpus
    from catta.records import Network


@guarded
@grouped
def deploy(
    name: Annotated[
        str, typer.Argument(metavar="NETWORK", help="FILE.py, or a name in the corpus or the zoo.")
    ],
    *,
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
    place: DataOptions,
    unsafe: Unsafe = False,
    keep: KeepOptions,
    as_json: AsJson = False,
) -> None:
    """Write a folder that classifies images without Catta: model, labels, script, model card.

    It needs onnxruntime, numpy and pillow only. The folder appears when it is whole.
    """
    from catta.export.benching import Passes, bench
    from catta.export.contestants import of_export
    from catta.export.deploying import check_folder
    from catta.export.deploying import deploy as write
    from catta.export.exporting import export, find_exporter
    from catta.export.kept import keep as keep_export
    from catta.export.preprocessing import preprocessing_of
    from catta.export.registry import runtime
    from catta.export.subjects import subject_of
    from catta.export.workplace import Workplace
    from catta.tasks.datasets import find_dataset

    place.load_plugins()
    check_folder(output)
    exporter, passes = find_exporter("onnx", quantize), Passes(runs=runs)
    directory = place.directory()
    with ExitStack() as stack:
        store = stack.enter_context(keep.store())
        subject = subject_of(
            name, corpus=store, weights=weights, untrained=untrained, directory=directory
        )
        channels = subject.data.problem.sample[0]
        how = preprocessing_of(subject.recipe, channels, directory=directory)
        workplace = stack.enter_context(Workplace(unsafe=unsafe))
        exported = export(subject, exporter, quantize, workplace=workplace, calibrate=calibrate)
        if store is not None:
            keep_export(exported, store)
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
