"""`catta export NETWORK`, `catta bench`, `catta export table`: what they refuse, and how; lists."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from cli_builders import Invoke
from safetensors.numpy import save_file

from catta.corpus import Corpus
from catta.corpus.edge import EdgeMeasurement
from catta.corpus.published import Measurement
from catta.export import registry
from catta.records import Recipe
from catta.testing.exporter import NETWORK
from catta.training.subjects import named

EXPORT = ("export", "mine.py")


@pytest.fixture(autouse=True)
def place(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(NETWORK)
    (tmp_path / "bad.onnx").write_bytes(b"no model")
    (tmp_path / "bad.pt2").write_bytes(b"no archive")
    (tmp_path / "bad.exe").write_bytes(b"no network")
    (tmp_path / "broken.safetensors").write_bytes(b"no weights")
    other = named("other", NETWORK.replace("16", "24"))
    told = {"network": other.id, "name": "other", "recipe": Recipe().model_dump_json()}
    save_file({"w": np.ones(2, np.float32)}, tmp_path / "other.safetensors", metadata=told)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (EXPORT, "train it with `catta train mine.py --weights"),
        ((*EXPORT, "--format", "coreml"), "format must be one of onnx, pt2"),
        ((*EXPORT, "--format", "pt2", "--quantize", "int8-static"), "must be one of none, fp16"),
        ((*EXPORT, "--quantize", "int4"), "must be one of none, fp16, int8-dynamic, int8-static"),
        ((*EXPORT, "--weights", "none.safetensors"), "none.safetensors cannot be read"),
        ((*EXPORT, "--weights", "broken.safetensors"), "holds no weights"),
        ((*EXPORT, "--checkpoint", "other.safetensors"), "weights of another network, other"),
        ((*EXPORT, "--untrained", "-o", "nowhere/a.onnx"), "--output: there is no directory"),
        ((*EXPORT, "--untrained", "--task", "chess"), "task must be one of"),
        (
            ("export", "single-shot-detector", "--untrained", "--task", "obj-detection"),
            "return a list of boxes an image, which no file holds",
        ),
        (("export", "Nobody", "--untrained"), "Nobody is no name or id of a network"),
        (("bench",), "name a network or a file"),
        (("bench", "mine.py", "--device", "toaster"), "device must be cpu"),
        (("bench", "mine.py", "--runtime", "abacus"), "runtime must be one of"),
        (("bench", "mine.py", "--threads", "many"), "--threads: 'many' is not N"),
        (("bench", "mine.py", "--batch", "0"), "batch must be numbers of at least 1"),
        (("bench", "mine.py", "--runs", "0"), "runs must be 1 to"),
        (("bench", "bad.exe"), "no runtime runs files that end in .exe"),
        (("bench", "gone.onnx"), "gone.onnx cannot be read"),
        (("bench", "bad.onnx", "--runtime", "pytorch"), "pytorch runs files that end in .pt2"),
        (("export", "table"), "name --networks, or a --run"),
        (
            ("export", "table", "--networks", "mine.py", "-o", "nowhere/a.md"),
            "--output: there is no directory",
        ),
        (("export", "table", "--run", "nobody"), "holds no run nobody"),
    ],
)
def test_a_mistake_is_one_sentence_and_leaves_nothing(
    words: tuple[str, ...], said: str, invoke: Invoke, place: Path
) -> None:
    before = {path.name for path in place.iterdir()}
    result = invoke(*words)
    assert result.exit_code == 2, result.output
    assert said in result.stderr.replace("\n", " ")
    assert len(result.stderr.strip().splitlines()) == 1
    left = {path.name for path in place.iterdir()} - before
    assert all(name.startswith(("corpus.sqlite", "cache")) for name in left)


@pytest.mark.parametrize("name", ["bad.onnx", "bad.pt2"])
def test_a_file_that_is_none_fails_before_it_is_run(name: str, invoke: Invoke) -> None:
    if name.endswith(".onnx"):
        pytest.importorskip("onnxruntime")
    result = invoke("bench", name)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: the file is no")
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_missing_extra_says_what_to_install(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "find_spec", lambda name: None)
    result = invoke(*EXPORT, "--untrained")
    assert result.exit_code == 2
    assert "pip install 'catta[export]'" in result.stderr


MEASURED = EdgeMeasurement(
    name="mine",
    network_id=None,
    sha256=None,
    format=None,
    quantization=None,
    runtime="pytorch",
    runtime_version="2.9",
    device="a processor",
    os="Linux",
    threads=2,
    batch=8,
    sample=(3, 32, 32),
    warmup=20,
    runs=200,
    median_ms=1.25,
    p95_ms=1.5,
    p99_ms=2.0,
    cpu_ms=None,
    throughput=6_400.0,
    load_ms=None,
    peak_memory_mb=None,
    file_bytes=None,
    energy_mj=None,
)
PUBLISHED = Measurement(
    subject="theirs",
    task="img-classification",
    name="phone.json",
    sha256="cd",
    device="Pixel",
    os="15",
    valid=True,
    emulator=False,
    error=None,
    duration=155.0,
    analytics=None,
)


def test_own_and_published_measurements_are_one_list(invoke: Invoke, corpus: Path) -> None:
    with Corpus.open(corpus) as store:
        store.edge.save_measurements([MEASURED])
        store.trials.add_measurements([PUBLISHED], {})
    shown = invoke("bench", "--list")
    assert shown.exit_code == 0
    assert "1.250" in shown.stdout
    assert "Pixel" in shown.stdout
    rows = json.loads(invoke("bench", "--list", "--json").stdout)
    assert [(row["name"], row["source"]) for row in rows] == [
        ("mine", "measured"),
        ("theirs", "published"),
    ]
    assert rows[0]["sample"] == [3, 32, 32]
    assert rows[0]["energy_mj"] is None
    assert len(json.loads(invoke("bench", "theirs", "--list", "--json").stdout)) == 1


def test_a_corpus_without_measurements_says_how_to_make_some(invoke: Invoke, corpus: Path) -> None:
    Corpus.open(corpus).close()
    result = invoke("bench", "--list")
    assert result.exit_code == 0
    assert "`catta bench NETWORK`" in result.stdout
