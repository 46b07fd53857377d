"""How long a worker takes to start a candidate, by sandbox.

A job that does nothing is timed from call to reply: fork, locks, reply, end of the child. Beside it
stand the build check and a whole tiny training of a small network, and the warm process itself.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from catta.evaluation import Sandbox, Worker, available_sandboxes, build_check, choose_sandbox
from catta.records import Caps, Problem, Recipe
from catta.testing.attacks import HONEST

LIMIT_MS = 50.0
PROBLEM = Problem(sample=(1, 32, 32), outputs=10)
RECIPE = Recipe.model_validate({"memory_mb": 1024})
CAPS = Caps.model_validate({})


def milliseconds(action: Callable[[], object], repeats: int) -> list[float]:
    """Wall-clock times of an action, after one that does not count."""
    action()
    times: list[float] = []
    for _ in range(repeats):
        begin = time.perf_counter()
        action()
        times.append((time.perf_counter() - begin) * 1e3)
    return times


def show(name: str, times: list[float], remark: str = "") -> None:
    low, middle, high = min(times), statistics.median(times), max(times)
    print(f"  {name:<34}{low:9.1f}{middle:9.1f}{high:9.1f}  {remark}")


def measure(sandbox: Sandbox, inputs: Path, repeats: int) -> None:
    print(f"{sandbox.name} (milliseconds){'lowest':>21}{'median':>9}{'highest':>9}")
    with Worker(inputs, sandbox=sandbox, perform="catta.testing.jobs:sleep") as worker:
        begin = time.perf_counter()
        worker.start()
        show("warm process, once a worker", [(time.perf_counter() - begin) * 1e3])
        nothing = {"sleep": 0}
        times = milliseconds(lambda: worker.run(nothing, seconds=60, memory_mb=1024), repeats)
        held = statistics.median(times) < LIMIT_MS
        show("start of a candidate", times, f"limit {LIMIT_MS:g}: {'held' if held else 'MISSED'}")
    with Worker(inputs, sandbox=sandbox) as worker:

        def build() -> None:
            built = build_check(worker, HONEST, problem=PROBLEM, recipe=RECIPE, caps=CAPS)
            assert built.verdict is None, built.verdict

        show("start and build check", milliseconds(build, repeats))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=30)
    parser.add_argument("--samples", type=int, default=10_000, help="images in the mapped data")
    options = parser.parse_args()
    fresh = milliseconds(
        lambda: subprocess.run([sys.executable, "-c", "import torch"], check=True), repeats=2
    )
    print(f"a fresh interpreter that imports torch: {statistics.median(fresh):.0f} ms")
    with tempfile.TemporaryDirectory() as place:
        images = np.zeros((options.samples, *PROBLEM.sample), np.float32)
        np.save(Path(place) / "train_x.npy", images)
        for sandbox in (*available_sandboxes(), choose_sandbox("none", unsafe=True)):
            measure(sandbox, Path(place), options.repeats)


if __name__ == "__main__":
    main()
