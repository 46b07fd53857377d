"""`catta prune`: a network with fewer channels, trained on, as a network of its own."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from catta.cli.epoch_lines import EpochLines
from catta.cli.export_network import WeightsFile
from catta.cli.guard import guarded
from catta.cli.option_groups import grouped
from catta.cli.options import AsJson, Threads, Unsafe
from catta.cli.output import check_target, print_json, print_rich
from catta.cli.place_options import DataOptions, KeepOptions
from catta.errors import UsageError

if TYPE_CHECKING:
    from catta.export.pruning import Pruned


@guarded
@grouped
def prune(
    name: Annotated[
        str, typer.Argument(metavar="NETWORK", help="FILE.py, or a name in the corpus or the zoo.")
    ],
    *,
    amount: Annotated[
        float, typer.Option("--amount", metavar="SHARE", help="Of the channels of each layer.")
    ] = 0.3,
    epochs: Annotated[
        int, typer.Option("--epochs", metavar="N", help="Of training what is left.")
    ] = 2,
    weights: WeightsFile = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE.safetensors",
            help="The new weights; the new network's text lies beside them as FILE.py.",
        ),
    ] = None,
    place: DataOptions,
    threads: Threads = None,
    unsafe: Unsafe = False,
    keep: KeepOptions,
    as_json: AsJson = False,
) -> None:
    """Take the least important channels out of a trained network and train what is left.

    What comes of it is a new network whose parent is recorded, and its weights. The fine-tuning
    follows the recipe that the weights were trained under, with a quarter of its learning rate.
    """
    from catta.export.pruning import check_prunable
    from catta.export.pruning import prune as pruned_of
    from catta.export.pruning_kept import keep_pruned, write_pruned
    from catta.export.subjects import subject_of
    from catta.export.workplace import Workplace
    from catta.training.warm import WarmWorker

    place.load_plugins()
    check_prunable(amount, epochs)
    if weights is None:
        raise UsageError(
            f"prune needs trained weights: `catta train {name} --weights FILE.safetensors` "
            "writes them, --checkpoint FILE.safetensors names them"
        )
    file = output or Path(f"{Path(name).stem}-pruned-{round(100 * amount)}.safetensors")
    for path in (file, file.with_suffix(".py")):
        check_target(path, "--output")
    with ExitStack() as stack:
        store = stack.enter_context(keep.store())
        subject = subject_of(name, corpus=store, weights=weights, directory=place.directory())
        pruned = pruned_of(
            subject,
            amount,
            epochs=epochs,
            workplace=stack.enter_context(Workplace(unsafe=unsafe)),
            warm=stack.enter_context(WarmWorker(unsafe=unsafe, threads=threads)),
            observer=EpochLines(subject.recipe.metric),
        )
        write_pruned(pruned, file)
        if store is not None:
            keep_pruned(pruned, file, store)
    if as_json:
        network = pruned.trained.network
        print_json(
            {"network": network.name, "network_id": network.id, "weights": file}
            | {"accuracy_before": pruned.accuracy_before, "accuracy": pruned.accuracy_after}
            | pruned.details()
        )
    else:
        print_rich(*_lines(pruned, file))


def _lines(pruned: Pruned, file: Path) -> list[str]:
    before, after = pruned.costs_before, pruned.costs_after
    trained = pruned.trained
    return [
        f"{trained.network.name}: {file} and {file.with_suffix('.py')}",
        f"Parameters: {before.parameters:,} before, {after.parameters:,} after "
        f"({_share(after.parameters, before.parameters)})",
        f"FLOPs of one sample: {before.flops:,} before, {after.flops:,} after "
        f"({_share(after.flops, before.flops)})",
        f"{trained.recipe.metric} on the validation split of {trained.recipe.dataset}: "
        f"{pruned.accuracy_before:.4f} before, {pruned.accuracy_pruned:.4f} pruned, "
        f"{pruned.accuracy_after:.4f} after {trained.recipe.epochs} epochs more",
    ]


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "0%"
