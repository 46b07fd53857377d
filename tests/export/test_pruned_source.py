"""Texts of pruned networks: parsed only, never executed here."""

from __future__ import annotations

import ast

import pytest

from catta.errors import ExportError
from catta.export.pruned_source import pruned_source
from catta.testing.exporter import NETWORK

WIDTHS = {"last": (11, 10), "first.0": (1, 11, 1)}


def classes(text: str) -> list[str]:
    return [node.name for node in ast.parse(text).body if isinstance(node, ast.ClassDef)]


def test_the_parent_stays_under_another_name() -> None:
    text = pruned_source(NETWORK, WIDTHS)
    assert classes(text) == ["Unpruned", "Net"]
    assert "'first.0': (1, 11, 1)" in text


def test_what_the_text_says_of_its_class_is_said_of_the_parent() -> None:
    text = pruned_source(NETWORK.replace("super()", "super(Net, self)"), WIDTHS)
    assert "super(Unpruned, self)" in text


def test_what_was_pruned_can_be_pruned_again() -> None:
    again = pruned_source(pruned_source(NETWORK, WIDTHS), {"last": (7, 10)})
    assert classes(again) == ["Unpruned", "Unpruned2", "Net"]
    names = [
        target.id
        for node in ast.parse(again).body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    ]
    assert names == ["_WIDTHS2", "_WIDTHS"]


def test_torch_is_imported_by_its_name() -> None:
    source = '"""A network."""\nfrom __future__ import annotations\nfrom torch import nn\n'
    source += "class Net(nn.Module):\n    pass\n"
    body = ast.parse(pruned_source(source, WIDTHS)).body
    assert [ast.unparse(node) for node in body[1:3]] == [
        "from __future__ import annotations",
        "import torch",
    ]


def test_a_text_without_a_network_is_refused() -> None:
    with pytest.raises(ExportError, match="no class Net"):
        pruned_source("x = 1", WIDTHS)
