"""Whole runs on real components: digits, the sandbox, a scripted generator."""

import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from catta.corpus import Corpus
from catta.errors import Interrupted, UsageError
from catta.library.run_networks import seeds_of
from catta.loop import check, evolve, list_runs, parse_config, report, resume
from catta.loop.observer import SilentObserver
from catta.records import Candidate, Outcome, Phase, Recipe, Stage
from catta.tasks import PreparedData, prepare

Values = Callable[..., dict[str, Any]]


class StopAfter(SilentObserver):
    """Asks to stop once so many candidates have moved on."""

    def __init__(self, count: int) -> None:
        self.left = count

    def candidate(self, candidate: Candidate) -> None:
        self.left -= 1

    def stop(self) -> bool:
        return self.left <= 0


def essence(candidates: list[Candidate]) -> list[tuple[Any, ...]]:
    """What must not depend on how often a run was interrupted."""
    return [
        (
            c.cycle,
            c.index,
            c.completion.text,
            c.phase,
            c.network_id,
            c.verdict.outcome if c.verdict else None,
            c.verdict.stage if c.verdict else None,
            c.accuracy,
            c.admitted,
            c.nearest,
        )
        for c in candidates
    ]


@pytest.mark.slow
def test_a_run_keeps_every_candidate_and_its_fate(tmp_path: Path, run_files: Values) -> None:
    corpus = tmp_path / "corpus.sqlite"
    done = evolve(parse_config(run_files()), corpus=corpus)
    data = json.loads(json.dumps(done.to_dict()))
    assert [cycle["generated"] for cycle in data["cycles"]] == [8, 8]
    assert data["finished"] is not None
    with Corpus.open(corpus) as store:
        candidates = store.runs.candidates(done.run.id)
        assert not store.check_integrity()
        traced = {key for key, _ in store.graphs.of()}
        seeds = seeds_of(store, done.run)
    assert seeds
    assert traced >= {*seeds, *(c.network_id for c in candidates if c.builds)}
    assert len(candidates) == 16
    assert all(c.phase is Phase.DONE and c.verdict for c in candidates)
    fates = {(c.verdict.outcome, c.verdict.stage) for c in candidates if c.verdict}
    assert (Outcome.OK, Stage.SCORE) in fates
    assert (Outcome.DUPLICATE, Stage.NOVELTY) in fates
    assert (Outcome.INVALID, Stage.POLICY) in fates
    assert (Outcome.INVALID, Stage.BUILD) in fates
    scored = [c for c in candidates if c.accuracy is not None]
    assert all(c.admitted == (c.accuracy >= 0.1) for c in scored if c.accuracy is not None)
    assert done.best is not None
    assert done.best.accuracy == max(c.accuracy or 0 for c in scored)
    assert data["assessment"]["networks"][0]["test_accuracy"] is not None
    assert [r.run.id for r in list_runs(corpus=corpus)] == [done.run.id]
    assert report(done.run.id[:8], corpus=corpus).to_dict() == done.to_dict()
    # a finished run is only reported
    assert resume(done.run.id, corpus=corpus).to_dict() == done.to_dict()


@pytest.mark.slow
def test_an_interrupted_run_ends_as_an_undisturbed_one(tmp_path: Path, run_files: Values) -> None:
    config = parse_config(run_files())
    calm, rough = tmp_path / "calm.sqlite", tmp_path / "rough.sqlite"
    undisturbed = evolve(config, corpus=calm)
    observer = StopAfter(3)
    with pytest.raises(Interrupted, match="catta resume"):
        evolve(config, corpus=rough, observer=observer, stop=observer.stop)
    with Corpus.open(rough) as store:
        run = store.runs.all()[0].id
    observer = StopAfter(6)
    with pytest.raises(Interrupted):
        resume(run, corpus=rough, observer=observer, stop=observer.stop)
    resume(run, corpus=rough)
    with Corpus.open(calm) as one, Corpus.open(rough) as other:
        assert essence(other.runs.candidates(run)) == essence(
            one.runs.candidates(undisturbed.run.id)
        )


@pytest.mark.slow
def test_a_run_stays_on_the_data_that_stood_in(
    tmp_path: Path, run_files: Values, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = tmp_path / "corpus.sqlite"
    values = run_files(cycles=1, candidates=4)
    values["recipe"] = values["recipe"] | {"dataset": "fashion-mnist"}

    def only_digits(recipe: Recipe, **keywords: Any) -> PreparedData:
        return prepare(recipe.model_copy(update={"dataset": "digits"}), **keywords)

    monkeypatch.setattr("catta.loop.session.prepare", only_digits)
    done = evolve(parse_config(values), corpus=corpus)
    assert done.run.config["requested"]["recipe"]["dataset"] == "fashion-mnist"
    assert done.run.config["run"]["recipe"]["dataset"] == "digits"

    # whatever can be had now, the run does not change its data
    monkeypatch.setattr(
        "catta.loop.session.prepare",
        lambda recipe, **keywords: replace(only_digits(recipe, **keywords), dataset="mnist"),
    )
    with pytest.raises(UsageError, match="is on digits"):
        resume(done.run.id, corpus=corpus)


@pytest.mark.slow
def test_mutation_learns_from_seeds_and_names_its_parents(
    tmp_path: Path, run_files: Values
) -> None:
    corpus = tmp_path / "corpus.sqlite"
    values = run_files(arm="mutation", backend="transformers", cycles=1, candidates=4)
    done = evolve(parse_config(values), corpus=corpus)
    with Corpus.open(corpus) as store:
        candidates = store.runs.candidates(done.run.id)
        known = {network.id for network in store.networks.all()}
    assert all(c.completion.parent in known for c in candidates)
    assert all(c.completion.tokens == 0 for c in candidates)


@pytest.mark.slow
def test_check_stores_nothing(tmp_path: Path, run_files: Values) -> None:
    script = json.loads(Path(run_files()["script"]).read_text())
    config = parse_config(run_files())
    corpus = tmp_path / "none.sqlite"
    good = check(script[0], config=config, corpus=corpus)
    assert good.outcome == "OK"
    assert good.accuracy is not None
    assert good.nearest is None
    assert good.parameters
    assert good.flops
    bad = check("import os", config=config, corpus=corpus)
    assert (bad.outcome, bad.accuracy) == ("INVALID", None)
    assert not corpus.exists()


def test_an_unknown_run_or_corpus_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        resume("x", corpus=tmp_path / "nowhere.sqlite")
    with Corpus.open(tmp_path / "empty.sqlite"):
        pass
    with pytest.raises(UsageError, match="is not in"):
        report("x", corpus=tmp_path / "empty.sqlite")


def test_a_foreign_database_is_left_alone(tmp_path: Path, run_files: Values) -> None:
    path = tmp_path / "other.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE mine (x)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(Exception, match="something else"):
        evolve(parse_config(run_files()), corpus=path)
    assert path.read_bytes() == before
