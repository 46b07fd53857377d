"""Measurements of ONNX files on a phone, by ONNX Runtime's own program `onnxruntime_perf_test`.

The protocol is written down in docs/edge-android.md.
"""

# onnx ships partly typed.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from catta.corpus.edge import EdgeMeasurement
from catta.errors import ExportError, UsageError
from catta.export.adb import Phone
from catta.export.benching import Contestant, Passes
from catta.export.onnx_check import checked_model

RUNNER = "onnxruntime_perf_test"
_RUNTIME, _FILE, _MODEL = "onnxruntime", "file", "model.onnx"
_SECONDS_A_PASS, _LEAST_SECONDS = 10.0, 120.0
_MEBI = 1 << 20
_LONGEST = 1e6
_WARMUP = 1
"""The program makes one pass before those that it times, and knows no option for more."""

_LATENCY = re.compile(r"^P(50|95|99) Latency: (\S{1,40}) s\s*$", re.MULTILINE)
_RATE = re.compile(r"^Number of inferences per second: (\S{1,40})", re.MULTILINE)
_MEMORY = re.compile(r"^Peak working set size: (\d{1,15}) bytes", re.MULTILINE)
_VERSION = re.compile(r"^(?:ORT|ONNX Runtime|Onnxruntime) version: ([\w.+-]{1,40})", re.MULTILINE)


def check_runner(runner: Path | None) -> Path:
    """The program for the phone.

    Raises:
        UsageError: None is given, or it is no file.
    """
    if runner is None or not runner.is_file():
        raise UsageError(
            f"a phone needs --runner FILE: {RUNNER}, built for Android with ONNX Runtime's "
            "build.sh --android (docs/edge-android.md)"
        )
    return runner


def bench_on_phone(
    contestant: Contestant, passes: Passes, phone: Phone, runner: Path
) -> list[EdgeMeasurement]:
    """Measure an ONNX file on a phone with each number of threads and each size of batches.

    Args:
        contestant: A file.
        passes: How; `warmup` is what the program does itself.
        phone: Entered.
        runner: See `check_runner`.

    Raises:
        UsageError: It is no ONNX file, or it takes batches of one only.
        ExportError: The phone or the program fails.
    """
    content = contestant.arrays.get(_FILE)
    if content is None or contestant.format != "onnx":
        raise UsageError(f"on a phone {RUNNER} measures .onnx files; export the network to one")
    free, sample = _input(content.tobytes())
    if free is None and passes.batches != (1,):
        raise UsageError(f"{contestant.name} takes one sample at a time: measure --batch 1")
    device = " ".join(
        part for name in ("manufacturer", "model") if (part := phone.property(f"ro.product.{name}"))
    )
    system = f"Android {phone.property('ro.build.version.release') or 'of unknown version'}"
    with tempfile.TemporaryDirectory(prefix="catta-adb-") as place:
        model = Path(place) / _MODEL
        model.write_bytes(content.tobytes())
        phone.push(model, _MODEL)
    phone.push(runner, RUNNER, program=True)
    found: list[EdgeMeasurement] = []
    for threads in passes.threads:
        for batch in passes.batches:
            text = phone.shell(
                _command(passes.runs, threads, free, batch),
                seconds=max(_LEAST_SECONDS, passes.runs * _SECONDS_A_PASS),
            )
            found.append(
                _measured(
                    text,
                    contestant,
                    device=device or "phone",
                    system=system,
                    threads=threads,
                    batch=batch,
                    sample=sample,
                    runs=passes.runs,
                )
            )
    return found


def _command(runs: int, threads: int, free: str | None, batch: int) -> list[str]:
    batches = [] if free is None else ["-f", f"{free}:{batch}"]
    options = ["-I", "-s", "-m", "times", "-r", str(runs), "-x", str(threads), "-y", "1"]
    return [f"./{RUNNER}", "-e", "cpu", *options, *batches, _MODEL]


def _input(content: bytes) -> tuple[str | None, tuple[int, ...]]:
    """Name of the free size of batches, None if it is fixed, and the shape of one sample."""
    dimensions = checked_model(content).graph.input[0].type.tensor_type.shape.dim
    first, *rest = dimensions
    return first.dim_param or None, tuple(int(size.dim_value) for size in rest)


def _measured(
    text: str,
    contestant: Contestant,
    *,
    device: str,
    system: str,
    threads: int,
    batch: int,
    sample: tuple[int, ...],
    runs: int,
) -> EdgeMeasurement:
    """What the program printed."""
    latency = {name: _number(value) for name, value in _LATENCY.findall(text)}
    rate, memory, version = _RATE.search(text), _MEMORY.search(text), _VERSION.search(text)
    if latency.keys() != {"50", "95", "99"} or rate is None:
        raise ExportError(f"{RUNNER} printed no latencies: is it the program of that name?")
    details = {} if memory is None else {"peak_working_set_mb": int(memory[1]) / _MEBI}
    return EdgeMeasurement(
        name=contestant.name,
        network_id=contestant.network_id,
        sha256=contestant.sha256,
        format=contestant.format,
        quantization=contestant.quantization,
        runtime=_RUNTIME,
        runtime_version=version[1] if version is not None else "unknown",
        device=device,
        os=system,
        threads=threads,
        batch=batch,
        sample=sample,
        warmup=_WARMUP,
        runs=runs,
        median_ms=latency["50"] * 1e3,
        p95_ms=latency["95"] * 1e3,
        p99_ms=latency["99"] * 1e3,
        cpu_ms=None,
        throughput=_number(rate[1]) * batch,
        load_ms=None,
        peak_memory_mb=None,
        file_bytes=contestant.file_bytes,
        energy_mj=None,
        details=details,
    )


def _number(text: str) -> float:
    """A finite number that is not negative, of what a program on a phone printed."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < _LONGEST:
        raise ExportError(f"{RUNNER} printed a number that is none: {text[:40]}")
    return value
