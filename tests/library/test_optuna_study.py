"""Trials of an Optuna study in a corpus."""

from __future__ import annotations

import math
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import catta
from catta.corpus import Corpus
from catta.errors import UsageError
from catta.library import import_optuna
from catta.testing.store import make_network


@pytest.fixture
def corpus() -> Iterator[Corpus]:
    with Corpus.open("sqlite://") as opened:
        opened.networks.add([make_network(1, name="mine")])
        yield opened


@pytest.fixture
def optuna() -> Any:
    found = pytest.importorskip("optuna")
    found.logging.set_verbosity(found.logging.ERROR)
    return found


@pytest.fixture
def storage(optuna: Any, tmp_path: Path) -> str:
    """Four trials: two epochs counted from 0, one value only, pruned after an epoch, failed."""
    url = f"sqlite:///{tmp_path / 'studies.db'}"
    study = optuna.create_study(storage=url, study_name="tuning", direction="maximize")

    def objective(trial: Any) -> float:
        lr = trial.suggest_float("lr", 0.1, 0.1)
        trial.suggest_categorical("transform", ["norm"])
        if trial.number == 0:
            trial.report(0.3, 0)
            trial.report(0.4, 1)
        elif trial.number == 2:
            trial.report(0.2, 0)
            raise optuna.TrialPruned
        elif trial.number == 3:
            return math.nan
        return 0.4 + lr

    study.optimize(objective, n_trials=4)
    return url


def test_trials_arrive(corpus: Corpus, storage: str) -> None:
    report = import_optuna(corpus, storage, "tuning", dataset="mnist", name="mine")
    assert (report.study, report.name, report.trials, report.new_trials) == ("tuning", "mine", 4, 4)
    assert report.skipped == {"it is fail": 1}
    frame = catta.data(corpus=corpus)
    assert list(zip(frame["epoch"], frame["accuracy"], strict=True)) == [
        (1, 0.3),
        (1, 0.5),
        (1, 0.2),
        (2, 0.4),
    ]
    assert set(frame["nn_code"]) == {make_network(1).source}
    assert frame["prm"].iloc[0] == {"lr": 0.1, "transform": "norm"}
    assert frame["prm_id"].nunique() == 1
    assert (frame["task"].iloc[0], frame["dataset"].iloc[0]) == ("img-classification", "mnist")
    durations = frame["duration"]
    assert math.isnan(durations.iloc[0])
    assert durations.iloc[3] > 0


def test_twice_changes_nothing_and_a_longer_study_adds(
    corpus: Corpus, storage: str, optuna: Any
) -> None:
    import_optuna(corpus, storage, "tuning", dataset="mnist")
    again = import_optuna(corpus, storage, "tuning", dataset="mnist")
    assert (again.trials, again.new_trials) == (4, 0)
    assert len(corpus.trials.imports()) == 1
    study = optuna.load_study(study_name="tuning", storage=storage)
    study.optimize(lambda _: 0.9, n_trials=1)
    longer = import_optuna(corpus, storage, "tuning", dataset="mnist")
    assert (longer.trials, longer.new_trials) == (5, 1)
    assert catta.data(corpus=corpus)["accuracy"].max() == 0.9
    assert catta.data(corpus=corpus)["nn"].unique().tolist() == ["tuning"]


def test_a_file_of_either_kind(corpus: Corpus, storage: str, optuna: Any, tmp_path: Path) -> None:
    file = Path(storage.removeprefix("sqlite:///"))
    assert import_optuna(corpus, file, "tuning", dataset="mnist").trials == 4
    backend = optuna.storages.journal.JournalFileBackend(str(tmp_path / "journal.log"))
    study = optuna.create_study(
        storage=optuna.storages.JournalStorage(backend), study_name="journal"
    )
    study.optimize(lambda _: 0.7, n_trials=1)
    report = import_optuna(corpus, tmp_path / "journal.log", "journal", dataset="mnist")
    assert report.new_trials == 1


def test_what_is_no_study(corpus: Corpus, storage: str, optuna: Any, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no storage\n")
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE studies (x)")
    connection.close()
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    for place in (tmp_path / "missing.db", tmp_path / "text", other, "nonsense://a:b@c/d"):
        with pytest.raises(UsageError, match="optuna") as raised:
            import_optuna(corpus, place, "tuning", dataset="mnist")
        assert "a:b" not in str(raised.value)
    with pytest.raises(UsageError, match="no study missing"):
        import_optuna(corpus, storage, "missing", dataset="mnist")
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
    optuna.create_study(storage=storage, study_name="two", directions=["minimize", "maximize"])
    with pytest.raises(UsageError, match="several objectives"):
        import_optuna(corpus, storage, "two", dataset="mnist")
    optuna.create_study(storage=storage, study_name="empty")
    with pytest.raises(UsageError, match="no trial"):
        import_optuna(corpus, storage, "empty", dataset="mnist")
    assert corpus.trials.imports() == []


def test_without_optuna_the_user_is_told(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(UsageError, match=r"pip install 'catta\[hpo\]'"):
        import_optuna(corpus, "x.db", "study", dataset="mnist")
