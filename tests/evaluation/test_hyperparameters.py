"""What a network says about itself is read, never executed."""

from __future__ import annotations

from pathlib import Path

import pytest

from catta.errors import UsageError
from catta.evaluation.hyperparameters import declared_hyperparameters, has_own_recipe


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("return {'lr', 'momentum'}", {"lr", "momentum"}),
        ("return set(['lr', 'dropout'])", {"lr", "dropout"}),
        ("if True:\n        return {'a'}\n    return {'b'}", {"a", "b"}),
        ("return set()", set()),
        ("return", set()),
        ("print('not this')\n    return {'lr', 3}", {"lr"}),
    ],
)
def test_the_names_of_hyperparameters(body: str, names: set[str]) -> None:
    source = f"def supported_hyperparameters():\n    {body}\n"
    assert declared_hyperparameters(source) == names


def test_a_network_that_declares_nothing() -> None:
    assert declared_hyperparameters("class Net: pass") == frozenset()
    assert declared_hyperparameters("") == frozenset()


def test_nothing_is_executed(tmp_path: Path) -> None:
    file = tmp_path / "written"
    source = f"open({str(file)!r}, 'w')\ndef supported_hyperparameters():\n    return {{'lr'}}\n"
    assert declared_hyperparameters(source) == {"lr"}
    assert not has_own_recipe(source)
    assert not file.exists()


@pytest.mark.parametrize(
    ("methods", "own"),
    [
        (("train_setup", "learn"), True),
        (("train_setup",), False),
        (("learn",), False),
        ((), False),
    ],
)
def test_an_own_recipe_has_two_methods(methods: tuple[str, ...], *, own: bool) -> None:
    lines = "".join(f"    def {name}(self, x): pass\n" for name in methods) or "    pass\n"
    assert has_own_recipe(f"class Net:\n{lines}") is own
    assert not has_own_recipe(f"class Other:\n{lines}")


@pytest.mark.parametrize("source", ["def (", "x = \0", "(" * 5_000])
def test_a_text_that_is_no_module(source: str) -> None:
    with pytest.raises(UsageError, match="the network is no Python module"):
        declared_hyperparameters(source)
