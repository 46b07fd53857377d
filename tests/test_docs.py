"""The documents do not lie: what they show is run, in order, on a small corpus made here.

Of a document's fenced blocks, `python` is executed, all blocks in one namespace, and in `console`
every line `$ catta ...` is run. Words behind the language say otherwise: `no-run`, `needs=MODULE`
(skipped where that is not installed), `exit=2` (the exit code; the line below is what is said).
The options of every `catta` line in a block of `sh` exist.
"""

from __future__ import annotations

import importlib.util
import inspect
import json
import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

import catta
from catta.cli import app
from catta.cli.export import DEFAULT, ExportGroup
from catta.testing.lemur import CIFAR, MNIST, members, trial, write_wheel

ROOT = Path(__file__).resolve().parents[1]
WHEEL = "nn_dataset-2.1.2-py3-none-any.whl"
IMPORT = f"catta corpus import lemur {WHEEL}"
DOCUMENTS = (
    "docs/corpus.md",
    "docs/training.md",
    "docs/statistics.md",
    "docs/plots.md",
    "docs/edge.md",
    "docs/edge-deploy.md",
    "docs/report.md",
    "README.md",
)
NET = """
from torch import nn

def supported_hyperparameters():
    return {"lr", "momentum"}

class Net(nn.Module):
    def __init__(self, in_shape, out_shape, prm, device):
        super().__init__()
        width = WIDTH
        self.layers = nn.Sequential(
            nn.Conv2d(in_shape[1], width, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
            nn.Linear(width, out_shape[0]),
        )

    def forward(self, x):
        return self.layers(x)
"""


@dataclass(frozen=True, kw_only=True)
class Block:
    """A fenced block: its language, the words behind it, its text, the number of its first line."""

    language: str
    words: frozenset[str]
    text: str
    line: int

    def word(self, name: str) -> str | None:
        return next((w.partition("=")[2] for w in self.words if w.startswith(f"{name}=")), None)


def blocks(document: str) -> Iterator[Block]:
    text = (ROOT / document).read_text(encoding="utf-8")
    for match in re.finditer(r"^```(\w+)([^\n]*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        line = text.count("\n", 0, match.start(3)) + 1
        words = frozenset(match[2].split())
        yield Block(language=match[1], words=words, text=match[3], line=line)


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the documents take to be there: a wheel of LEMUR, a network of one's own, a study."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CATTA_CORPUS", str(tmp_path / "corpus.sqlite"))
    monkeypatch.setenv("CATTA_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("CATTA_DEBUG", raising=False)
    stat = "ab/nn/stat/train/"
    content = members("2.1.2")
    for width, name in enumerate(("ResNet", "AlexNet", "ga-1", "ga-2"), start=8):
        content[f"ab/nn/nn/{name}.py"] = NET.replace("WIDTH", str(width))
        for problem in (CIFAR, MNIST):
            values = [trial(width / 20), trial(width / 30, "u2")]
            content[f"{stat}{problem}{name}/1.json"] = json.dumps(values)
    write_wheel(tmp_path / WHEEL, content)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "tiny.py").write_text(NET.replace("WIDTH", "4"))
    make_study(tmp_path)
    return tmp_path


def make_study(directory: Path) -> None:
    if importlib.util.find_spec("optuna") is None:
        return
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(
        study_name="tuning", storage=f"sqlite:///{directory / 'study.db'}", direction="maximize"
    )
    study.optimize(lambda given: given.suggest_float("lr", 0.01, 0.1), n_trials=2)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_what_a_document_shows_works(document: str, workplace: Path) -> None:
    namespace: dict[str, Any] = {"__name__": "document"}
    if document == "README.md":
        commands = Block(language="console", words=frozenset(), line=0, text=f"$ {IMPORT}\n")
        run_commands(document, commands, workplace)
    ran = 0
    for block in blocks(document):
        needed = block.word("needs")
        if "no-run" in block.words or (needed and importlib.util.find_spec(needed) is None):
            continue
        if block.language == "python":
            ran += 1
            padded = "\n" * (block.line - 1) + block.text  # so that a traceback has its lines
            exec(compile(padded, str(ROOT / document), "exec"), namespace)  # noqa: S102
        elif block.language == "console":
            ran += run_commands(document, block, workplace)
    assert ran


def run_commands(document: str, block: Block, workplace: Path) -> int:
    """Run the commands of a block; where they are to fail, they say what is shown."""
    expected = int(block.word("exit") or 0)
    ran = 0
    for match in re.finditer(r"^\$ catta ([^\n]*)\n(?=([^\n]*))", block.text, re.MULTILINE):
        result = invoke(shlex.split(match[1]))
        where = f"{document}, block at line {block.line}: catta {match[1]}"
        assert result.exit_code == expected, f"{where}\n{result.output}\n{result.exception!r}"
        if expected:
            said = result.stderr.strip().splitlines()[-1].replace(f"{workplace.resolve()}/", "")
            assert said == match[2], where
        ran += 1
    assert ran == len(re.findall(r"^\$", block.text, re.MULTILINE)), f"{document}:{block.line}"
    return ran


def invoke(arguments: list[str]) -> Result:
    return CliRunner().invoke(app, arguments)


def lines_of_shell() -> Iterator[tuple[str, str]]:
    for document in DOCUMENTS:
        for block in blocks(document):
            if block.language == "sh":
                for line in block.text.splitlines():
                    if line.startswith("catta "):
                        yield document, line


@pytest.mark.parametrize(("document", "line"), list(lines_of_shell()))
def test_commands_that_are_not_run_are_spelled_rightly(document: str, line: str) -> None:
    command: Any = typer.main.get_command(app)
    words = shlex.split(line, comments=True)[1:]
    while words and hasattr(command, "commands"):
        if isinstance(command, ExportGroup) and words[0] not in command.commands:
            words.insert(0, DEFAULT)
        assert words[0] in command.commands, f"{document}: {line}"
        command = command.commands[words.pop(0)]
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("-")} <= known, f"{document}: {line}"


def cells(heading: str, row: str = r"^\| `(\w+)` \|") -> list[str]:
    """First cells of the table behind a sentence of docs/corpus.md."""
    text = (ROOT / "docs/corpus.md").read_text(encoding="utf-8")
    table = text.partition(heading)[2].lstrip("\n").partition("\n\n")[0]
    return re.findall(row, table, re.MULTILINE)


def test_every_argument_of_data_is_explained() -> None:
    explained = cells("Catta's own evaluations follow.")
    assert explained == list(inspect.signature(catta.data).parameters)


def test_every_column_is_explained(workplace: Path) -> None:
    invoke(shlex.split(IMPORT)[1:])
    assert cells("The columns are LEMUR's:") == list(catta.data(max_rows=1).columns)


def test_every_command_of_the_corpus_is_shown() -> None:
    command: Any = typer.main.get_command(app)
    text = (ROOT / "docs/corpus.md").read_text(encoding="utf-8")
    nouns = command.commands["corpus"].commands
    missing = [name for name in nouns if f"catta corpus {name}" not in text]
    assert not missing
    importers = nouns["import"].commands
    assert all(f"catta corpus import {name}" in text for name in importers)


def test_a_block_that_lies_is_found(
    workplace: Path, monkeypatch: pytest.MonkeyPatch, write_document: Callable[[str], None]
) -> None:
    write_document("```console\n$ catta corpus show Nobody\n```\n")
    with pytest.raises(AssertionError, match="catta corpus show Nobody"):
        test_what_a_document_shows_works("lie.md", workplace)
    write_document("```console exit=2\n$ catta corpus show Nobody\nError: another one\n```\n")
    with pytest.raises(AssertionError, match="catta corpus show Nobody"):
        test_what_a_document_shows_works("lie.md", workplace)
    write_document("text\n```python\nimport catta\ncatta.nothing\n```\n")
    with pytest.raises(AttributeError, match="nothing"):
        test_what_a_document_shows_works("lie.md", workplace)


@pytest.fixture
def write_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    monkeypatch.setattr("test_docs.ROOT", tmp_path)
    return lambda text: (tmp_path / "lie.md").write_text(text) and None
