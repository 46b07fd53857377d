"""SIGKILL at twenty random moments: the same candidates, nothing twice, nothing lost."""

import itertools
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from test_whole_run import essence

from catta.corpus import Corpus
from catta.loop import evolve, parse_config

KILLS = 20

# A process of its own, as a user would start one: evolve, or resume what is there.
PROGRAM = """
import json, sys
from catta.corpus import Corpus
from catta.loop import evolve, parse_config, resume
values, path = json.loads(sys.argv[1]), sys.argv[2]
with Corpus.open(path) as corpus:
    runs = corpus.runs.all()
print("ready", flush=True)
if runs:
    resume(runs[0].id, corpus=path)
else:
    evolve(parse_config(values), corpus=path)
"""


def start(values: dict[str, Any], corpus: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", PROGRAM, json.dumps(values), str(corpus)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


def same(calm: Path, rough: Path, values: dict[str, Any]) -> bool:
    """Whether two finished runs have the same candidates and as many evaluations."""
    recipe = parse_config(values).recipe.id
    with Corpus.open(calm) as one, Corpus.open(rough) as other:
        runs = [corpus.runs.all()[0].id for corpus in (one, other)]
        return essence(one.runs.candidates(runs[0])) == essence(
            other.runs.candidates(runs[1])
        ) and len(one.evaluations.all(recipe)) == len(other.evaluations.all(recipe))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_killed_run_ends_as_an_undisturbed_one(
    tmp_path: Path, run_files: Callable[..., dict[str, Any]]
) -> None:
    values = run_files(cycles=3)
    calm, rough = tmp_path / "calm.sqlite", tmp_path / "rough.sqlite"
    began = time.monotonic()
    evolve(parse_config(values), corpus=calm)
    whole = time.monotonic() - began
    moments = random.Random(0)
    killed, numbers = 0, itertools.count()
    seen: list[tuple[Any, ...]] = []
    while killed < KILLS:
        process = start(values, rough)
        try:
            process.wait(timeout=moments.uniform(0, whole / 2))
            # How fast a machine is varies: a run that was faster is compared, and the next begins.
            assert process.returncode == 0
            assert same(calm, rough, values)
            rough, seen = tmp_path / f"rough-{next(numbers)}.sqlite", []
            continue
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            killed += 1
        finally:
            process.communicate()
        with Corpus.open(rough) as store:
            assert not store.check_integrity()
            runs = store.runs.all()
            assert len(runs) <= 1
            now = essence(store.runs.candidates(runs[0].id)) if runs else []
        # what was decided stays decided: no row is lost, none is decided again
        decided = [row for row in seen if row[5] is not None]
        assert {row[:8] for row in decided} <= {row[:8] for row in now}
        seen = now
    process = start(values, rough)
    process.communicate()
    assert same(calm, rough, values)
