"""One process writes evaluations while others ask `catta.data`: what each of them met.

The writer stores groups, each in one transaction of two parts. The readers look at where it has
just got to, and say so if they see a part of a group, an evaluation without all of its epochs, or a
group without the ones before it.
"""

from __future__ import annotations

import multiprocessing
import random
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing.synchronize import Barrier, Event
from threading import BrokenBarrierError
from typing import Any

import catta
from catta.corpus import Corpus
from catta.errors import CattaError
from catta.records import Evaluation, Recipe
from catta.testing.store_records import make_evaluation, make_network

EPOCHS = 2
PAUSE = 0.02
"""Seconds between two calls of a reader, which would otherwise only show who gets the processor."""

_PATIENCE = 120.0
_MOST_ERRORS = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What is to be done.

    Attributes:
        location: Path or URL of a corpus; networks and evaluations are added to it.
        evaluations: How many are written, a multiple of `group`.
        a_second: At what rate; a writer that is late goes on at once.
        group: How many a transaction has.
        readers: How many processes read.
        keep_open: Whether they open the corpus once instead of for each call.
    """

    location: str
    evaluations: int
    a_second: int = 1_000
    group: int = 10
    readers: int = 4
    keep_open: bool = False

    @property
    def groups(self) -> int:
        """How many transactions there are."""
        return self.evaluations // self.group

    @property
    def window(self) -> int:
        """How many of them a reader looks at in one call: enough to keep up with the writer."""
        return max(4, 200 // self.group)


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """What the writer did; seconds of wall clock and of CPU.

    Attributes:
        slowest: Seconds of the slowest transaction.
    """

    evaluations: int
    seconds: float
    cpu: float
    slowest: float
    errors: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Read:
    """What a reader did and saw; seconds of wall clock.

    Attributes:
        calls: How often it called `catta.data`.
        between: How many calls saw some groups of their window, but not all.
        slowest: Seconds of the slowest call.
        wrong: What it must not have seen.
        errors: What it was told instead of an answer.
    """

    calls: int
    between: int
    seconds: float
    slowest: float
    wrong: tuple[str, ...]
    errors: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Signals:
    begin: Barrier
    end: Event


_signals: _Signals | None = None


def side_by_side(plan: Plan) -> tuple[Written, list[Read]]:
    """Write and read at once; every process begins when all have opened the corpus."""
    with Corpus.open(plan.location) as corpus:
        corpus.networks.add(make_network(number) for number in range(plan.evaluations))
    spawn = multiprocessing.get_context("spawn")
    signals = _Signals(begin=spawn.Barrier(1 + plan.readers), end=spawn.Event())
    with ProcessPoolExecutor(
        1 + plan.readers, mp_context=spawn, initializer=_set_signals, initargs=(signals,)
    ) as pool:
        reading = [pool.submit(_read, plan, number) for number in range(plan.readers)]
        writing = pool.submit(_write, plan)
        writing.add_done_callback(lambda _: signals.end.set())
    every: list[Future[Any]] = [*reading, writing]
    for future in every:  # one that could not begin is why the others did not
        error = future.exception()
        if error is not None and not isinstance(error, BrokenBarrierError):
            raise error
    return writing.result(), [future.result() for future in reading]


def wrong_in(seen: Sequence[tuple[str, int]], names: Sequence[str], group: int) -> list[str]:
    """What a reader must not see: parts of groups, of evaluations, gaps.

    Args:
        seen: The name and the epoch of each row.
        names: The names that were asked for, in the order in which they were written.
        group: How many of them make a transaction.
    """
    epochs = Counter(name for name, _ in seen)
    expected = set(range(1, EPOCHS + 1))
    found = [
        f"{name} has {count} epochs" for name, count in epochs.items() if count != len(expected)
    ]
    there: list[bool] = []
    for start in range(0, len(names), group):
        members = sum(name in epochs for name in names[start : start + group])
        if members not in (0, group):
            found.append(f"{members} of the {group} from {names[start]} on")
        there.append(members > 0)
    if there != sorted(there, reverse=True):
        found.append(f"a gap after {names[0]}")
    return found


def _set_signals(signals: _Signals) -> None:
    global _signals
    _signals = signals


def _begin() -> Event:
    assert _signals is not None
    _signals.begin.wait(_PATIENCE)
    return _signals.end


def _abort() -> None:
    """Let nobody wait for a process that has failed."""
    assert _signals is not None
    _signals.begin.abort()


def _evaluation(one: Evaluation, number: int) -> Evaluation:
    epochs = tuple(replace(one.epochs[0], epoch=epoch) for epoch in range(1, EPOCHS + 1))
    return replace(one, network_id=make_network(number).id, epochs=epochs)


def _write(plan: Plan) -> Written:
    recipe = Recipe.model_validate({})
    one = make_evaluation(make_network(0), recipe)
    errors: list[str] = []
    done, slowest = 0, 0.0
    with Corpus.open(plan.location) as corpus:
        _begin()
        begun, cpu = time.perf_counter(), time.process_time()
        for first in range(0, plan.evaluations, plan.group):
            time.sleep(max(0.0, begun + first / plan.a_second - time.perf_counter()))
            group = [_evaluation(one, number) for number in range(first, first + plan.group)]
            before = time.perf_counter()
            try:
                with corpus.transaction():
                    corpus.evaluations.add(group[0], recipe)
                    corpus.evaluations.add_many(group[1:], recipe)
            except CattaError as error:
                errors.append(str(error))
                break
            done += plan.group
            slowest = max(slowest, time.perf_counter() - before)
        seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    return Written(
        evaluations=done, seconds=seconds, cpu=cpu, slowest=slowest, errors=tuple(errors)
    )


def _read(plan: Plan, number: int) -> Read:
    """Follow the writer until it has ended; a reader begins its windows at places of its own."""
    places = random.Random(number)  # noqa: S311 - where to look is no secret
    wrong: list[str] = []
    errors: list[str] = []
    calls = between = complete = 0
    slowest = 0.0
    try:
        kept = Corpus.open(plan.location, read_only=True) if plan.keep_open else None
        catta.data(max_rows=0, corpus=kept or plan.location)  # its imports are no part of a reading
    except BaseException:
        _abort()
        raise
    end = _begin()
    begun = time.perf_counter()
    last = False
    while not last and len(errors) < _MOST_ERRORS:
        last = end.is_set()
        first = max(0, complete - places.randint(1, plan.window // 2))
        groups = range(first, min(plan.groups, first + plan.window))
        names = [make_network(n).name for g in groups for n in _members(plan, g)]
        before = time.perf_counter()
        try:
            frame: Any = catta.data(nn=names, corpus=kept or plan.location)
        except CattaError as error:
            errors.append(str(error))
            continue
        slowest = max(slowest, time.perf_counter() - before)
        calls += 1
        seen = list(zip(frame["nn"].tolist(), frame["epoch"].tolist(), strict=True))
        wrong += wrong_in(seen, names, plan.group)
        there = len({name for name, _ in seen}) // plan.group
        if first + there < complete:
            wrong.append(f"what was there is gone: {first + there} groups of {complete}")
        between += 0 < there < len(groups)
        complete = first + there
        time.sleep(PAUSE)
    return Read(
        calls=calls,
        between=between,
        seconds=time.perf_counter() - begun,
        slowest=slowest,
        wrong=tuple(wrong),
        errors=tuple(errors),
    )


def _members(plan: Plan, group: int) -> range:
    return range(group * plan.group, (group + 1) * plan.group)
