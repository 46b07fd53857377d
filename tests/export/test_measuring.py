"""What a measurement says: times, device, energy; and all measurements in one table."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from catta.corpus import Corpus
from catta.corpus.edge import EdgeExport, EdgeMeasurement
from catta.corpus.published import Measurement
from catta.errors import ExportError, UsageError
from catta.evaluation import Reply
from catta.export import machine
from catta.export.benching import Contestant, Passes, bench
from catta.export.pt2_format import PyTorch
from catta.export.united import COLUMNS, measurements
from catta.testing.store import make_network

GOOD: dict[str, Any] = {
    "version": "1.2.3",
    "cpu_seconds": 0.5,
    "load_seconds": 0.25,
    "peak_memory_mb": 12.0,
    "sample": [3, 8, 8],
}


class Answers:
    """A workplace whose jobs answer what they are told to."""

    def __init__(self, header: dict[str, Any], seconds: np.ndarray) -> None:
        self._reply = Reply(header=header, arrays={"seconds": seconds})
        self.jobs: list[dict[str, Any]] = []

    def run(self, perform: str, job: dict[str, Any], *, on_part: Any, **given: Any) -> Reply:
        self.jobs.append(job)
        on_part({"begins": True}, {})
        return self._reply


def measured(
    header: dict[str, Any] = GOOD, seconds: np.ndarray | None = None, **passes: Any
) -> list[EdgeMeasurement]:
    made = Passes(**{"warmup": 2, "runs": 100, **passes})
    times = np.arange(1, 101, dtype=np.float32) / 1e3 if seconds is None else seconds
    place: Any = Answers(header, times)
    return bench(Contestant(name="n", job={}, arrays={}), PyTorch(), made, workplace=place)


def test_times_are_milliseconds_and_throughput_is_samples_a_second() -> None:
    (one,) = measured(batches=(4,))
    assert one.median_ms == pytest.approx(50.5)
    assert one.p95_ms == pytest.approx(95.05)
    assert one.p99_ms == pytest.approx(99.01)
    assert one.throughput == pytest.approx(4 / 0.0505)
    assert one.cpu_ms == pytest.approx(5.0)
    assert one.load_ms == pytest.approx(250.0)
    assert (one.runtime, one.runtime_version, one.sample) == ("pytorch", "1.2.3", (3, 8, 8))
    assert one.device.endswith("processors")
    assert (one.warmup, one.runs, one.batch, one.threads) == (2, 100, 4, 1)


def test_each_number_of_threads_is_measured_with_each_batch() -> None:
    found = measured(threads=(1, 2), batches=(1, 8))
    assert [(one.threads, one.batch) for one in found] == [(1, 1), (1, 8), (2, 1), (2, 8)]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (np.zeros(3, np.float32), "no times"),
        (np.full(100, np.nan, np.float32), "times that are none"),
        (np.full(100, -1, np.float32), "times that are none"),
        (np.zeros(100, np.int64), "no times"),
    ],
)
def test_times_that_are_none_are_not_believed(seconds: np.ndarray, said: str) -> None:
    with pytest.raises(ExportError, match=said):
        measured(seconds=seconds)


def test_what_else_is_told_is_left_out_where_it_makes_no_sense() -> None:
    hostile = {"version": "\x1b[2J", "cpu_seconds": "much", "peak_memory_mb": -1.0, "sample": 7}
    (one,) = measured(header=hostile)
    assert (one.runtime_version, one.cpu_ms, one.peak_memory_mb, one.load_ms) == (
        "unknown",
        None,
        None,
        None,
    )
    assert one.sample == ()


@pytest.mark.parametrize(
    "passes", [{"threads": (0,)}, {"batches": ()}, {"runs": 0}, {"warmup": -1}, {"runs": 10**9}]
)
def test_what_cannot_be_measured_is_a_mistake(passes: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        Passes(**passes)


def zone(root: Path, name: str, energy: int, most: int = 1_000_000) -> None:
    place = root / name
    place.mkdir(parents=True, exist_ok=True)
    (place / "energy_uj").write_text(f"{energy}\n")
    (place / "max_energy_range_uj").write_text(f"{most}\n")


def test_energy_is_that_of_all_packages_and_counters_begin_anew(tmp_path: Path) -> None:
    meter = machine.Meter(tmp_path)
    zone(tmp_path, "intel-rapl:0", 1_000)
    zone(tmp_path, "intel-rapl:1", 999_000)
    zone(tmp_path, "intel-rapl:0:0", 5)  # a part of the first
    before = meter.read()
    zone(tmp_path, "intel-rapl:0", 4_000)
    zone(tmp_path, "intel-rapl:1", 1_000)
    zone(tmp_path, "intel-rapl:0:0", 500_000)
    assert machine.millijoules(before, meter.read()) == pytest.approx(5.0)


def test_without_a_meter_energy_is_absent_and_not_zero(tmp_path: Path) -> None:
    meter = machine.Meter(tmp_path)
    assert meter.read() is None
    assert machine.millijoules(meter.read(), meter.read()) is None
    zone(tmp_path, "intel-rapl:0", 1)
    (tmp_path / "intel-rapl:0" / "energy_uj").write_text("secret")
    assert meter.read() is None


NETWORK = make_network(1)
FILE = EdgeExport(
    network_id=NETWORK.id,
    recipe_id="r1:ab",
    format="onnx",
    quantization="none",
    sha256="ab",
    file_bytes=10,
    dynamic=True,
    dataset="digits",
    metric="acc",
    accuracy_before=0.75,
    accuracy_after=0.5,
    compared=500,
    max_abs=0.1,
    top1=0.9,
    trained=True,
)
PUBLISHED = Measurement(
    subject="a phone's network",
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


def test_catta_s_own_and_lemur_s_measurements_are_one_table(corpus: Corpus) -> None:
    (one,) = measured()
    corpus.networks.add([NETWORK])
    corpus.edge.save_export(FILE)
    own = replace(one, name=NETWORK.name, network_id=NETWORK.id, sha256="ab", format="onnx")
    corpus.edge.save_measurements([own])
    corpus.trials.add_measurements([PUBLISHED], {})
    found = measurements(corpus)
    assert tuple(found.columns) == COLUMNS
    assert found["source"].tolist() == ["measured", "published"]
    assert found["name"].tolist() == [NETWORK.name, "a phone's network"]
    first, second = found.to_dict("records")
    assert (first["accuracy_before"], first["accuracy_after"]) == (0.75, 0.5)
    assert first["median_ms"] == pytest.approx(50.5)
    assert (second["device"], second["duration"], second["os"]) == ("Pixel", 155.0, "15")
    assert np.isnan(second["median_ms"])
    assert measurements(corpus, source="published")["name"].tolist() == ["a phone's network"]
    assert measurements(corpus, network="nobody").empty


def test_an_empty_corpus_has_an_empty_table(corpus: Corpus) -> None:
    assert tuple(measurements(corpus).columns) == COLUMNS
    assert measurements(corpus).empty
