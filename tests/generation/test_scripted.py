from collections import Counter

import pytest

from catta.errors import UsageError
from catta.generation.protocol import Generator
from catta.generation.scripted import ScriptedGenerator
from catta.records import Prompt

PROMPT = Prompt(text="write", prefix="import torch")
TEXTS = ["a", "b", "c", "d", "e"]


def texts(n: int, seed: int) -> list[str]:
    return [c.text for c in ScriptedGenerator(TEXTS).generate(PROMPT, n, seed)]


def test_it_is_a_generator() -> None:
    scripted = ScriptedGenerator(TEXTS)
    assert isinstance(scripted, Generator)
    scripted.close()


def test_the_choice_depends_on_seed_and_position_alone() -> None:
    scripted = ScriptedGenerator(TEXTS)
    first = scripted.generate(PROMPT, 12, seed=5)
    scripted.generate(PROMPT, 3, seed=6)
    assert scripted.generate(PROMPT, 12, seed=5) == first
    assert texts(4, 5) == [c.text for c in first[:4]]
    assert len({tuple(texts(5, seed)) for seed in range(10)}) > 1


def test_all_are_replayed_before_any_comes_twice() -> None:
    assert Counter(texts(10, 1)) == dict.fromkeys(TEXTS, 2)
    assert set(texts(5, 2)) == set(TEXTS)


def test_the_name_identifies_the_script() -> None:
    assert ScriptedGenerator(TEXTS).name == ScriptedGenerator(list(TEXTS)).name
    assert ScriptedGenerator(TEXTS).name != ScriptedGenerator(TEXTS[:4]).name


def test_an_empty_script_is_refused() -> None:
    with pytest.raises(UsageError, match="script"):
        ScriptedGenerator([])
