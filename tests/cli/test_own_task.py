"""A task and a transform of a plugin, from the command line to a score."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from cli_builders import Invoke

from catta.corpus import Corpus
from catta.evaluation import available_sandboxes
from catta.tasks import datasets, known_tasks, own_transforms

PAGE = Path(__file__).parents[2] / "docs" / "datasets.md"
UNSAFE = [] if list(available_sandboxes()) else ["--unsafe"]
NET = '''"""One layer.

Task: img-regression.
"""
from torch import nn


class Net(nn.Sequential):
    def __init__(self, in_shape, out_shape, prm, device):
        super().__init__(nn.Flatten(), nn.LazyLinear(out_shape[0]))
'''


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for module in (datasets, known_tasks, own_transforms):
        monkeypatch.setattr(module, "_registered", {})
    shown = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "ink.py").write_text(shown[3] + "\n" + shown[5])
    (tmp_path / "net.py").write_text(NET)
    return tmp_path


def test_a_network_is_trained_for_it(invoke: Invoke, corpus: Path, files: Path) -> None:
    plugin = ("--plugin", str(files / "ink.py"), "--json", *UNSAFE)
    task = ("--task", "img-regression")
    shown = invoke("train", str(files / "net.py"), *task, *plugin)
    assert shown.exit_code == 0, shown.stderr
    trained = json.loads(shown.stdout)
    recipe, evaluation = trained["recipe"], trained["evaluation"]
    assert (recipe["dataset"], recipe["metric"], recipe["epochs"]) == ("ink", "r2", 10)
    assert evaluation["epochs"][-1]["metrics"]["r2"] == evaluation["epochs"][-1]["accuracy"] > 0.7
    with Corpus.open(corpus) as store:
        kept = store.evaluations.get(trained["network_id"], evaluation["recipe_id"])
    assert kept is not None
    assert kept.accuracy == evaluation["epochs"][-1]["accuracy"]

    turned = invoke("train", str(files / "net.py"), *task, *plugin, "--transform", "turned")
    assert turned.exit_code == 0, turned.stderr
    named = json.loads(turned.stdout)
    assert named["recipe"]["transform"].startswith("turned@")
    assert 0.3 < named["evaluation"]["epochs"][-1]["metrics"]["r2"] < 1

    lone = invoke("train", str(files / "net.py"), *task, "--metric", "acc", *plugin)
    assert lone.exit_code == 2
    assert "metric of img-regression must be one of r2, not 'acc'" in lone.stderr


def test_a_network_is_checked_for_it(invoke: Invoke, corpus: Path, files: Path) -> None:
    plugin = ("--plugin", str(files / "ink.py"), "--json", *UNSAFE)
    shown = invoke("check", str(files / "net.py"), *plugin)
    assert shown.exit_code == 0, shown.stderr
    report = json.loads(shown.stdout)
    assert (report["task"], report["outcome"], report["metric"]) == ("img-regression", "OK", "r2")
    assert (report["parameters"], report["steps"]) == (65, 2)
    assert not corpus.exists()

    (files / "net.py").write_text(NET.replace("out_shape[0]", "2 * undefined"))
    failed = invoke("check", str(files / "net.py"), *plugin)
    assert failed.exit_code == 1
    report = json.loads(failed.stdout)
    assert (report["outcome"], report["stage"]) == ("INVALID", "build")
    assert "undefined" in report["error"]


def test_a_file_that_fails_in_the_sandbox_only_is_named(
    invoke: Invoke, corpus: Path, files: Path
) -> None:
    path = files / "ink.py"
    path.write_text(
        "if __name__ == 'catta_task':\n    raise OSError('not here')\n" + path.read_text()
    )
    task = ("--task", "img-regression", "--plugin", str(path), "--json", *UNSAFE)
    shown = invoke("train", str(files / "net.py"), *task)
    assert shown.exit_code == 1, shown.stderr
    error = json.loads(shown.stdout)["evaluation"]["verdict"]["error"]
    assert "the file of the task fails in the sandbox: OSError: not here" in error


def test_without_the_plugin_it_is_no_task(invoke: Invoke, corpus: Path, files: Path) -> None:
    shown = invoke("train", str(files / "net.py"), "--task", "img-regression")
    assert shown.exit_code == 2
    assert "not 'img-regression'" in " ".join(shown.stderr.split())
