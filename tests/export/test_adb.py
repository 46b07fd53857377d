"""Phones, played by a program that answers as sessions say."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from catta.errors import CattaError, ExportError, UsageError
from catta.export.adb import Phone
from catta.export.adb_bench import bench_on_phone, check_runner
from catta.export.benching import Contestant, Passes

onnx = pytest.importorskip("onnx")

HERE = Path(__file__).parent
SERIAL = "R5CT10ABCDE"

Calls = Callable[[], list[list[str]]]
Play = Callable[[str], Calls]


@pytest.fixture
def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Play:
    def start(session: str) -> Calls:
        log = tmp_path / "asked.jsonl"
        monkeypatch.setenv("FAKE_ADB_SESSION", str(HERE / "adb_sessions" / f"{session}.json"))
        monkeypatch.setenv("FAKE_ADB_LOG", str(log))
        return lambda: [json.loads(line) for line in log.read_text().splitlines()]

    return start


def phone(serial: str = SERIAL) -> Phone:
    return Phone(serial, program=str(HERE / "fake_adb.py"))


@pytest.fixture
def runner(tmp_path: Path) -> Path:
    file = tmp_path / "onnxruntime_perf_test"
    file.write_bytes(b"\x7fELF")
    return file


def contestant(first: str | int = "batch") -> Contestant:
    value = onnx.helper.make_tensor_value_info
    kind = onnx.TensorProto.FLOAT
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Relu", ["input"], ["output"])],
        "g",
        [value("input", kind, [first, 1, 8, 8])],
        [value("output", kind, [first, 1, 8, 8])],
    )
    opset = [onnx.helper.make_opsetid("", 18)]
    content = onnx.helper.make_model(graph, opset_imports=opset, ir_version=9).SerializeToString()
    return Contestant(
        name="relu.onnx",
        job={},
        arrays={"file": np.frombuffer(content, np.uint8)},
        format="onnx",
        quantization="none",
        sha256=hashlib.sha256(content).hexdigest(),
        file_bytes=len(content),
    )


def test_a_file_is_pushed_run_and_what_it_took_read_back(play: Play, runner: Path) -> None:
    calls = play("good")
    with phone() as opened:
        found = bench_on_phone(contestant(), Passes(threads=(1, 2), batches=(1, 8)), opened, runner)
    assert [(one.threads, one.batch) for one in found] == [(1, 1), (1, 8), (2, 1), (2, 8)]
    first = found[0]
    assert (first.device, first.os) == ("samsung SM-A546B", "Android 14")
    assert (first.median_ms, first.p95_ms, first.p99_ms) == pytest.approx((2.52, 2.97, 3.71))
    assert found[1].throughput == pytest.approx(386.1 * 8)
    assert first.sample == (1, 8, 8)
    assert first.details == {"peak_working_set_mb": 40.0}
    assert first.energy_mj is None
    asked = calls()
    assert all(words[:2] == ["-s", SERIAL] for words in asked[1:])
    assert "-f batch:8" in asked[-2][-1]
    assert asked[-1][-1] == f"rm -rf {opened.place}"


@pytest.mark.parametrize(
    ("serial", "said"),
    [
        ("nobody", "knows no device nobody, but R5CT10ABCDE, emulator-5554, ZY22NEW"),
        ("emulator-5554", "is offline"),
        ("ZY22NEW", "does not trust this computer"),
        ("x; reboot", "is no serial number"),
    ],
)
def test_a_phone_that_cannot_be_used_is_a_sentence(play: Play, serial: str, said: str) -> None:
    play("good")
    with pytest.raises(UsageError, match=said):
        phone(serial)


@pytest.mark.parametrize(
    ("session", "said"),
    [
        ("no_space", "has no space left"),
        ("killed", "connection to R5CT10ABCDE ended before"),
        ("crashed", "libc.._shared.so"),
        ("unplugged", "device 'R5CT10ABCDE' not found"),
        ("nonsense", "a number that is none"),
        ("another_program", "printed no latencies"),
    ],
)
def test_what_fails_is_a_sentence_and_nothing_stays_on_the_phone(
    play: Play, runner: Path, session: str, said: str
) -> None:
    calls = play(session)
    with pytest.raises(ExportError, match=said) as caught, phone() as opened:
        bench_on_phone(contestant(), Passes(), opened, runner)
    assert "\n" not in str(caught.value)
    assert calls()[-1][-1].startswith("rm -rf /data/local/tmp/catta-")


def test_a_phone_that_does_not_answer_is_given_up(
    tmp_path: Path, play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    play("good")
    slow = tmp_path / "slow.json"
    slow.write_text(json.dumps([{"asked": "devices", "seconds": 30}]))
    monkeypatch.setenv("FAKE_ADB_SESSION", str(slow))
    monkeypatch.setattr("catta.export.adb._SECONDS", 0.5)
    with pytest.raises(ExportError, match="did not answer"):
        phone()


def test_a_fixed_batch_is_measured_one_by_one(play: Play, runner: Path) -> None:
    calls = play("good")
    with phone() as opened:
        bench_on_phone(contestant(1), Passes(), opened, runner)
        with pytest.raises(UsageError, match="one sample at a time"):
            bench_on_phone(contestant(1), Passes(batches=(8,)), opened, runner)
    assert not any(" -f " in words[-1] for words in calls())


def test_adb_and_the_runner_have_to_be_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="apt install adb"):
        Phone(SERIAL)
    for missing in (None, tmp_path / "nothing"):
        with pytest.raises(CattaError, match="onnxruntime_perf_test"):
            check_runner(missing)
