"""The page about edge measurements: what it says, what stays of it, what is not done again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from catta.corpus import Corpus
from catta.corpus.edge import EdgeExport, EdgeMeasurement
from catta.errors import ExportError, Interrupted, UsageError
from catta.export import table
from catta.export.benching import Passes
from catta.export.edge_document import MARK, document
from catta.export.kept import cache, cached
from catta.export.table import Entry, Row, TableMaker, best_of_run
from catta.records import Candidate, Cycle, Network, Outcome, Phase, Recipe, Stage, Verdict
from catta.testing.store import make_candidate, make_network, make_run

NETWORK = make_network(1, name="a|b<c>")
RECIPE = Recipe(dataset="digits", resolution=16)
EAGER = EdgeMeasurement(
    name="n",
    network_id=NETWORK.id,
    sha256=None,
    format=None,
    quantization=None,
    runtime="pytorch",
    runtime_version="2",
    device="a processor",
    os="Linux",
    threads=1,
    batch=1,
    sample=(1, 16, 16),
    warmup=2,
    runs=9,
    median_ms=4.0,
    p95_ms=5.0,
    p99_ms=6.0,
    cpu_ms=3.0,
    throughput=250.0,
    load_ms=1.0,
    peak_memory_mb=8.0,
    file_bytes=None,
    energy_mj=None,
)


def file(quantization: str, size: int, after: float) -> EdgeExport:
    return EdgeExport(
        network_id=NETWORK.id,
        recipe_id=RECIPE.id,
        format="onnx",
        quantization=quantization,
        sha256=quantization,
        file_bytes=size,
        dynamic=True,
        dataset="digits",
        metric="acc",
        accuracy_before=0.8,
        accuracy_after=after,
        compared=500,
        max_abs=0.25,
        top1=0.99,
        trained=True,
    )


def measured(sha256: str, median: float) -> EdgeMeasurement:
    return replace(EAGER, sha256=sha256, format="onnx", median_ms=median, cpu_ms=median)


def row(after: float = 0.79, name: str = NETWORK.name) -> Row:
    entry = Entry(network=replace(NETWORK, name=name), recipe=RECIPE, origin="Some networks")
    files = (
        (file("none", 4_000_000, 0.8), measured("none", 2.0)),
        (file("int8-static", 1_000_000, after), measured("int8-static", 1.0)),
    )
    return Row(entry=entry, eager=EAGER, files=files, failures={})


def test_what_is_written_by_hand_stays_and_the_rest_is_made_anew() -> None:
    first = document("# Mine\n\nText.\n", [row()])
    assert first.startswith(f"# Mine\n\nText.\n\n{MARK}\n")
    assert document(first, [row()]) == first
    assert document(first, [row(0.5)]) != first
    assert document("", [row()]).startswith("# Networks on the edge\n")


def test_losses_and_speed_are_counted() -> None:
    text = document("", [row(0.79), row(0.7, "other"), row(0.85, "third")])
    assert "at most one point of accuracy on 2 of 3 networks" in text
    assert "4.0 times as fast as PyTorch eager (3.0 times by processor time)" in text
    assert "4.0 times smaller" in text
    assert "| other | 80.0 % | 70.0 % | -10.00 | 4.000 | 2.000 | 1.000 | 4.0 | 3.0 |" in text


def test_names_do_not_break_the_table_and_failures_are_told() -> None:
    failed = replace(row(), files=(), failures={("onnx", "fp16"): "no | operator <x>"})
    text = document("", [failed])
    assert "- a\\|b&lt;c> as onnx fp16: no \\| operator &lt;x>" in text
    assert "| a\\|b&lt;c> | PyTorch eager |" in text


def test_a_busy_machine_is_told() -> None:
    busy = replace(row(), eager=replace(EAGER, details={"load": 9.0}))
    assert "Meanwhile 9.0 to 9.0 processes wanted to run" in document("", [busy])
    assert "Meanwhile" not in document("", [row()])


class Silent:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def message(self, text: str) -> None:
        self.lines.append(text)

    def epoch(self, measured: Any, total: int) -> None: ...


@pytest.fixture
def maker(corpus: Corpus) -> Callable[..., TableMaker]:
    def make(**given: Any) -> TableMaker:
        return TableMaker(
            corpus,
            passes=Passes(warmup=1, runs=2),
            calibrate=5,
            observer=given.pop("observer", Silent()),
            kinds=(("onnx", "none"),),
            unsafe=True,
            **given,
        )

    return make


def entry() -> Entry:
    return Entry(network=NETWORK, recipe=RECIPE, origin="here")


def fill(corpus: Corpus) -> None:
    corpus.networks.add([NETWORK])
    corpus.edge.save_export(file("none", 10, 0.8))
    corpus.edge.save_measurements([EAGER, measured("none", 2.0)])


def test_what_the_corpus_has_is_not_done_again(
    corpus: Corpus, maker: Callable[..., TableMaker], monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*args: Any, **given: Any) -> None:
        raise AssertionError("it was trained")

    monkeypatch.setattr(table, "trained_subject", never)
    fill(corpus)
    (found,) = maker().rows([entry()], lambda: False)
    assert found.eager == EAGER
    assert [one.sha256 for one, _ in found.files] == ["none"]


def test_the_last_measurement_counts(corpus: Corpus, maker: Callable[..., TableMaker]) -> None:
    fill(corpus)
    others = [replace(EAGER, threads=2, median_ms=99.0), replace(EAGER, sample=(3, 8, 8))]
    corpus.edge.save_measurements([measured("none", 1.5), *others])
    (found,) = maker().rows([entry()], lambda: False)
    assert found.files[0][1].median_ms == 1.5
    assert found.eager == EAGER


def test_a_network_that_fails_stands_in_the_table_with_its_reason(
    maker: Callable[..., TableMaker], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*args: Any, **given: Any) -> None:
        raise ExportError("it cannot be trained")

    monkeypatch.setattr(table, "trained_subject", fails)
    observer = Silent()
    (found,) = maker(observer=observer).rows([entry()], lambda: False)
    assert found.failures == {("", ""): "it cannot be trained"}
    assert found.files == ()
    assert observer.lines[-1] == "it cannot be trained"


def test_it_stops_between_two_networks(maker: Callable[..., TableMaker]) -> None:
    with pytest.raises(Interrupted, match="goes on with the next network"):
        maker().rows([entry()], lambda: True)


def test_a_damaged_file_in_the_cache_is_none() -> None:
    assert cached("ab" * 32) is None
    cache(b"content", "ab" * 32)
    assert cached("ab" * 32) is None
    right = "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73"
    cache(b"content", right)
    assert cached(right) == b"content"


def candidate(index: int, network: Network, accuracy: float | None) -> Candidate:
    outcome = Outcome.OK if accuracy is not None else Outcome.INVALID
    return replace(
        make_candidate(index),
        phase=Phase.DONE,
        network_id=network.id,
        source=network.source,
        accuracy=accuracy,
        verdict=Verdict(outcome=outcome, stage=Stage.SCORE),
    )


def test_the_best_of_a_run_are_those_that_were_most_accurate(corpus: Corpus) -> None:
    networks = [make_network(number) for number in range(1, 5)]
    corpus.networks.add(networks)
    run = make_run()
    corpus.runs.create(run)
    corpus.runs.open_cycle(Cycle(run=run.id, number=0, generator="scripted"))
    accuracies = (0.5, 0.75, None, 0.6)
    pairs = zip(networks, accuracies, strict=True)
    corpus.runs.add_candidates([candidate(n, *pair) for n, pair in enumerate(pairs)])
    assert best_of_run(corpus, run.id, 2) == [networks[1], networks[3]]
    assert len(best_of_run(corpus, run.id, 9)) == 3


def test_a_run_that_is_not_there_is_a_mistake(corpus: Corpus, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no run nobody"):
        best_of_run(corpus, "nobody", 5)
    corpus.runs.create(make_run())
    with pytest.raises(UsageError, match="trained no network yet"):
        best_of_run(corpus, make_run().id, 5)
