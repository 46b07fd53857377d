"""Files that networks became and measurements of them, kept in a corpus."""

from dataclasses import replace
from pathlib import Path

from catta.corpus import Corpus
from catta.corpus.edge import EdgeExport, EdgeMeasurement
from catta.corpus.removal import remove_networks
from catta.corpus.transfer import copy_corpus
from catta.testing.store import make_network

NETWORK = make_network(1)
EXPORT = EdgeExport(
    network_id=NETWORK.id,
    recipe_id="r1:ab",
    format="onnx",
    quantization="none",
    sha256="ab" * 32,
    file_bytes=1_000,
    dynamic=True,
    dataset="digits",
    metric="acc",
    accuracy_before=0.75,
    accuracy_after=0.74,
    compared=500,
    max_abs=1e-6,
    top1=0.998,
    trained=True,
    details={"opset": 20},
)
MEASUREMENT = EdgeMeasurement(
    name=NETWORK.name,
    network_id=NETWORK.id,
    sha256=EXPORT.sha256,
    format="onnx",
    quantization="none",
    runtime="onnxruntime",
    runtime_version="1.32.0",
    device="a processor",
    os="Linux",
    threads=1,
    batch=8,
    sample=(3, 32, 32),
    warmup=20,
    runs=200,
    median_ms=1.5,
    p95_ms=1.75,
    p99_ms=2.0,
    cpu_ms=1.5,
    throughput=5_000.0,
    load_ms=10.0,
    peak_memory_mb=12.5,
    file_bytes=1_000,
    energy_mj=None,
    details={"load": 0.5},
)


def filled(path: Path) -> Corpus:
    corpus = Corpus.open(path)
    corpus.networks.add([NETWORK])
    corpus.edge.save_export(EXPORT)
    corpus.edge.save_measurements([MEASUREMENT])
    return corpus


def test_what_was_stored_comes_back(tmp_path: Path) -> None:
    with filled(tmp_path / "c.sqlite") as corpus:
        assert corpus.edge.exports() == [EXPORT]
        assert corpus.edge.exports("another") == []
        assert corpus.edge.measurements(NETWORK.id) == [MEASUREMENT]
        assert corpus.edge.count() == 1
        assert corpus.check_integrity(sample=None) == []


def test_a_later_file_takes_the_place_of_an_earlier_one_and_measurements_add_up(
    tmp_path: Path,
) -> None:
    later = replace(EXPORT, sha256="cd" * 32)
    with filled(tmp_path / "c.sqlite") as corpus:
        corpus.edge.save_export(later)
        corpus.edge.save_export(replace(EXPORT, quantization="fp16"))
        corpus.edge.save_measurements([replace(MEASUREMENT, network_id=None, sha256=None)])
        assert corpus.edge.exports() == [later, replace(EXPORT, quantization="fp16")]
        assert len(corpus.edge.measurements()) == 2


def test_they_move_with_a_corpus_and_go_with_their_network(tmp_path: Path) -> None:
    filled(tmp_path / "c.sqlite").close()
    copy_corpus(tmp_path / "c.sqlite", tmp_path / "d.sqlite")
    with Corpus.open(tmp_path / "d.sqlite") as corpus:
        assert corpus.edge.exports() == [EXPORT]
        assert corpus.edge.measurements() == [MEASUREMENT]
        remove_networks(corpus, [NETWORK.name])
        assert corpus.edge.exports() == []
        assert corpus.edge.measurements() == []
        assert corpus.check_integrity() == []
