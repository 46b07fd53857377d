from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace

import pytest
from cli_builders import candidate, closed_cycle
from rich.console import Console

from catta.cli.progress import Bars, Lines, ProgressDisplay, Tally
from catta.records import Outcome, Stage


def half_a_cycle(display: ProgressDisplay) -> None:
    first = candidate("r", 0, accuracy=0.812)
    second = candidate("r", 1, outcome=Outcome.CRASHED, stage=Stage.TRAIN)
    display.message("[a fallback] was taken")
    display.begin("train", 4, cycle=1)
    for done in (first, second):
        display.candidate(done)
        display.advance(note=done.verdict.outcome.value if done.verdict else "")


def test_lines_say_cycle_candidate_outcomes_and_time_left(
    capsys: pytest.CaptureFixture[str],
) -> None:
    seconds: Iterator[float] = iter([0.0, 5.0, 10.0, 12.0])
    display = Lines(Tally(cycles=3, candidates=4), clock=lambda: next(seconds))

    half_a_cycle(display)
    display.end()

    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines() == [
        "[a fallback] was taken",
        "cycle 1 of 3, train: begins (4 to do)",
        "cycle 1 of 3, train: candidate 1 of 4 OK 0.812 (OK 1) about 15 s left",
        "cycle 1 of 3, train: candidate 2 of 4 CRASHED (OK 1, CRASHED 1) about 10 s left",
        "cycle 1 of 3, train: done in 12.0 s",
    ]


def test_lines_of_a_long_stage_are_few(capsys: pytest.CaptureFixture[str]) -> None:
    now = 0.0
    display = Lines(Tally(), clock=lambda: now)
    display.begin("adapt seeds", 100)
    for _ in range(100):
        now += 0.5
        display.advance(note="fits")

    assert len(capsys.readouterr().err.splitlines()) == 6


def test_lines_of_a_stage_without_a_total(capsys: pytest.CaptureFixture[str]) -> None:
    now = 0.0
    display = Lines(Tally(), clock=lambda: now)
    display.begin("import", None)
    now = 20.0
    display.advance(5)

    assert capsys.readouterr().err == "import: begins\nimport: 5\n"


def test_bars_show_the_run_and_the_stage() -> None:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=160)
    display = Bars(Tally(cycles=3, candidates=4), console)

    half_a_cycle(display)
    display.close()

    shown = stream.getvalue()
    for text in ("[a fallback] was taken", "cycle 1 of 3", "train", "2 of 4", "2 of 12"):
        assert text in shown
    assert "OK 1, CRASHED 1" in shown


def test_closed_cycle_leaves_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    tally = Tally(cycles=2, candidates=2)
    cycle = closed_cycle("r", [candidate("r", 0, accuracy=0.8), candidate("r", 1)], 0.75)

    Lines(tally).cycle_closed(cycle)

    assert "cycle 1 of 2 closed: 2 of 2 valid, mean accuracy 0.800" in capsys.readouterr().err
    assert tally.done == 2


def test_outcomes_are_counted_anew_in_each_cycle() -> None:
    tally = Tally(cycles=2, candidates=2)
    tally.enter(1)
    tally.add(candidate("r", 0))
    tally.add(replace(candidate("r", 1), verdict=None))
    assert tally.outcome_text() == "OK 1"
    tally.enter(2)
    assert tally.outcome_text() == ""
    assert tally.done == 1
