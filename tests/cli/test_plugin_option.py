from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_builders import Invoke

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
    assert "does not exist" in " ".join(result.stderr.split())
