"""`catta plot`: every kind becomes a file, and what cannot be is said in a sentence."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cli_builders import Invoke, build_report

pytest.importorskip("matplotlib")

import catta
from catta.cli.plot import app
from catta.corpus import Corpus
from catta.graphs import Graph, GraphNode
from catta.records import Network
from catta.testing.lemur import CIFAR, MNIST, members, write_wheel

NET = """
class Net:
    WIDTH = {width}
"""
KINDS = [
    *("mean", "rolling", "curves", "box", "violin", "correlation", "time", "pareto", "parallel"),
    *("importance", "ranks"),
]


def measured(accuracy: float, place: int) -> dict[str, Any]:
    """One trial of LEMUR's format."""
    return {
        "accuracy": accuracy,
        "batch": 2 ** (place % 3 + 3),
        "duration": 10**9 * (place + 1),
        "lr": 0.1 / (place + 1),
        "momentum": place / 10,
        "transform": "norm",
        "uid": f"u{place}",
    }


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of two networks, each trained six times for two epochs on two datasets."""
    place = tmp_path_factory.mktemp("imported")
    content = members("2.1.2")
    for width, name in enumerate(("ResNet", "Alex"), start=1):
        content[f"ab/nn/nn/{name}.py"] = NET.format(width=width)
        for problem in (CIFAR, MNIST):
            for epoch in (1, 2):
                base = 0.1 * (width + epoch)
                values = [measured(base + 0.05 * p, p) for p in range(6)]
                path = f"ab/nn/stat/train/{problem}{name}/{epoch}.json"
                content[path] = json.dumps(values)
    wheel = place / "nn_dataset-2.1.2-py3-none-any.whl"
    write_wheel(wheel, content)
    with Corpus.open(place / "corpus.sqlite") as store:
        catta.import_lemur(store, wheel)
    return place / "corpus.sqlite"


@pytest.fixture
def filled(imported: Path, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with that corpus in it."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(imported, corpus)
    return tmp_path


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_becomes_a_file(kind: str, filled: Path, invoke: Invoke) -> None:
    if kind == "importance":
        pytest.importorskip("optuna")
    chosen = ("--task", "img-classification") if kind == "ranks" else ("--dataset", "cifar-10")
    result = invoke("plot", kind, *chosen, "-o", "plot.svg", "--title", "Mine & <yours>")
    assert result.exit_code == 0, result.output
    assert result.stdout == "Written: plot.svg\n"
    text = (filled / "plot.svg").read_text()
    assert "Mine &amp; &lt;yours&gt;" in text
    assert "n = " in text


def test_options_reach_the_plot(filled: Path, invoke: Invoke) -> None:
    words = ("--dataset", "mnist", "--epoch", "2", "--nn", "ResNet", "--by", "nn")
    assert invoke("plot", "box", *words, "-o", "plot.svg").exit_code == 0
    text = (filled / "plot.svg").read_text()
    assert "n = 6 trials of 1 network" in text
    assert "Distribution: mnist, img-classification" in text
    words = ("--dataset", "mnist", "--cost", "epoch", "-o", "plot.svg")
    assert invoke("plot", "pareto", *words).exit_code == 0
    assert ">epoch<" in (filled / "plot.svg").read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("box",), "choose one of img-classification/cifar-10/acc, img-classification/mnist/acc"),
        (("box", "--dataset", "nowhere"), "no measurement of the corpus fits"),
        (("box", "--dataset", "mnist", "--by", "colour"), "there is no column colour"),
        (("correlation", "--dataset", "mnist", "--method", "x"), "'x' is not one of spearman"),
        (("parallel", "--dataset", "mnist", "--column", "lr"), "two columns or more"),
        (("pareto", "--dataset", "mnist", "--cost", "money"), "'money' is not one of"),
        (("graph", "Nobody"), "Nobody"),
        (("graph", "ResNet"), "`catta corpus inspect ResNet` stores it"),
        (("cycles", "--run", "r"), "'r' is not in"),
        (("lineage", "--run", "r"), "'r' is not in"),
    ],
)
def test_a_mistake_is_a_sentence(
    words: tuple[str, ...], said: str, filled: Path, invoke: Invoke
) -> None:
    result = invoke("plot", *words, "-o", "plot.png")
    assert result.exit_code == 2, result.output
    assert said in result.stderr
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    assert not (filled / "plot.png").exists()


def test_a_name_that_is_no_plot_is_said_before_any_work(
    invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = invoke("plot", "box", "-o", "plot.txt")
    assert result.exit_code == 2
    assert "ends with .svg, .png, .pdf" in result.stderr


def test_without_matplotlib_a_sentence(
    filled: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith(("catta.plots.", "matplotlib"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    result = invoke("plot", "box", "--dataset", "mnist", "-o", "plot.png")
    assert result.exit_code == 2
    assert "pip install 'catta[report]'" in result.stderr


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_a_graph_that_is_stored_is_drawn(filled: Path, invoke: Invoke, corpus: Path) -> None:
    pytest.importorskip("graphviz")
    with Corpus.open(corpus) as store:
        network = store.networks.get("ResNet")
        assert network is not None
        nodes = (GraphNode("input", (), (1, 3, 8, 8)), GraphNode("relu", (0,), (1, 3, 8, 8)))
        store.graphs.save({(network.id, "img-classification"): Graph(nodes)})
    result = invoke("plot", "graph", "ResNet", "-o", "graph.svg")
    assert result.exit_code == 0, result.output
    assert ">relu<" in (filled / "graph.svg").read_text()


@pytest.fixture
def stored(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run of one cycle that is still going, and one that has not begun; the working directory."""
    monkeypatch.chdir(tmp_path)
    report = build_report(finished=None)
    (cycle,) = report.cycles
    with Corpus.open(corpus) as store:
        store.runs.create(report.run)
        store.runs.create(replace(report.run, id="empty"))
        for found in report.candidates:
            if found.network_id and found.source:
                network = Network(
                    id=found.network_id, source=found.source, name="n", origin="candidate"
                )
                store.networks.add([network])
        store.runs.open_cycle(cycle)
        store.runs.add_candidates(report.candidates)
    return tmp_path


def test_cycles_of_a_run(stored: Path, invoke: Invoke) -> None:
    result = invoke("plot", "cycles", "--run", "lora", "-o", "run.svg")
    assert result.exit_code == 0, result.output
    text = (stored / "run.svg").read_text()
    assert "Run lora-1 (arm lora)" in text
    assert "n = 2 networks" in text
    assert "n = 4 candidates" in text


def test_cycles_of_a_run_that_has_none(stored: Path, invoke: Invoke) -> None:
    result = invoke("plot", "cycles", "--run", "empty", "-o", "run.svg")
    assert result.exit_code == 0, result.output
    assert "No candidate was trained yet." in (stored / "run.svg").read_text()


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_lineage_of_a_run(stored: Path, invoke: Invoke) -> None:
    pytest.importorskip("graphviz")
    result = invoke("plot", "lineage", "--run", "lora", "-o", "lineage.svg")
    assert result.exit_code == 0, result.output
    text = (stored / "lineage.svg").read_text()
    assert "Lineage of run lora" in text
    assert "1/0, 0.800" in text
    assert "1/1, 0.700" not in text  # not admitted


def test_every_kind_is_tested() -> None:
    names = {command.name for command in app.registered_commands}
    assert names == {*KINDS, "cycles", "lineage", "graph"}
