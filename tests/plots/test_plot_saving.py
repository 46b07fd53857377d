from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

pytest.importorskip("matplotlib")

from catta import plots
from catta.errors import UsageError

FRAME = pd.DataFrame({"epoch": [1, 2], "accuracy": [0.1, 0.2]})
BEGINS = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF"}


@pytest.mark.parametrize("form", BEGINS)
def test_a_plot_becomes_a_file(form: str, tmp_path: Path) -> None:
    target = tmp_path / f"plot.{form.upper()}"
    target.write_text("old")
    assert plots.save(plots.mean_deviation(FRAME), target) == target
    assert target.read_bytes().startswith(BEGINS[form])
    assert target.stat().st_mode & 0o777 == 0o644
    assert list(tmp_path.iterdir()) == [target]


def test_nothing_is_left_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "plot.svg"
    target.write_text("old")

    def refuse(_: Path, __: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OSError, match="No space"):
        plots.save(plots.mean_deviation(FRAME), target)
    assert [p.name for p in tmp_path.iterdir()] == ["plot.svg"]
    assert target.read_text() == "old"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("plot.gif", "ends with .svg, .png, .pdf"),
        ("plot", "ends with .svg"),
        ("nowhere/plot.svg", "there is no directory"),
        ("folder.svg", "is a directory"),
    ],
)
def test_a_name_that_is_none(name: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "folder.svg").mkdir()
    with pytest.raises(UsageError, match=said):
        plots.save(plots.mean_deviation(FRAME), tmp_path / name)


@pytest.mark.parametrize(
    ("missing", "use"),
    [
        ("matplotlib", "plots.box"),
        ("graphviz", "plots.network_graph(Graph((GraphNode('input'),)))"),
    ],
)
def test_a_missing_package_is_one_sentence(missing: str, use: str) -> None:
    code = f"""
import sys
sys.modules[{missing!r}] = None
from catta import plots
from catta.errors import UsageError
from catta.graphs import Graph, GraphNode
try:
    {use}
except UsageError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == (
        f"plots: {missing} is not installed; install it with: pip install 'catta[report]'\n"
    )


def test_the_package_loads_nothing_by_itself() -> None:
    code = "import sys, catta.plots; print({'matplotlib', 'pandas', 'torch'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
