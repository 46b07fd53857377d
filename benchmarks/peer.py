"""The corpus beside LEMUR's own package: the same questions, the same machine, one table.

    python benchmarks/peer.py [WHEEL] [--again] [--full] [--only-peer]

The peer is `nn-dataset` 2.1.2, installed into a virtual environment in the cache, without the
packages that its questions do not need. It is imported to ask its database and for nothing else:
asking executes no network's code. Each step is a process of its own, without the network and, where
bubblewrap is there, with a read-only file system, in a temporary home and working directory.

A question to the peer that takes longer than 120 s is given up, unless `--full` is given. What the
peer took is kept in the cache and used again on the same machine; `--again` measures anew.
Catta's figures are always measured now: the median of five calls in one process.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import json
import os
import platform
import resource
import shutil
import signal
import site
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import catta
from catta.errors import CattaError, FetchError
from catta.fetch import pip_download
from catta.paths import cache_dir

VERSION = "2.1.2"
NEEDED = ("torch", "numpy", "pandas", "tqdm", "radon")
SECONDS = 120
IMPORT_SECONDS = 3_600
REPEATS = 5
IMPORT = "import of 2.1.2"
QUESTIONS: dict[str, tuple[float, dict[str, Any]]] = {
    "data()": (2.0, {}),
    "data(only_best_accuracy=True, CIFAR-10)": (
        0.3,
        {"only_best_accuracy": True, "task": "img-classification", "dataset": "cifar-10"},
    ),
    "data(max_rows=10)": (0.02, {"max_rows": 10}),
    'data(nn="ResNet", CIFAR-10, epoch=1)': (
        0.02,
        {"nn": "ResNet", "dataset": "cifar-10", "epoch": 1},
    ),
}
LIMITS = {IMPORT: 40.0} | {name: limit for name, (limit, _) in QUESTIONS.items()}


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """What a step took: seconds, CPU seconds of all its processes, peak MB of the first one.

    `rows` is the rows of the answer; `file_mb` the size of the database. `note` says instead why
    there are no figures.
    """

    wall: float = 0.0
    cpu: float = 0.0
    memory_mb: float = 0.0
    rows: int | None = None
    file_mb: float | None = None
    note: str | None = None


# In the process that is measured.


def spent() -> tuple[float, float]:
    """Wall-clock and CPU seconds so far, those of ended children included."""
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return time.perf_counter(), sum(one.ru_utime + one.ru_stime for one in usage)


def measured(call: Callable[[], Any], repeats: int = 1) -> Cost:
    """The median cost of a call that returns something with a length, or None."""
    taken: list[tuple[float, float]] = []
    rows: int | None = None
    for _ in range(repeats):
        before = spent()
        answer = call()
        taken.append((spent()[0] - before[0], spent()[1] - before[1]))
        rows = None if answer is None else len(answer)
    wall, cpu = (statistics.median(column) for column in zip(*taken, strict=True))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Cost(wall=wall, cpu=cpu, memory_mb=memory, rows=rows)


def peer_import(_: dict[str, Any]) -> Cost:
    def load() -> None:
        import ab.nn.api  # noqa: F401  # pyright: ignore  (its import fills its database)

    return measured(load)


def peer_question(arguments: dict[str, Any]) -> Cost:
    from ab.nn import api  # pyright: ignore

    return measured(lambda: api.data(**arguments))  # pyright: ignore


def catta_import(arguments: dict[str, Any]) -> Cost:
    def load() -> None:
        from joblib.externals.loky import get_reusable_executor

        with catta.Corpus.open("corpus.sqlite") as corpus:
            catta.import_lemur(corpus, arguments["wheel"])
        get_reusable_executor().shutdown(wait=True)  # its CPU time counts once it has ended

    return measured(load)


def catta_question(arguments: dict[str, Any]) -> Cost:
    def ask() -> Any:
        return catta.data(corpus="corpus.sqlite", **arguments)

    ask()  # the peer's process has pandas loaded too when its clock starts
    return measured(ask, REPEATS)


STEPS = {step.__name__: step for step in (peer_import, peer_question, catta_import, catta_question)}


# Around it.


def run(
    python: Path, step: str, arguments: dict[str, Any], directory: Path, seconds: float | None
) -> Cost:
    """One step in a process of its own, in a directory, ended with its children at its limit."""
    command = [str(python), str(Path(__file__).resolve()), "--step", step, json.dumps(arguments)]
    log = directory / "log"
    with log.open("w") as errors:
        process = subprocess.Popen(
            [*enclosure(directory), *command],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            cwd=directory,
            env=environment(directory),
            start_new_session=True,
        )
        try:
            output, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            return Cost(note=f"more than {seconds:,.0f} s")
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    if process.returncode:
        lines = log.read_text(errors="replace").strip().splitlines() or ["nothing said"]
        return Cost(note=f"failed with {process.returncode}: {lines[-1]}")
    return Cost(**json.loads(output.splitlines()[-1]))


def environment(directory: Path) -> dict[str, str]:
    """What a step sees of the environment: nothing of the user's."""
    return {"PATH": "/usr/bin:/bin", "HOME": str(directory), "LC_ALL": "C.UTF-8"}


def enclosure(directory: Path) -> list[str]:
    """Beginning of a command that runs it in bubblewrap, or nothing where there is none."""
    if shutil.which("bwrap") is None:
        return []
    own = ["--bind", str(directory), str(directory), "--chdir", str(directory)]
    wrapped = ["bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
    wrapped += ["--unshare-net", "--unshare-pid", "--die-with-parent"]
    works = subprocess.run([*wrapped, *own, "true"], capture_output=True, check=False)
    return [*wrapped, *own] if works.returncode == 0 else []


def installed(wheel: Path) -> Path:
    """Python of a virtual environment that has the peer.

    What is installed beside the running Python is there too, so that torch need not be again.

    Raises:
        FetchError: It cannot be installed.
    """
    root = cache_dir() / "peer" / VERSION
    python = root / "bin" / "python"
    if (root / "installed").exists():
        return python
    print(f"installing nn-dataset {VERSION} into {root}", flush=True)
    run_or_fail([sys.executable, "-m", "venv", "--clear", str(root)])
    ask = [str(python), "-c", "import site; print(site.getsitepackages()[0])"]
    packages = Path(subprocess.run(ask, capture_output=True, text=True, check=True).stdout.strip())
    lines = [f"import site; site.addsitedir({path!r})\n" for path in site.getsitepackages()]
    (packages / "beside.pth").write_text("".join(lines))
    pip = [str(python), "-m", "pip", "install", "--quiet"]
    run_or_fail([*pip, "--no-deps", "--no-compile", str(wheel)])
    run_or_fail([*pip, *NEEDED])
    (root / "installed").touch()
    return python


def run_or_fail(command: list[str]) -> None:
    try:
        subprocess.run(command, capture_output=True, text=True, check=True)
    except subprocess.CalledProcessError as error:
        lines = (error.stderr or error.stdout).strip().splitlines() or ["nothing said"]
        raise FetchError(f"the peer cannot be installed: {lines[-1]}") from None


@contextlib.contextmanager
def workplace() -> Generator[Path]:
    with tempfile.TemporaryDirectory(prefix="catta-bench-") as directory:
        yield Path(directory)


def costs(side: str, python: Path, wheel: Path, full: bool) -> dict[str, Cost]:
    """What import and questions cost one side, `peer` or `catta`, in a new database."""
    found: dict[str, Cost] = {}
    with workplace() as directory:
        limit = None if full else IMPORT_SECONDS
        loaded = run(python, f"{side}_import", {"wheel": str(wheel)}, directory, limit)
        files = [*directory.glob("db/*.db"), *directory.glob("corpus.sqlite")]
        size = sum(file.stat().st_size for file in files) / 1e6
        found[IMPORT] = replace(loaded, file_mb=size)
        say(side, IMPORT, found[IMPORT])
        if loaded.note:
            return found
        for name, (_, arguments) in reversed(QUESTIONS.items()):
            limit = None if full else SECONDS
            found[name] = run(python, f"{side}_question", arguments, directory, limit)
            say(side, name, found[name])
    return found


def peer_costs(wheel: Path, again: bool, full: bool) -> tuple[str, dict[str, Cost]]:
    """When the peer was measured, and what it took: from the cache where that will do."""
    kept = cache_dir() / "peer" / f"{VERSION}.json"
    if kept.exists() and not again:
        record = json.loads(kept.read_text())
        answers = {name: Cost(**cost) for name, cost in record["costs"].items()}
        whole = not (full and any(cost.note for cost in answers.values()))
        if record["machine"] == machine() and answers.keys() == LIMITS.keys() and whole:
            return record["measured"], answers
    answers = costs("peer", installed(wheel), wheel, full)
    today = datetime.date.today().isoformat()
    record: dict[str, Any] = {"measured": today, "machine": machine(), "version": VERSION}
    record["costs"] = {name: asdict(cost) for name, cost in answers.items()}
    kept.write_text(json.dumps(record, indent=2))
    return today, answers


def machine() -> str:
    """Processor, number of processors and memory."""
    name, cpuinfo = platform.machine(), Path("/proc/cpuinfo")
    if cpuinfo.exists():
        models = [line for line in cpuinfo.read_text().splitlines() if "model name" in line]
        name = models[0].partition(":")[2].strip() if models else name
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{name}, {os.cpu_count()} processors, {memory:.0f} GB"


def say(side: str, name: str, cost: Cost) -> None:
    if cost.note:
        print(f"{side:5} {name:40} {cost.note}", flush=True)
        return
    rows = "" if cost.rows is None else f", {cost.rows:,} rows"
    figures = f"{cost.wall:10.3f} s, {cost.cpu:10.3f} s of CPU, {cost.memory_mb:6,.0f} MB{rows}"
    print(f"{side:5} {name:40} {figures}", flush=True)


def table(ours: dict[str, Cost], theirs: dict[str, Cost]) -> list[str]:
    """Lines of the comparison; without the peer's columns where there is no peer."""
    lines = [f"{'question':40} {'limit':>9} {'Catta':>12} {'peer':>16} {'peer / Catta':>12}"]

    def line(name: str, limit: str, own: float, other: float | str | None, unit: str) -> None:
        shown, ratio = other if isinstance(other, str) else "-", "-"
        digits = 3 if unit == "s" else 0
        if isinstance(other, float):
            shown, ratio = f"{other:,.{digits}f} {unit}", f"{other / own:,.1f}"
        lines.append(
            f"{name:40} {limit:>9} {f'{own:,.{digits}f} {unit}':>12} {shown:>16} {ratio:>12}"
        )

    for name, own in ours.items():
        other = theirs.get(name, Cost(note="-"))
        line(name, f"{LIMITS[name]:g} s", own.wall, other.note or other.wall, "s")
        line("  CPU", "", own.cpu, other.note or other.cpu, "s")
        limit = "1,024 MB" if name in (IMPORT, "data()") else ""
        line("  memory of one process", limit, own.memory_mb, other.note or other.memory_mb, "MB")
        if own.file_mb is not None:
            line("  file", "250 MB", own.file_mb, other.note or other.file_mb, "MB")
    return lines


def main(options: argparse.Namespace) -> None:
    if options.wheel and not options.wheel.name.startswith(f"nn_dataset-{VERSION}-"):
        print(f"no comparison: {options.wheel.name} is not nn-dataset {VERSION}")
        return
    wheels = cache_dir() / "wheels"
    wheel = options.wheel or pip_download(f"nn-dataset=={VERSION}", wheels, progress=print)
    try:
        measured_on, theirs = peer_costs(wheel.resolve(), options.again, options.full)
        print(f"the peer (nn-dataset {VERSION}) was measured on {measured_on} on {machine()}")
    except FetchError as error:
        theirs = {}
        print(error)
    if options.only_peer:
        return
    ours = costs("catta", Path(sys.executable), wheel.resolve(), full=True)
    if any(cost.note for cost in ours.values()):
        sys.exit("Catta's own figures could not be measured")
    print(*table(ours, theirs), sep="\n")


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="The corpus beside LEMUR's own package.")
    parser.add_argument("wheel", nargs="?", type=Path, help="wheel of nn-dataset 2.1.2")
    parser.add_argument("--again", action="store_true", help="measure the peer anew")
    parser.add_argument("--full", action="store_true", help="no limit to the peer's questions")
    parser.add_argument("--only-peer", action="store_true", help="the peer's figures only")
    parser.add_argument("--step", nargs=2, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    given = parsed()
    if given.step:
        print(json.dumps(asdict(STEPS[given.step[0]](json.loads(given.step[1])))))
    else:
        try:
            main(given)
        except CattaError as error:
            sys.exit(str(error))
