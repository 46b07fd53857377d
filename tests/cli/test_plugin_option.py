from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_builders import Invoke

from catta.corpus import Corpus
from catta.evaluation import available_sandboxes
from catta.tasks import datasets


@pytest.fixture(autouse=True)
def nothing_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets, "_registered", {})


def test_a_plugins_datasets_are_listed(invoke: Invoke, tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        "from catta.tasks import register_dataset\n"
        "from catta.tasks.digits import Digits\n"
        "register_dataset('mine', Digits(origin='drawn by me'))\n"
    )
    listed = json.loads(invoke("datasets", "list", "--plugin", str(path), "--json").stdout)
    assert listed[-1]["name"] == "mine"
    assert listed[-1]["origin"] == "drawn by me"


def test_a_plugin_that_does_not_exist_is_a_mistake_of_the_user(
    invoke: Invoke, tmp_path: Path
) -> None:
    result = invoke("datasets", "list", "--plugin", str(tmp_path / "none.py"))
    assert result.exit_code == 2
    assert "none.py" in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "command",
    [
        ("check", "net.py"),
        ("train", "residual"),
        ("tune", "residual"),
        ("noise", "residual"),
        ("fidelity", "residual"),
        ("coverage", "residual"),
        ("bench", "residual"),
        ("evolve",),
        ("resume", "some-run"),
        ("warmup",),
        ("datasets", "list"),
    ],
    ids=lambda command: command[0],
)
def test_every_command_about_data_executes_the_plugin_before_anything_else(
    invoke: Invoke, corpus: Path, tmp_path: Path, command: tuple[str, ...]
) -> None:
    (tmp_path / "net.py").write_text("class Net: pass\n")
    path = tmp_path / "mine.py"
    path.write_text("raise ValueError('executed')\n")
    arguments = [str(tmp_path / word) if word.endswith(".py") else word for word in command]

    refused = invoke(*arguments, "--plugin", str(path))

    assert refused.exit_code == 2
    assert "failed: ValueError: executed" in " ".join(refused.stderr.split())
    assert not corpus.exists()


def test_a_network_is_compared_on_a_plugins_dataset(
    invoke: Invoke, corpus: Path, tmp_path: Path
) -> None:
    path, network = tmp_path / "mine.py", tmp_path / "net.py"
    path.write_text(
        "from catta.tasks import register_dataset\n"
        "from catta.tasks.digits import Digits\n"
        "register_dataset('mine', Digits(origin='drawn by me'))\n"
    )
    network.write_text(
        "from torch import nn\n\n\n"
        "class Net(nn.Sequential):\n"
        "    def __init__(self, in_shape, out_shape, prm, device):\n"
        "        super().__init__(nn.Flatten(), nn.LazyLinear(out_shape[0]))\n"
    )
    arguments = ("--seeds", "2", "--dataset", "mine", "--train-samples", "40", "--resolution", "8")
    unsafe = [] if list(available_sandboxes()) else ["--unsafe"]

    shown = invoke("noise", str(network), *arguments, "--plugin", str(path), "--json", *unsafe)

    assert shown.exit_code == 0, shown.stderr
    values = json.loads(shown.stdout)["values"]
    assert values.keys() == {"0", "1"}
    assert all(0 <= value <= 1 for value in values.values())


def test_a_dataset_of_a_coverage_needs_its_task(invoke: Invoke, corpus: Path) -> None:
    with Corpus.open(corpus):
        pass
    refused = invoke("coverage", "residual", "--dataset", "digits")
    assert refused.exit_code == 2
    assert "give the task as well" in refused.stderr
