"""`catta bench`: what running a network or a file takes on this machine."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from catta.cli.edge_tables import all_table, measured_table
from catta.cli.export_network import Quantize, Untrained, WeightsFile
from catta.cli.guard import guarded
from catta.cli.options import AsJson, CorpusPath, DataDirectory, Unsafe
from catta.cli.output import print_json, print_rich
from catta.cli.train import Task
from catta.errors import UsageError
from catta.paths import default_corpus

if TYPE_CHECKING:
    from catta.corpus import Corpus
    from catta.export.adb import Phone
    from catta.export.benching import Contestant
    from catta.export.protocols import Runtime
    from catta.export.workplace import Workplace

_THIS = "cpu"


@guarded
def bench(
    target: Annotated[
        str | None,
        typer.Argument(metavar="NETWORK|FILE", help="A network, or a file of `catta export`."),
    ] = None,
    runtime: Annotated[
        str | None,
        typer.Option(
            "--runtime",
            metavar="NAME",
            help="onnxruntime, pytorch, executorch or litert; default: the file's.",
        ),
    ] = None,
    device: Annotated[
        str,
        typer.Option(
            "--device",
            metavar="NAME",
            help="cpu: this machine's processor; adb:SERIAL: a phone, which needs --runner.",
        ),
    ] = _THIS,
    runner: Annotated[
        Path | None,
        typer.Option(
            "--runner", metavar="FILE", help="onnxruntime_perf_test, built for the phone."
        ),
    ] = None,
    threads: Annotated[
        str, typer.Option("--threads", metavar="N,...", help="Threads of the runtime.")
    ] = "1",
    batch: Annotated[
        str, typer.Option("--batch", metavar="N,...", help="Samples of one pass.")
    ] = "1",
    warmup: Annotated[
        int, typer.Option("--warmup", metavar="N", help="Passes before those that are timed.")
    ] = 20,
    runs: Annotated[int, typer.Option("--runs", metavar="N", help="Passes that are timed.")] = 200,
    quantize: Quantize = "none",
    weights: WeightsFile = None,
    untrained: Untrained = False,
    task: Task = None,
    list_: Annotated[
        bool,
        typer.Option("--list", help="Measure nothing: list what is known, LEMUR's phones too."),
    ] = False,
    no_save: Annotated[bool, typer.Option("--no-save", help="Keep nothing in the corpus.")] = False,
    data: DataDirectory = None,
    unsafe: Unsafe = False,
    corpus: CorpusPath = None,
    as_json: AsJson = False,
) -> None:
    """Measure latency, throughput and memory of a network or a file, or list measurements.

    A pass is one batch of noise. Times are wall-clock; processor time is told beside them, because
    other programs make a machine slow. With a runtime that runs files a network is exported first.
    """
    from catta.corpus import Corpus
    from catta.export.benching import Passes
    from catta.export.benching import bench as measure
    from catta.export.registry import runtime as find_runtime
    from catta.export.registry import runtime_of
    from catta.export.workplace import Workplace

    if list_:
        _list(corpus, target, as_json=as_json)
        return
    if target is None:
        raise UsageError("name a network or a file to measure, or add --list")
    phone = _phone_of(device, runtime, runner)
    passes = Passes(
        threads=_numbers("--threads", threads),
        batches=_numbers("--batch", batch),
        warmup=warmup,
        runs=runs,
    )
    file = Path(target) if _is_file(target) else None
    default = "pytorch" if phone is None else "onnxruntime"
    chosen = find_runtime(runtime or (runtime_of(file) if file is not None else default))
    with ExitStack() as stack:
        store = None if no_save else stack.enter_context(Corpus.open(corpus or default_corpus()))
        workplace = stack.enter_context(Workplace(unsafe=unsafe))
        if file is not None:
            from catta.export.contestants import of_file

            contestant = of_file(file, chosen, store)
        else:
            contestant = _of_network(
                target,
                chosen,
                store,
                workplace,
                quantize=quantize,
                weights=weights,
                untrained=untrained,
                task=task,
                directory=None if data is None else Path(data).expanduser(),
            )
        if phone is not None and runner is not None:
            from catta.export.adb_bench import bench_on_phone

            found = bench_on_phone(contestant, passes, stack.enter_context(phone), runner)
        else:
            found = measure(contestant, chosen, passes, workplace=workplace)
        if store is not None:
            store.edge.save_measurements(found)
    if as_json:
        print_json([asdict(one) for one in found])
    else:
        print_rich(measured_table(found))


def _phone_of(device: str, runtime: str | None, runner: Path | None) -> Phone | None:
    """The phone that a device is, or None for this machine."""
    from catta.export.adb import PREFIX, Phone
    from catta.export.adb_bench import check_runner

    if device.startswith(PREFIX):
        check_runner(runner)
        if runtime not in (None, "onnxruntime"):
            raise UsageError(f"on a phone the runtime is onnxruntime, not {runtime}")
        return Phone(device.removeprefix(PREFIX))
    if device != _THIS:
        raise UsageError(f"device must be {_THIS} or {PREFIX}SERIAL, not {device!r}")
    return None


def _is_file(target: str) -> bool:
    """Whether a file is meant: what a suffix other than `.py` says, or one that is there."""
    path = Path(target)
    return path.suffix != ".py" and (path.suffix in {".onnx", ".pt2"} or path.is_file())


def _of_network(
    name: str,
    runtime: Runtime,
    corpus: Corpus | None,
    workplace: Workplace,
    *,
    quantize: str,
    **given: Any,
) -> Contestant:
    from catta.export.contestants import of_export, of_network
    from catta.export.exporting import export, find_exporter
    from catta.export.kept import keep
    from catta.export.registry import EXPORTERS, RUNTIMES
    from catta.export.subjects import subject_of

    given["task"] = given["task"] or "img-classification"
    if given["weights"] is None and runtime.runs_networks:
        given["untrained"] = True  # how long it takes does not depend on what it has learnt
    subject = subject_of(name, corpus=corpus, **given)
    if runtime.runs_networks and quantize == "none":
        return of_network(subject, corpus)
    suffix = RUNTIMES[runtime.name].suffix
    formats = [key for key, entry in EXPORTERS.items() if entry.suffix == suffix]
    exported = export(subject, find_exporter(formats[0], quantize), quantize, workplace=workplace)
    if corpus is not None:
        keep(exported, corpus)
    return of_export(exported, corpus)


def _numbers(option: str, text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError as error:
        raise UsageError(f"{option}: {text!r} is not N or N,N,...") from error


def _list(corpus: str | None, name: str | None, *, as_json: bool) -> None:
    import json

    from catta.export.united import measurements

    found = measurements(corpus or default_corpus(), network=name)
    if as_json:
        typer.echo(json.dumps(json.loads(found.to_json(orient="records") or "[]")))
        return
    if found.empty:
        whose = f" of {name}" if name else ""
        print_rich(f"The corpus holds no measurements{whose}: `catta bench NETWORK` makes some.")
        return
    print_rich(all_table(found))
