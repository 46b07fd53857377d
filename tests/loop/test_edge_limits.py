"""Runs that measure candidates as files; what measures is a fake here."""

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from catta.corpus import Corpus
from catta.corpus.edge import EdgeMeasurement
from catta.errors import Interrupted, UsageError
from catta.loop import evolve, parse_config, resume
from catta.loop.edge import Scored, dominates, front
from catta.loop.observer import SilentObserver
from catta.records import (
    Candidate,
    Completion,
    Network,
    Outcome,
    Phase,
    Prompt,
    Stage,
    Verdict,
)

Values = Callable[..., dict[str, Any]]


def measurement(network: str, milliseconds: float, run: str | None = None) -> EdgeMeasurement:
    return EdgeMeasurement(
        name=network,
        network_id=network,
        sha256="0" * 64,
        format="onnx",
        quantization="none",
        runtime="onnxruntime",
        runtime_version="1",
        device="a fake",
        os="none",
        threads=1,
        batch=1,
        sample=(1, 16, 16),
        warmup=1,
        runs=1,
        median_ms=milliseconds,
        p95_ms=milliseconds,
        p99_ms=milliseconds,
        cpu_ms=None,
        throughput=1.0,
        load_ms=None,
        peak_memory_mb=None,
        file_bytes=round(milliseconds * 1e6),
        energy_mj=None,
        details={} if run is None else {"run": run},
    )


class Probe:
    """Takes a millisecond for each 100 characters; refuses what it was told to."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.fails = False

    def measure(self, network: Network) -> EdgeMeasurement | Verdict:
        self.asked.append(network.id)
        if self.fails:
            return Verdict(outcome=Outcome.INVALID, stage=Stage.EDGE, error="no operator")
        return measurement(network.id, len(network.source) / 100)

    def make(self, config: object, data: object) -> AbstractContextManager["Probe"]:
        @contextmanager
        def opened() -> Generator[Probe]:
            yield self

        return opened()


def candidate(run: str, cycle: int, index: int, accuracy: float, **changes: Any) -> Candidate:
    made = Candidate(
        run=run,
        cycle=cycle,
        index=index,
        phase=Phase.DONE,
        prompt=Prompt(text="", prefix=""),
        completion=Completion(text=""),
        seed=0,
        generator="fake",
        network_id=f"n{cycle}{index}",
        verdict=Verdict(outcome=Outcome.OK, stage=Stage.SCORE),
        accuracy=accuracy,
    )
    return replace(made, **changes)


def test_what_is_worse_in_both_is_dominated_and_equals_are_not() -> None:
    good = Scored(accuracy=0.9, latency_ms=1.0)
    assert dominates(good, Scored(accuracy=0.9, latency_ms=1.1))
    assert dominates(good, Scored(accuracy=0.8, latency_ms=1.0))
    assert not dominates(good, Scored(accuracy=0.91, latency_ms=9.0))
    assert not dominates(good, Scored(accuracy=0.9, latency_ms=1.0))


def test_the_front_is_that_of_all_that_the_run_admitted(tmp_path: Path) -> None:
    candidates = [
        candidate("r", 1, 0, 0.9, admitted=True),  # 2 ms
        candidate("r", 1, 1, 0.99),  # not admitted: does not count
        candidate("r", 2, 0, 0.8),  # 3 ms: dominated by the first cycle's
        candidate("r", 2, 1, 0.7),  # 1 ms: the fastest
        candidate("r", 2, 2, 0.95),  # 4 ms: the best
        candidate("r", 2, 3, 0.5),  # was never measured
    ]
    names = [c.network_id or "" for c in candidates]
    with Corpus.open(tmp_path / "corpus.sqlite") as corpus:
        corpus.networks.add(
            [Network(id=n, source=f"x = '{n}'", name=n, origin="candidate") for n in names]
        )
        times = dict(zip(names, (2.0, 0.1, 3.0, 1.0, 4.0), strict=False))
        corpus.edge.save_measurements(measurement(n, t, "r") for n, t in times.items())
        # Later measurements, and those of others, change nothing.
        corpus.edge.save_measurements([measurement("n20", 0.01, "r"), measurement("n20", 0.01)])
        assert front("r", 2, [0, 1, 2, 3], candidates, corpus) == [1, 2]
        assert front("another", 2, [0, 1, 2, 3], candidates, corpus) == []


@pytest.mark.slow
def test_what_takes_too_long_is_refused_at_its_own_stage(tmp_path: Path, run_files: Values) -> None:
    probe, corpus = Probe(), tmp_path / "corpus.sqlite"
    config = parse_config(run_files(cycles=1, assess=0, objective=["accuracy", "latency"]))
    done = evolve(config, corpus=corpus, edge=probe.make)
    with Corpus.open(corpus) as store:
        measured = {m.network_id: m.median_ms for m in store.edge.measurements()}
        first = store.runs.candidates(done.run.id)
    trained = [c for c in first if c.accuracy is not None]
    assert set(measured) == {c.network_id for c in trained} == set(probe.asked)
    admitted = [c for c in trained if c.admitted]
    assert admitted
    for one in trained:
        beaten = any(
            dominates(
                Scored(accuracy=other.accuracy or 0.0, latency_ms=measured[other.network_id]),
                Scored(accuracy=one.accuracy or 0.0, latency_ms=measured[one.network_id]),
            )
            for other in trained
        )
        assert one.admitted != beaten

    limit = sorted(measured.values())[0]
    for name in ("max_latency_ms", "max_file_mb"):  # the fake's files have a MB a millisecond
        other = tmp_path / f"{name}.sqlite"
        config = parse_config(run_files(cycles=1, assess=0, **{name: limit}))
        done = evolve(config, corpus=other, edge=Probe().make)
        with Corpus.open(other) as store:
            refused = [
                c
                for c in store.runs.candidates(done.run.id)
                if c.verdict is not None and c.verdict.stage is Stage.EDGE
            ]
        assert len(refused) == len(measured) - 1
        assert all(c.verdict and name in (c.verdict.error or "") for c in refused)
        assert all(c.accuracy is None and c.phase is Phase.DONE for c in refused)


class StopAfter(SilentObserver):
    def __init__(self, count: int) -> None:
        self.left = count

    def candidate(self, candidate: Candidate) -> None:
        self.left -= 1

    def stop(self) -> bool:
        return self.left <= 0


@pytest.mark.slow
def test_an_interrupted_run_measures_nothing_twice(tmp_path: Path, run_files: Values) -> None:
    config = parse_config(run_files(cycles=1, assess=0, objective=["accuracy", "latency"]))
    calm, rough = tmp_path / "calm.sqlite", tmp_path / "rough.sqlite"
    whole = evolve(config, corpus=calm, edge=Probe().make)
    probe, stopper = Probe(), StopAfter(9)
    with pytest.raises(Interrupted):
        evolve(config, corpus=rough, observer=stopper, stop=stopper.stop, edge=probe.make)
    with Corpus.open(rough) as store:
        (stored,) = store.runs.all()
    with pytest.raises(UsageError, match=r"edge=catta\.export\.edge_probe"):
        resume(stored.id, corpus=rough)
    ended = resume(stored.id, corpus=rough, edge=probe.make)
    assert len(probe.asked) == len(set(probe.asked))

    def fates(corpus: Path, run: str) -> list[tuple[Any, ...]]:
        with Corpus.open(corpus) as store:
            return [
                (c.index, c.network_id, c.accuracy, c.admitted) for c in store.runs.candidates(run)
            ]

    assert fates(rough, ended.run.id) == fates(calm, whole.run.id)


def test_a_run_that_measures_needs_what_measures(tmp_path: Path, run_files: Values) -> None:
    config = parse_config(run_files(max_latency_ms=1.0))
    with pytest.raises(UsageError, match=r"edge=catta\.export\.edge_probe"):
        evolve(config, corpus=tmp_path / "corpus.sqlite")
    assert not (tmp_path / "corpus.sqlite").exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"objective": ["latency"]}, "objective: must be"),
        ({"objective": []}, "objective: must be"),
        ({"objective": ["accuracy", "accuracy"]}, "objective: must be"),
        ({"objective": ["accuracy", "beauty"]}, "objective"),
        ({"max_latency_ms": 0}, "max_latency_ms"),
        ({"max_file_mb": -1}, "max_file_mb"),
    ],
)
def test_what_cannot_be_aimed_at_is_refused(
    run_files: Values, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        parse_config(run_files(**changes))
