from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from catta.errors import SandboxError
from catta.evaluation import Sandbox, Worker, available_sandboxes, choose_sandbox, worker
from catta.evaluation.sandbox.limits import usage
from catta.records import Outcome

JOBS = "catta.testing.jobs"
LIMITS = {"seconds": 60.0, "memory_mb": 512}
NAMES = ("bubblewrap", "landlock")


def sandbox_or_skip(name: str) -> Sandbox:
    try:
        return choose_sandbox(name)
    except SandboxError as error:
        pytest.skip(str(error))


@pytest.fixture(params=NAMES)
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    return sandbox_or_skip(request.param)


@pytest.fixture(scope="module")
def best() -> Sandbox:
    """Whatever is there: these tests are about the worker."""
    return [*available_sandboxes(), choose_sandbox("none", unsafe=True)][0]


@pytest.fixture(scope="module")
def sleepers(best: Sandbox) -> Iterator[Worker]:
    with Worker(None, sandbox=best, perform=f"{JOBS}:sleep") as ready:
        yield ready


@pytest.fixture
def sleeper(sleepers: Worker) -> Worker:
    """A worker with a zygote; tests share it, because starting one takes seconds."""
    sleepers.start()
    sleepers.starts = 1
    return sleepers


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def group_members(leader: int) -> list[int]:
    """Live processes of a process group."""
    found: list[int] = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            state, _, group = entry.joinpath("stat").read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(group) == leader and state != "Z":
            found.append(int(entry.name))
    return found


def children(process: int) -> list[int]:
    """Live processes below a process, at any depth."""
    below: list[int] = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            state, parent = entry.joinpath("stat").read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if int(parent) == process and state != "Z":
            below += [int(entry.name), *children(int(entry.name))]
    return below


def alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_job_and_data_arrive_and_come_back(sandbox: Sandbox, tmp_path: Path) -> None:
    images = np.arange(6, dtype=np.float32).reshape(2, 3)
    np.save(tmp_path / "train_x.npy", images)
    np.save(tmp_path / "train_y.npy", np.array([1, 2]))
    with Worker(tmp_path, sandbox=sandbox, perform=f"{JOBS}:echo") as ready:
        replies = [ready.run({"kind": "x", "n": n}, **LIMITS) for n in range(3)]

        assert ready.starts == 1
    for number, reply in enumerate(replies):
        assert reply.failure is None
        assert reply.header["job"]["n"] == number
        np.testing.assert_array_equal(reply.arrays["train_x"], images)
        assert reply.arrays["train_y"].tolist() == [1, 2]


def test_a_part_can_end_its_job_and_the_zygote_stays(best: Sandbox) -> None:
    seen: list[int] = []

    def look(header: Mapping[str, Any], arrays: object) -> bool:
        seen.append(header["number"])
        return header["number"] < 1

    with Worker(None, sandbox=best, perform=f"{JOBS}:tick") as ready:
        long = {"ticks": 50, "sleep": 10.0}
        ended = ready.run({**long, "sleep": 0.2}, **LIMITS, on_part=look, parts=50)
        first = list(seen)
        hung = ready.run(long, **LIMITS, on_part=lambda header, arrays: False, parts=50)
        late = ready.run(
            {"ticks": 1, "sleep": 0.0}, **LIMITS, on_part=lambda header, arrays: False, parts=1
        )
        after = ready.run({"ticks": 2, "sleep": 0.0}, **LIMITS, on_part=look, parts=2)

        assert ready.starts == 1
    assert first == [0, 1]
    assert ended.stopped
    assert hung.stopped
    assert hung.seconds < 10
    assert late.stopped  # also where the job was faster than its end
    assert [ended.failure, hung.failure, late.failure] == [None, None, None]
    assert after.stopped


def test_what_fails_while_a_part_is_looked_at_ends_the_job(best: Sandbox) -> None:
    def look(header: Mapping[str, Any], arrays: object) -> None:
        raise RuntimeError(f"part {header['number']}")

    with Worker(None, sandbox=best, perform=f"{JOBS}:tick") as ready:
        with pytest.raises(RuntimeError, match="part 0"):
            ready.run({"ticks": 5, "sleep": 30.0}, **LIMITS, on_part=look, parts=5)
        after = ready.run({"ticks": 1, "sleep": 0.0}, **LIMITS, parts=1, on_part=lambda *_: None)

        assert ready.starts == 1
    assert after.header == {"ticks": 1}


def test_error_of_a_job_is_one_printable_line(best: Sandbox) -> None:
    with Worker(None, sandbox=best, perform=f"{JOBS}:fail") as ready:
        reply = ready.run({"text": "bad \x1b[2J\nmore " + "y" * 10_000}, **LIMITS)
        memory = ready.run({"text": "DefaultCPUAllocator: can't allocate memory"}, **LIMITS)
        silent = ready.run({"text": ""}, **LIMITS)

    assert reply.failure is Outcome.INVALID
    assert reply.error == "RuntimeError: bad  [2J"
    assert memory.failure is Outcome.OUT_OF_MEMORY
    assert silent.error == "RuntimeError"


def test_result_that_cannot_travel_is_the_job_s_failure(best: Sandbox) -> None:
    with Worker(None, sandbox=best, perform=f"{JOBS}:unpackable") as ready:
        reply = ready.run({}, **LIMITS)

    assert reply.failure is Outcome.INVALID
    assert reply.error is not None
    assert "not plain data" in reply.error


def test_job_that_cannot_travel_is_our_failure(best: Sandbox) -> None:
    with pytest.raises(SandboxError, match="cannot be sent"):
        Worker(None, sandbox=best).run({"value": object()}, **LIMITS)


def test_slow_job_times_out_and_the_next_one_works(sleeper: Worker) -> None:
    slow = sleeper.run({"sleep": 60}, seconds=0.2, memory_mb=512)
    quick = sleeper.run({"sleep": 0}, **LIMITS)

    assert slow.failure is Outcome.TIMEOUT
    assert 0.2 <= slow.seconds < 30
    assert quick.failure is None
    assert sleeper.starts == 1


def test_silent_zygote_is_replaced(sleeper: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "GRACE_SECONDS", 0.5)
    stopped = sleeper.process_id
    assert stopped is not None
    os.killpg(stopped, signal.SIGSTOP)

    reply = sleeper.run({"sleep": 0}, seconds=0.1, memory_mb=512)

    assert reply.failure is Outcome.TIMEOUT
    until(lambda: group_members(stopped) == [])
    assert sleeper.run({"sleep": 0}, **LIMITS).failure is None
    assert sleeper.starts == 2


@pytest.mark.parametrize("idle", [True, False], ids=["idle", "at work"])
def test_zygote_that_dies_is_replaced_and_the_job_done(sleeper: Worker, *, idle: bool) -> None:
    process = sleeper.process_id
    assert process is not None
    killer = threading.Timer(0 if idle else 0.3, os.killpg, (process, signal.SIGKILL))
    killer.start()
    if idle:
        killer.join()

    reply = sleeper.run({"sleep": 0 if idle else 1}, **LIMITS)

    killer.join()
    assert reply.failure is None
    assert sleeper.starts == 2


def test_job_that_kills_the_zygote_again_and_again_has_crashed() -> None:
    unsafe = choose_sandbox("none", unsafe=True)
    with Worker(None, sandbox=unsafe, perform=f"{JOBS}:kill_zygote") as ready:
        reply = ready.run({}, **LIMITS)

        assert ready.starts == 2
    assert reply.failure is Outcome.CRASHED


def test_interrupted_job_is_not_tried_again(sleeper: Worker) -> None:
    killer = threading.Timer(0.3, sleeper.interrupt)
    killer.start()

    reply = sleeper.run({"sleep": 60}, **LIMITS)

    killer.join()
    assert reply.failure is Outcome.CRASHED
    assert sleeper.starts == 1
    assert sleeper.process_id is None
    assert sleeper.run({"sleep": 0}, **LIMITS).failure is None


def test_worker_outlives_the_thread_that_started_it(sandbox: Sandbox) -> None:
    with Worker(None, sandbox=sandbox, perform=f"{JOBS}:sleep") as ready:
        starter = threading.Thread(target=ready.start)
        starter.start()
        starter.join()

        assert ready.run({"sleep": 0}, **LIMITS).failure is None
        assert ready.starts == 1


def test_leaving_ends_everything(sandbox: Sandbox) -> None:
    with Worker(None, sandbox=sandbox) as ready:
        ready.start()
        process = ready.process_id
        assert process is not None
        family = [process, *children(process)]
        assert os.getsid(process) != os.getsid(0)  # Ctrl-C in the terminal does not reach it

    until(lambda: not any(alive(member) for member in family))


def test_no_descriptor_is_lost(sleeper: Worker) -> None:
    descriptors = Path("/proc/self/fd")
    before = len(list(descriptors.iterdir()))
    for _ in range(3):
        sleeper.run({"sleep": 0}, **LIMITS)
    sleeper.run({"sleep": 9}, seconds=0.1, memory_mb=512)

    assert len(list(descriptors.iterdir())) == before
    sleeper.close()
    assert len(list(descriptors.iterdir())) == before - 1


@pytest.mark.parametrize("threads", [1, 2])
def test_job_computes_with_its_threads(best: Sandbox, threads: int) -> None:
    with Worker(None, sandbox=best, threads=threads, perform=f"{JOBS}:compute") as ready:
        for _ in range(2):
            reply = ready.run({}, **LIMITS)

            assert reply.failure is None, reply.error
            assert reply.header == {"threads": threads, "mean": 512.0}
        # The zygote itself has one, so that it may fork.
        assert ready.process_id is not None
        family = [ready.process_id, *children(ready.process_id)]
        assert {usage(member).threads for member in family} == {1}


def test_what_a_job_leaves_behind_is_killed() -> None:
    unsafe = choose_sandbox("none", unsafe=True)
    with Worker(None, sandbox=unsafe, perform=f"{JOBS}:leave_processes") as ready:
        left = ready.run({}, **LIMITS).header["left"]

        until(lambda: not alive(left))


@pytest.mark.parametrize("name", NAMES)
def test_nothing_outlives_a_killed_parent(name: str) -> None:
    sandbox_or_skip(name)
    code = (
        "from catta.evaluation import Worker, choose_sandbox\n"
        f"worker = Worker(None, sandbox=choose_sandbox({name!r}), perform={JOBS + ':sleep'!r})\n"
        "worker.start()\n"
        "print(worker.process_id, flush=True)\n"
        "worker.run({'sleep': 600}, seconds=600, memory_mb=512)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    with parent:
        assert parent.stdout is not None
        zygote = int(parent.stdout.readline())
        before = len(children(zygote))
        until(lambda: len(children(zygote)) > before or name == "bubblewrap")
        family = [zygote, *children(zygote)]
        parent.kill()

    until(lambda: not any(alive(member) for member in family))


class Misconfigured:
    name = "misconfigured"
    confinement = "something else"

    def command(
        self, argv: Sequence[str], readable: Sequence[Path], devices: Sequence[Path] = ()
    ) -> list[str]:
        return list(argv)


def test_child_that_cannot_lock_itself_in_runs_nothing() -> None:
    with (
        Worker(None, sandbox=Misconfigured(), perform=f"{JOBS}:echo") as ready,
        pytest.raises(SandboxError, match="could not be isolated in misconfigured: "),
    ):
        ready.run({}, **LIMITS)


class Absent:
    name = "absent"
    confinement = "full"

    def command(
        self, argv: Sequence[str], readable: Sequence[Path], devices: Sequence[Path] = ()
    ) -> list[str]:
        return ["/nonexistent/program", *argv]


def test_program_that_is_not_there() -> None:
    with pytest.raises(SandboxError, match="could not be started"):
        Worker(None, sandbox=Absent()).start()


def test_reason_why_a_zygote_does_not_start(best: Sandbox) -> None:
    with pytest.raises(SandboxError, match="no attribute 'nothing'"):
        Worker(None, sandbox=best, perform=f"{JOBS}:nothing").start()
