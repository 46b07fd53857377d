"""`catta bench`: what running a network or a file takes on this machine."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer

from catta.cli.edge_tables import all_table, measured_table
from catta.cli.export_network import Quantize, Untrained, WeightsFile
from catta.cli.guard import guarded
from catta.cli.option_groups import grouped
from catta.cli.options import AsJson, Task, Unsafe
from catta.cli.output import print_json, print_rich
from catta.cli.place_options import DataOptions, KeepOptions
from catta.cli.recipe_options import DEFAULT_TASK
from catta.errors import UsageError
from catta.paths import default_corpus

if TYPE_CHECKING:
    from catta.export.adb import Phone
    from catta.export.benching import Passes

_THIS = "cpu"
_ON_PHONES = "onnxruntime"


@dataclass(frozen=True, kw_only=True)
class PassOptions:
    """What is timed."""

    PANEL: ClassVar[str] = "What is timed"

    threads: Annotated[
        str, typer.Option("--threads", metavar="N,...", help="Threads of the runtime.")
    ] = "1"
    batch: Annotated[str, typer.Option("--batch", metavar="N,...", help="Samples of one pass.")] = (
        "1"
    )
    warmup: Annotated[
        int, typer.Option("--warmup", metavar="N", help="Passes before those that are timed.")
    ] = 20
    runs: Annotated[int, typer.Option("--runs", metavar="N", help="Passes that are timed.")] = 200

    def passes(self) -> Passes:
        """The same as a record.

        Raises:
            UsageError: A value makes no sense.
        """
        from catta.export.benching import Passes

        return Passes(
            threads=_numbers("--threads", self.threads),
            batches=_numbers("--batch", self.batch),
            warmup=self.warmup,
            runs=self.runs,
        )


@guarded
@grouped
def bench(
    target: Annotated[
        str | None,
        typer.Argument(metavar="NETWORK|FILE", help="A network, or a file of `catta export`."),
    ] = None,
    *,
    list_: Annotated[
        bool,
        typer.Option("--list", help="Measure nothing: list what is known, LEMUR's phones too."),
    ] = False,
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
    timing: PassOptions,
    quantize: Quantize = "none",
    weights: WeightsFile = None,
    untrained: Untrained = False,
    task: Task = None,
    place: DataOptions,
    unsafe: Unsafe = False,
    keep: KeepOptions,
    as_json: AsJson = False,
) -> None:
    """Measure latency, throughput and memory of a network or a file, or list measurements.

    A pass is one batch of noise. Times are wall-clock; processor time is told beside them, because
    other programs make a machine slow. With a runtime that runs files a network is exported first.
    """
    from catta.export.adb_bench import bench_on_phone
    from catta.export.benching import bench as measure
    from catta.export.registry import runtime as find_runtime
    from catta.export.targets import contestant_of, runtime_for
    from catta.export.workplace import Workplace

    if list_:
        _list(keep.corpus, target, as_json=as_json)
        return
    if target is None:
        raise UsageError("name a network or a file to measure, or add --list")
    place.load_plugins()
    phone, passes = _phone_of(device, runtime, runner), timing.passes()
    if phone is not None:
        runtime = _ON_PHONES
    chosen = find_runtime(runtime) if runtime else runtime_for(target)
    with ExitStack() as stack:
        store = stack.enter_context(keep.store())
        workplace = stack.enter_context(Workplace(unsafe=unsafe))
        contestant = contestant_of(
            target,
            chosen,
            store,
            workplace,
            quantize=quantize,
            weights=weights,
            untrained=untrained,
            task=task or DEFAULT_TASK,
            directory=place.directory(),
        )
        if phone is not None and runner is not None:
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
