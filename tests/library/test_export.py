"""Exports: what is in the files, and that there is none when something goes wrong."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pyarrow import parquet

import catta
from catta.corpus import Corpus
from catta.corpus.published import Traits, Trial, TrialFile
from catta.errors import Interrupted, UsageError
from catta.generation import training_example
from catta.library import export_data, parse_shapes
from catta.library.progress import SilentProgress
from catta.novelty import network_id, normalize
from catta.records import BuildFacts, Network, Problem, Prompt

SHAPES = Problem(sample=(3, 32, 32), outputs=10)
NET = "# a comment\nimport torch\nclass Net(torch.nn.Module):\n    value = {value!r}\n"
SOURCES = {
    "one": NET.format(value="=1+1"),
    "large": NET.format(value="large"),
    "loads": NET.format(value="loads"),
    "broken": "class Net(",
}
ACCURACIES = {"one": (0.456, 0.3), "large": (0.5,), "loads": (0.9,), "broken": (0.2,), "none": (1,)}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    ids = {name: network_id(text) for name, text in SOURCES.items() if name != "broken"}
    ids["broken"] = "n1:broken"
    with Corpus.open(tmp_path_factory.mktemp("export") / "c.sqlite") as opened:
        opened.networks.add(
            Network(id=ids[name], source=text, name=name, origin="lemur")
            for name, text in SOURCES.items()
        )
        files = [
            TrialFile(
                task="img-classification",
                dataset="cifar-10",
                metric="acc",
                name=name,
                epoch=1,
                trials=[Trial("=u", "norm", b'{"lr":0.1}', value, None) for value in values],
            )
            for name, values in ACCURACIES.items()
        ]
        opened.trials.add(opened.trials.begin_import("hash", "9.9"), files, ids)
        opened.networks.add_facts(
            ids["large"],
            "3x32x32:10",
            BuildFacts(parameters=10**7, flops=1, graph="g1:a", seconds=1.0),
        )
        traits = Traits(
            family="loads",
            imports=(),
            pretrained=True,
            classes=1,
            functions=0,
            sequential=False,
            module_list=False,
            module_dict=False,
        )
        opened.trials.add_traits({ids["loads"]: traits})
        yield opened


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_parquet(corpus: Corpus, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    report = export_data(path, "parquet", corpus=corpus)
    assert (report.rows, report.path, report.format) == (6, str(path), "parquet")
    frame = catta.data(corpus=corpus)
    table = parquet.read_table(path)
    assert table.column_names == list(frame.columns)
    assert table["nn_code"].to_pylist() == list(frame["nn_code"])
    assert table["accuracy"].to_pylist() == list(frame["accuracy"])
    assert os.listdir(tmp_path) == ["a.parquet"]  # noqa: PTH208 - names, hidden ones included


def test_row_groups_hold_only_their_own_texts(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catta.library.export_files._ROW_GROUP", 2)
    told = Told()
    export_data(tmp_path / "a.parquet", "parquet", corpus=corpus, progress=told)
    file = parquet.ParquetFile(tmp_path / "a.parquet")
    assert [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)] == [2, 2, 2]
    frame = catta.data(corpus=corpus)
    for name in ("nn", "nn_code", "prm_id", "transform_code"):
        assert file.read()[name].to_pylist() == list(frame[name])
    parts = [file.read_row_group(i, columns=["nn_code"]) for i in range(3)]
    assert all(part.nbytes < file.read(columns=["nn_code"]).nbytes / 1.5 for part in parts)
    assert told.heard == [("write rows", 6), 2, 2, 2, "end"]


class Told(SilentProgress):
    """Notes what is told."""

    def __init__(self) -> None:
        self.heard: list[object] = []

    def begin(self, stage: str, total: int | None) -> None:
        self.heard.append((stage, total))

    def advance(self, steps: int = 1) -> None:
        self.heard.append(steps)

    def end(self) -> None:
        self.heard.append("end")


@pytest.mark.parametrize("form", ["parquet", "jsonl", "hf", "chat"])
def test_it_can_be_stopped_and_then_leaves_nothing(
    corpus: Corpus, tmp_path: Path, form: str
) -> None:
    told = Told()
    with pytest.raises(Interrupted, match="was not written"):
        export_data(
            tmp_path / "a",
            form,
            shapes=SHAPES,
            dataset="cifar-10",
            corpus=corpus,
            progress=told,
            stop=lambda: True,
        )
    assert list(tmp_path.iterdir()) == []
    assert told.heard[-1] == "end"


def test_jsonl(corpus: Corpus, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    report = export_data(path, "jsonl", corpus=corpus, nn="one", include_nn_stats=True)
    found = lines(path)
    assert report.rows == len(found) == 2
    assert found[0]["prm"] == {"lr": 0.1, "transform": "norm"}
    assert (found[0]["accuracy"], found[0]["duration"]) == (0.456, None)
    assert found[0]["nn_code"] == SOURCES["one"]


@pytest.mark.parametrize(
    ("arguments", "rows"), [({"max_rows": 2}, 2), ({"unique_nn": True}, 5), ({"task": "x"}, 0)]
)
def test_what_is_exported_is_chosen_as_in_data(
    corpus: Corpus, tmp_path: Path, arguments: dict[str, Any], rows: int
) -> None:
    path = tmp_path / "a.jsonl"
    assert export_data(path, "jsonl", corpus=corpus, **arguments).rows == rows
    assert len(lines(path)) == rows


def test_chat(corpus: Corpus, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    report = export_data(path, "chat", shapes=SHAPES, dataset="cifar-10", corpus=corpus)
    (found,) = lines(path)
    assert report.rows == 1
    assert report.skipped == {
        "it is above the caps": 1,
        "it is pretrained": 1,
        "it does not parse": 1,
    }
    (prompt,), (completion,) = found["prompt"], found["completion"]
    assert (prompt["role"], completion["role"]) == ("user", "assistant")
    assert "(N, 3, 32, 32), output (N, 10)" in prompt["content"]
    assert "accuracy >= 0.45" in prompt["content"]
    assert completion["content"].startswith("import torch\nimport torch.nn as nn\n")
    assert "# a comment" not in completion["content"]
    assert (found["nn"], found["accuracy"]) == ("one", 0.456)
    prompt = Prompt(text="", prefix="")
    answer = training_example(prompt, normalize(SOURCES["one"]))
    assert completion["content"] == answer.completion


def test_hf(corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "dataset"
    export_data(path, "hf", corpus=corpus)
    assert (path / "README.md").read_text().startswith("---\nlicense: other\n")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets = pytest.importorskip("datasets")
    cache = str(tmp_path / "cache")
    loaded = datasets.load_dataset(str(path), split="train", cache_dir=cache)
    frame = catta.data(corpus=corpus)
    assert list(loaded["nn_code"]) == list(frame["nn_code"])
    assert list(loaded["nn"]) == list(frame["nn"])


def test_excel(corpus: Corpus, tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    path = tmp_path / "a.xlsx"
    with Corpus.open("sqlite://") as store:
        long = Network(id="n1:long", source="\x07" + "x" * 40_000, name="long", origin="user")
        store.networks.add([long])
        trials = [Trial("=1+1", "t", b"{}", 0.5, 7)]
        file = TrialFile(task="t", dataset="d", metric="m", name="long", epoch=1, trials=trials)
        store.trials.add(store.trials.begin_import("hash", "9"), [file], {"long": long.id})
        report = export_data(path, "xlsx", corpus=store)
    assert (report.rows, report.cut) == (1, 1)
    header, row = openpyxl.load_workbook(path)["data"].iter_rows()
    cells = dict(zip((cell.value for cell in header), row, strict=True))
    assert (cells["accuracy"].value, cells["duration"].value) == (0.5, 7)
    assert (cells["prm_id"].value, cells["prm_id"].data_type) == ("=1+1", "s")
    assert set(cells["nn_code"].value) == {"x"}
    assert cells["prm"].value == '{"transform":"t"}'


def test_excel_without_openpyxl(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(UsageError, match=r"pip install 'catta\[excel\]'"):
        export_data(tmp_path / "a.xlsx", "xlsx", corpus=corpus)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("form", "arguments"),
    [
        ("csv", {}),
        ("parquet", {"max_rows": -1}),
        ("chat", {"dataset": "cifar-10"}),
        ("chat", {"shapes": SHAPES}),
        ("chat", {"shapes": SHAPES, "dataset": "coco", "task": "obj-detection"}),
    ],
)
def test_what_makes_no_sense_leaves_nothing(
    corpus: Corpus, tmp_path: Path, form: str, arguments: dict[str, Any]
) -> None:
    with pytest.raises(UsageError):
        export_data(tmp_path / "a", form, corpus=corpus, **arguments)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("form", ["parquet", "jsonl", "hf"])
def test_a_failure_leaves_nothing(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(parquet.ParquetWriter, "write_table", full)
    monkeypatch.setattr("catta.library.export_files.write_lines", full)
    with pytest.raises(OSError, match="No space left"):
        export_data(tmp_path / "a", form, corpus=corpus)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(corpus: Corpus, tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.write_text("mine")
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "elsewhere")
    for path in (there, link, tmp_path):
        with pytest.raises(UsageError, match="exists already"):
            export_data(path, "jsonl", corpus=corpus)
    assert there.read_text() == "mine"
    with pytest.raises(UsageError, match="no directory"):
        export_data(tmp_path / "missing" / "a", "jsonl", corpus=corpus)


def test_shapes() -> None:
    assert parse_shapes("3x32x32:10") == SHAPES
    for text in ("3x32x32", "0x32x32:10", "3x32x32:0", "axbxc:d", "3x32x32:10 ", "-3x3x3:3"):
        with pytest.raises(UsageError, match="3x32x32:10"):
            parse_shapes(text)


def test_pandas_reads_it(corpus: Corpus, tmp_path: Path) -> None:
    export_data(tmp_path / "a.parquet", "parquet", corpus=corpus, dataset="cifar-10")
    frame = pd.read_parquet(tmp_path / "a.parquet")
    assert frame["accuracy"].max() == 1.0
