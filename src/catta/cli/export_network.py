"""`catta export NETWORK`: a trained network as a file for a device."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from catta.cli.guard import guarded
from catta.cli.option_groups import grouped
from catta.cli.options import AsJson, Task, Unsafe
from catta.cli.output import check_target, print_json, print_rich
from catta.cli.place_options import DataOptions, KeepOptions
from catta.cli.recipe_options import DEFAULT_TASK

if TYPE_CHECKING:
    from catta.corpus.edge import EdgeExport

_KIBI = 1_024.0

WeightsFile = Annotated[
    Path | None,
    typer.Option(
        "--weights",
        "--checkpoint",
        metavar="FILE.safetensors",
        help="Trained weights, as `catta train --weights` writes them.",
    ),
]
Untrained = Annotated[
    bool, typer.Option("--untrained", help="Take the weights that the network is born with.")
]
Quantize = Annotated[
    str,
    typer.Option(
        "--quantize",
        metavar="HOW",
        help="none, fp16, int8-dynamic or int8-static, where the format has it.",
    ),
]
Calibrate = Annotated[
    int,
    typer.Option(
        "--calibrate", metavar="N", help="Training images that int8-static measures ranges with."
    ),
]


@guarded
@grouped
def network(
    name: Annotated[
        str, typer.Argument(metavar="NETWORK", help="FILE.py, or a name in the corpus or the zoo.")
    ],
    *,
    format_: Annotated[
        str, typer.Option("--format", metavar="NAME", help="onnx, pt2, executorch or litert.")
    ] = "onnx",
    quantize: Quantize = "none",
    calibrate: Calibrate = 200,
    weights: WeightsFile = None,
    untrained: Untrained = False,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Default: NETWORK and its suffix."),
    ] = None,
    task: Task = None,
    place: DataOptions,
    unsafe: Unsafe = False,
    keep: KeepOptions,
    as_json: AsJson = False,
) -> None:
    """Make a network a file that a device runs, and compare the file with PyTorch.

    The accuracy before and after is that of the validation split of the recipe that the weights
    were trained under. The record of it stays in the corpus, the file where you want it.
    """
    from catta.export.exporting import export, find_exporter
    from catta.export.files import write_file
    from catta.export.kept import keep as keep_export
    from catta.export.kept import record_of
    from catta.export.subjects import subject_of
    from catta.export.workplace import Workplace

    place.load_plugins()
    exporter = find_exporter(format_, quantize)
    path = output or Path(f"{Path(name).stem}{exporter.suffix}")
    check_target(path, "--output")
    with ExitStack() as stack:
        store = stack.enter_context(keep.store())
        subject = subject_of(
            name,
            corpus=store,
            weights=weights,
            untrained=untrained,
            task=task or DEFAULT_TASK,
            directory=place.directory(),
        )
        workplace = stack.enter_context(Workplace(unsafe=unsafe))
        exported = export(subject, exporter, quantize, workplace=workplace, calibrate=calibrate)
        write_file(path, exported.content)
        record = record_of(exported) if store is None else keep_export(exported, store)
    if as_json:
        print_json({"file": path, "network": subject.network.name, **_fields(record)})
    else:
        print_rich(*_lines(path, record, exported.agreement.scale))


def _fields(record: EdgeExport) -> dict[str, object]:
    from dataclasses import asdict

    return asdict(record)


def _lines(path: Path, record: EdgeExport, scale: float) -> Iterator[str]:
    kind = (
        record.format
        if record.quantization == "none"
        else (f"{record.format}, {record.quantization}")
    )
    batches = "batches of any size" if record.dynamic else "one sample at a time"
    yield f"{path}: {kind}, {record.file_bytes / _KIBI:,.1f} KiB, {batches}"
    yield (
        f"{record.metric} on the validation split of {record.dataset}: "
        f"{record.accuracy_before:.4f} before, {record.accuracy_after:.4f} after"
    )
    yield (
        f"Outputs for {record.compared} samples: the same class for {record.top1:.1%}, "
        f"largest difference {record.max_abs:.2g} (of scores up to {scale:.3g})"
    )
    if not record.trained:
        yield "The network is not trained: its accuracy says nothing."
