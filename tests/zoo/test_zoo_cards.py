"""Names, cards and starting files; nothing here builds a network."""

from __future__ import annotations

from pathlib import Path

import pytest

from catta import zoo
from catta.errors import UsageError
from catta.tasks.built_in import BUILT_IN


def test_every_task_has_networks_and_a_starting_file() -> None:
    assert set(zoo.tasks()) == set(BUILT_IN)
    for task in BUILT_IN:
        assert zoo.names(task)
        assert zoo.starting_file(task)[0] == task
    assert sorted(name for task in BUILT_IN for name in zoo.names(task)) == list(zoo.names())


def test_card_says_what_the_text_says() -> None:
    card = zoo.card("single-shot-detector")

    assert card.task == "obj-detection"
    assert card.title.startswith("Single-shot detector")
    assert card.papers == ("1512.02325", "1708.02002", "1902.09630")
    assert card.hyperparameters == ("dropout", "lr")
    assert all(zoo.card(name).papers for name in zoo.names())


@pytest.mark.parametrize("read", [zoo.source, zoo.card])
def test_unknown_name(read: object) -> None:
    assert callable(read)
    for name in ("nothing", "../cards", "single_shot_detector", ""):
        with pytest.raises(UsageError, match="the zoo has no network"):
            read(name)


def test_starting_from_a_network() -> None:
    assert zoo.starting_file(None, "gpt") == ("txt-generation", zoo.source("gpt"))
    assert zoo.starting_file("txt-generation", "gpt") == zoo.starting_file(None, "gpt")
    assert zoo.starting_file() == zoo.starting_file("img-classification")


def test_what_cannot_be_started_from() -> None:
    with pytest.raises(UsageError, match="is for txt-generation, not for obj-detection"):
        zoo.starting_file("obj-detection", "gpt")
    with pytest.raises(UsageError, match="task must be one of img-captioning, "):
        zoo.starting_file("txt-image")


def test_documentation_has_every_network() -> None:
    page = Path(__file__).parents[2] / "docs" / "zoo.md"
    rows = [line.split(" | ") for line in page.read_text().splitlines() if line.startswith("| `")]

    told = {row[0].strip("|` "): (row[1], tuple(row[3].split(", "))) for row in rows}

    assert told == {name: (zoo.card(name).task, zoo.card(name).papers) for name in zoo.names()}


@pytest.mark.parametrize("task", zoo.tasks())
def test_a_starting_file_says_what_it_is_for(task: str) -> None:
    assert zoo.stated_task(zoo.starting_file(task)[1]) == task


@pytest.mark.parametrize(
    ("text", "task"),
    [
        ("# Task: obj-detection\nclass Net: pass\n", "obj-detection"),
        ("class Net: pass\n", None),
        ("\n" * 30 + "# Task: obj-detection\n", None),
        ("", None),
        ("this is no Python: (\n  Task: txt-generation", "txt-generation"),
    ],
)
def test_the_first_lines_of_any_text_may_say_it(text: str, task: str | None) -> None:
    assert zoo.stated_task(text) == task
