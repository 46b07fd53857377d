"""What a child writes is hostile: parts, a result, or anything else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from catta.evaluation import wire
from catta.evaluation.incoming import Incoming

RESULT = wire.framed(wire.encode({"result": {"n": 1}}, {"x": np.arange(3)}))


def part(number: int) -> bytes:
    return wire.framed(wire.encode({"part": {"epoch": number}}, {"x": np.full(2, number)}))


def never() -> None:
    raise AssertionError("nothing asked for the end of the job")


def taken(data: bytes, *, most: int = 3, step: int | None = None) -> tuple[Incoming, list[Any]]:
    """What came of bytes that arrive in pieces of `step`."""
    seen: list[Any] = []

    def look(header: Any, arrays: Any) -> None:
        seen.append((header["epoch"], arrays["x"].tolist()))

    with Incoming(look, most, never) as incoming:
        for start in range(0, len(data), step or len(data)):
            incoming.take(data[start : start + (step or len(data))])
    return incoming, seen


@pytest.mark.parametrize("step", [None, 1, 7, 64])
def test_parts_arrive_in_their_order_and_then_the_result(step: int | None) -> None:
    incoming, seen = taken(part(1) + part(2) + RESULT, step=step)
    assert incoming.problem is None
    assert seen == [(1, [1, 1]), (2, [2, 2])]
    assert incoming.result is not None
    header, arrays = incoming.result
    assert header == {"result": {"n": 1}}
    assert arrays["x"].tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        pytest.param(b"\xff" * 64, "the message is too long", id="garbage"),
        pytest.param(wire.framed(b"x" * 20), "the header is too long", id="garbage in a frame"),
        pytest.param(wire.framed(b""), "the message is cut short", id="nothing in a frame"),
        pytest.param(wire.framed(wire.encode({"part": 3})), "a part has no header", id="part"),
        pytest.param(part(1) * 4, "more parts come than were asked for", id="many"),
        pytest.param(RESULT + part(1), "something comes after the result", id="part behind"),
        pytest.param(RESULT + RESULT, "something comes after the result", id="two results"),
    ],
)
def test_what_is_no_answer_is_named(data: bytes, problem: str) -> None:
    incoming, _ = taken(data)
    assert incoming.problem == problem


def test_nothing_counts_once_something_was_wrong() -> None:
    incoming, seen = taken(part(1) + wire.framed(b"") + part(2) + RESULT, step=5)
    assert incoming.problem == "the message is cut short"
    assert seen == [(1, [1, 1])]
    assert incoming.result is None


def test_parts_that_nobody_asked_for() -> None:
    with Incoming(None, 0, never) as incoming:
        incoming.take(part(1))
    assert incoming.problem == "more parts come than were asked for"


@pytest.mark.parametrize("cut", [1, 9, len(RESULT) - 1])
def test_a_result_that_is_cut_short_is_none(cut: int) -> None:
    incoming, seen = taken(part(1) + RESULT[:cut])
    assert incoming.result is None
    assert seen == [(1, [1, 1])]
    behind, _ = taken(RESULT + RESULT[:cut])
    assert behind.result is None


def test_our_own_mistake_in_looking_at_a_part_is_raised() -> None:
    def fail(header: Any, arrays: Any) -> None:
        raise ZeroDivisionError("ours")

    ended: list[bool] = []
    incoming = Incoming(fail, 3, lambda: ended.append(True))
    with pytest.raises(ZeroDivisionError, match="ours"), incoming:
        incoming.take(part(1) + RESULT)
    assert ended == [True]


def test_a_part_can_end_the_job() -> None:
    seen: list[int] = []
    ended: list[bool] = []

    def look(header: Any, arrays: Any) -> bool:
        seen.append(header["epoch"])
        return header["epoch"] < 2

    with Incoming(look, 3, lambda: ended.append(True)) as incoming:
        incoming.take(part(1) + part(2) + part(3))
    assert seen == [1, 2]
    assert ended == [True]
    assert incoming.stopped
