"""`catta new`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_builders import Invoke

from catta import zoo


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_writes_the_starting_file(invoke: Invoke) -> None:
    shown = invoke("new", "mine", "--task", "obj-detection")

    assert shown.exit_code == 0
    assert "`catta check mine.py` tries it" in shown.stdout
    assert "`catta check other.py`" in invoke("new", "other", "-o", "other.py").stdout
    assert Path("mine.py").read_text() == zoo.starting_file("obj-detection")[1]


def test_writes_a_network_of_the_zoo_elsewhere(invoke: Invoke, tmp_path: Path) -> None:
    file = tmp_path / "other.py"

    shown = json.loads(invoke("new", "mine", "--from", "vit", "-o", str(file), "--json").stdout)

    assert shown == {
        "name": "mine",
        "task": "img-classification",
        "from": "vit",
        "file": str(file),
    }
    assert file.read_text() == zoo.source("vit")


def test_replaces_nothing_unasked(invoke: Invoke) -> None:
    Path("mine.py").write_text("precious")

    refused = invoke("new", "mine")

    assert refused.exit_code == 2
    assert refused.stderr == "Error: file mine.py exists; --force replaces it\n"
    assert Path("mine.py").read_text() == "precious"
    assert invoke("new", "mine", "--force").exit_code == 0
    assert "class Net" in Path("mine.py").read_text()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("../mine",), "the name must be letters, digits, - and _"),
        (("mine", "--task", "sculpture"), "task must be one of"),
        (("mine", "--from", "nothing"), "the zoo has no network 'nothing'"),
        (("mine", "--task", "obj-detection", "--from", "gpt"), "is for txt-generation"),
        (("mine", "-o", "nowhere/mine.py"), "there is no directory"),
        (("mine", "-o", "."), "is a directory; name a file"),
    ],
)
def test_bad_input(invoke: Invoke, arguments: tuple[str, ...], sentence: str) -> None:
    refused = invoke("new", *arguments)

    assert refused.exit_code == 2
    assert sentence in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert list(Path.cwd().iterdir()) == []
