import os
import threading
import time
from pathlib import Path

import pytest

from catta.errors import SandboxError
from catta.evaluation import Worker, build_check, choose_sandbox
from catta.execution import LocalExecutor
from catta.records import Caps, Problem, Recipe

WAIT = 30.0


class FakeWorker:
    """Blocks until it is interrupted; counts what is asked of it."""

    def __init__(self) -> None:
        self.interrupted = threading.Event()
        self.jobs = 0
        self.closed = False

    def run(self) -> str:
        self.jobs += 1
        self.interrupted.clear()  # as a worker starts again after an interruption
        assert self.interrupted.wait(WAIT), "nobody interrupted this job"
        return "interrupted"

    def interrupt(self) -> None:
        self.interrupted.set()

    def close(self) -> None:
        self.closed = True
        self.interrupt()


class Pool:
    """An executor of fake workers, and those workers."""

    def __init__(self, count: int) -> None:
        self.workers: list[FakeWorker] = []
        self.executor = LocalExecutor(self._make, count)

    def _make(self) -> FakeWorker:
        self.workers.append(FakeWorker())
        return self.workers[-1]


@pytest.fixture
def pool():
    made = Pool(2)
    with made.executor:
        yield made


def test_every_item_comes_back_with_its_result(pool):
    results = pool.executor.map_unordered(lambda _, n: n * n, range(20))
    assert sorted(results) == [(n, n * n) for n in range(20)]


def test_nothing_to_do(pool):
    assert list(pool.executor.map_unordered(lambda _, n: n, [])) == []


def test_results_come_in_order_of_completion(pool):
    second_done = threading.Event()

    def work(_, name):
        if name == "slow":
            assert second_done.wait(WAIT)
        return name

    order = []
    for name, _ in pool.executor.map_unordered(work, ["slow", "quick"]):
        order.append(name)
        second_done.set()
    assert order == ["quick", "slow"]


def test_all_workers_work_at_the_same_time(pool):
    both = threading.Barrier(2)

    def work(worker, _):
        both.wait(WAIT)
        return worker

    used = {worker for _, worker in pool.executor.map_unordered(work, range(2))}
    assert used == set(pool.workers)
    assert len(used) == 2


def test_no_worker_does_two_jobs_at_once(pool):
    busy = set()

    def work(worker, _):
        assert worker not in busy
        busy.add(worker)
        time.sleep(0.001)
        busy.remove(worker)

    assert len(list(pool.executor.map_unordered(work, range(30)))) == 30


def test_workers_are_made_when_they_are_needed():
    pool = Pool(2)
    with pool.executor:
        assert pool.workers == []
        list(pool.executor.map_unordered(lambda _, n: n, [1]))
        made = list(pool.workers)
        list(pool.executor.map_unordered(lambda _, n: n, [1]))
        assert pool.workers == made


def test_items_are_taken_when_a_worker_is_free(pool):
    taken = []

    def items():
        for n in range(100):
            taken.append(n)
            yield n

    results = pool.executor.map_unordered(lambda _, n: n, items())
    for yielded, _ in enumerate(results, start=1):
        assert len(taken) <= yielded + 3  # two run, and one more may have ended
        if yielded == 5:
            break
    assert len(taken) < 10


def test_workers_go_on_while_a_result_is_looked_at(pool):
    began = {n: threading.Event() for n in range(4)}
    gate = threading.Event()

    def work(_, n):
        began[n].set()
        if n:
            assert gate.wait(WAIT)

    results = pool.executor.map_unordered(work, range(4))
    assert next(results)[0] == 0
    assert began[1].wait(WAIT)
    assert began[2].wait(WAIT)  # begun although nobody has asked for another result
    gate.set()
    assert len(list(results)) == 3


def test_an_exception_of_a_function_is_raised_and_ends_the_rest(pool):
    def work(worker, n):
        if n == 0:
            return worker.run()
        raise SandboxError("broken")

    with pytest.raises(SandboxError, match="broken"):
        list(pool.executor.map_unordered(work, range(10)))
    assert sum(worker.jobs for worker in pool.workers) == 1
    assert list(pool.executor.map_unordered(lambda _, n: n, [5])) == [(5, 5)]


def test_an_exception_of_the_items_is_raised(pool):
    def items():
        yield 1
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        list(pool.executor.map_unordered(lambda worker, _: worker.run(), items()))


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_leaving_the_loop_kills_what_runs(pool, error):
    seen = []

    def consume():
        for item, _ in pool.executor.map_unordered(
            lambda worker, n: worker.run() if n else n, range(50)
        ):
            seen.append(item)
            raise error

    with pytest.raises(error):
        consume()
    assert seen == [0]
    assert sum(worker.jobs for worker in pool.workers) <= 2
    assert list(pool.executor.map_unordered(lambda _, n: n, [7])) == [(7, 7)]


def test_a_job_that_begins_after_the_first_interruption_is_killed_too(pool):
    begun = threading.Event()

    def work(worker, n):
        if n == 0:
            return "done"
        begun.set()
        worker.run()
        return worker.run()  # as the attempt after a worker died

    results = pool.executor.map_unordered(work, range(2))
    next(results)
    assert begun.wait(WAIT)
    results.close()
    assert list(pool.executor.map_unordered(lambda _, n: n, [1])) == [(1, 1)]


def test_closing_ends_workers_and_what_they_do():
    pool = Pool(2)
    results = pool.executor.map_unordered(lambda worker, n: worker.run() if n else n, range(3))
    next(results)
    pool.executor.close()
    assert all(worker.closed for worker in pool.workers)
    pool.executor.close()  # may be done twice
    with pytest.raises(RuntimeError, match="closed"):
        list(pool.executor.map_unordered(lambda _, n: n, [1]))


def test_one_by_one_stays_with_the_warm_worker(pool):
    used = [pool.executor.one(lambda worker: worker) for _ in range(5)]
    assert len(set(used)) == 1
    with pytest.raises(SandboxError, match="broken"):
        pool.executor.one(_fail)


def _fail(_: object) -> None:
    raise SandboxError("broken")


SLEEPER = """import time
import torch.nn as nn

class Net(nn.Module):

    def __init__(self, in_shape, out_shape, prm, device):
        super().__init__()
        time.sleep(60)
"""


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_no_process_outlives_a_loop_that_is_left():
    problem = Problem(sample=(1, 8, 8), outputs=2)

    def work(worker, source):
        return build_check(worker, source, problem=problem, recipe=Recipe(), caps=Caps())

    sandbox = choose_sandbox("none", unsafe=True)  # the source is ours
    before = _descendants(os.getpid())
    with LocalExecutor(lambda: Worker(None, sandbox=sandbox), 2) as executor:
        results = executor.map_unordered(work, ["x = 1", SLEEPER, SLEEPER])
        _, built = next(results)
        assert built.verdict is not None
        started = _wait_for(lambda: _descendants(os.getpid()) - before, at_least=3)
        results.close()
        _wait_until_gone(started)


def _wait_for(find, at_least: int) -> set[int]:
    """The processes, once there are so many of them."""
    deadline = time.monotonic() + WAIT
    while len(found := find()) < at_least:
        assert time.monotonic() < deadline, f"only {found} run"
        time.sleep(0.02)
    return found


def _wait_until_gone(processes: set[int]) -> None:
    deadline = time.monotonic() + 10
    while alive := {pid for pid in processes if _parent_of(pid) is not None}:
        assert time.monotonic() < deadline, f"{alive} still run"
        time.sleep(0.02)


def _descendants(root: int) -> set[int]:
    parents = {int(p.name): _parent_of(int(p.name)) for p in Path("/proc").glob("[0-9]*")}
    found = {root}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {root}


def _parent_of(pid: int) -> int | None:
    """Parent of a running process, None if there is none or it is a zombie."""
    try:
        state, parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
    except OSError:
        return None
    return None if state == "Z" else int(parent)
