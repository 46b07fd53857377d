"""The trials of an Optuna study into a corpus, as trials of a name."""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import orjson

from catta.corpus import Corpus
from catta.corpus.published import Trial, TrialFile
from catta.errors import UsageError

_SQLITE = b"SQLite format 3\0"
_PARAMETERS = (str, bool, int, float, type(None))


@dataclass(frozen=True, kw_only=True, slots=True)
class OptunaReport:
    """What was brought in.

    Attributes:
        study: Name of the study.
        name: What its trials were recorded under.
        trials: Trials that were read, one an epoch.
        new_trials: Those that the corpus did not hold before.
        skipped: Trials of the study that were not taken, by reason.
    """

    study: str
    name: str
    trials: int
    new_trials: int
    skipped: dict[str, int] = field(default_factory=dict[str, int])


@dataclass(kw_only=True, slots=True)
class _Read:
    """Trials by epoch, and those that were not taken."""

    by_epoch: dict[int, list[Trial]] = field(
        default_factory=lambda: defaultdict[int, list[Trial]](list)
    )
    skipped: Counter[str] = field(default_factory=Counter[str])


def import_optuna(
    corpus: Corpus,
    storage: str | Path,
    study: str,
    *,
    dataset: str,
    task: str = "img-classification",
    metric: str = "acc",
    name: str | None = None,
) -> OptunaReport:
    """Bring the trials of an Optuna study into a corpus; importing twice changes nothing.

    A trial that reported intermediate values has one trial for each of them (Optuna's steps become
    epochs from 1, be they counted from 0 or 1), another one is a trial after epoch 1. Pruned trials
    count as far as they went; failed and running ones are left out.

    Args:
        corpus: Where they go.
        storage: URL of a database, a SQLite file, or the file of Optuna's journal.
        study: Name of the study.
        dataset: What was trained on.
        task: What for.
        metric: What the values are.
        name: Name of the network that was tuned, or any other; default: the study's. If the corpus
            has a network of that name, the trials are its.

    Raises:
        UsageError: Optuna is not installed, the study is not there, has several objectives, or has
            no trial that can be taken.
    """
    loaded = _load(storage, study)
    if len(loaded.directions) > 1:
        raise UsageError(f"optuna: {study} has several objectives; a trial has one accuracy")
    found = _read(loaded.get_trials(deepcopy=False))
    subject = name or study
    files = [
        TrialFile(task=task, dataset=dataset, metric=metric, name=subject, epoch=e, trials=trials)
        for e, trials in sorted(found.by_epoch.items())
    ]
    if not files:
        raise UsageError(f"optuna: {study} has no trial that is complete or pruned with a value")
    network = corpus.networks.get(subject)
    names = {} if network is None else {subject: network.id}
    digest = _digest(files)
    skipped = dict(found.skipped)
    if corpus.trials.imported(digest) is not None:
        read = sum(len(file.trials) for file in files)
        return OptunaReport(study=study, name=subject, trials=read, new_trials=0, skipped=skipped)
    with corpus.transaction():
        key = corpus.trials.begin_import(digest, study, kind="optuna")
        added = corpus.trials.add(key, files, names)
        report = OptunaReport(
            study=study,
            name=subject,
            trials=added.trials,
            new_trials=added.new_trials,
            skipped=skipped,
        )
        corpus.trials.end_import(key, {"study": study, "trials": report.trials})
    return report


def _load(storage: str | Path, study: str) -> Any:
    """The study; nothing is created where none is."""
    try:
        optuna = import_module("optuna")
        database = import_module("sqlalchemy.exc").SQLAlchemyError
    except ImportError as error:
        raise UsageError(
            "optuna is not installed; install it with: pip install 'catta[hpo]'"
        ) from error
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        opened = _storage(optuna, str(storage))
        return optuna.load_study(study_name=study, storage=opened)
    except KeyError as error:
        raise UsageError(f"optuna: there is no study {study} in {_shown(storage)}") from error
    except (optuna.exceptions.OptunaError, database, RuntimeError, ValueError) as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise UsageError(f"optuna: {_shown(storage)} is no storage: {lines[0]}") from error


def _storage(optuna: Any, place: str) -> Any:
    storages = optuna.storages
    if "://" in place and not place.startswith("sqlite:///"):
        return storages.RDBStorage(place, skip_table_creation=True)
    path = Path(place.removeprefix("sqlite:///")).expanduser()
    if not path.is_file():
        raise UsageError(f"optuna: {path} does not exist")
    with path.open("rb") as file:
        is_database = file.read(len(_SQLITE)) == _SQLITE
    if is_database:
        return storages.RDBStorage(f"sqlite:///{path}", skip_table_creation=True)
    journal = storages.journal
    return storages.JournalStorage(journal.JournalFileBackend(str(path)))


def _shown(storage: str | Path) -> str:
    """A URL without its user and password."""
    scheme, separator, rest = str(storage).partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"


def _read(trials: list[Any]) -> _Read:
    found = _Read()
    steps = [step for trial in trials for step in trial.intermediate_values]
    first = 1 if steps and min(steps) == 0 else 0
    for trial in trials:
        state = trial.state.name
        values: Mapping[int, float] = {
            step + first: value for step, value in trial.intermediate_values.items()
        }
        if state == "COMPLETE" and not values:
            values = {1: trial.value}
        reason = _refused(state, trial.params, values)
        if reason is not None:
            found.skipped[reason] += 1
            continue
        uid, transform, prm = _hyperparameters(trial.params)
        for epoch, value in values.items():
            duration = _duration(trial) if epoch == max(values) else None
            found.by_epoch[epoch].append(Trial(uid, transform, prm, float(value), duration))
    return found


def _refused(state: str, params: Mapping[str, Any], values: Mapping[int, float]) -> str | None:
    """Why a trial of the study is not taken."""
    if state not in ("COMPLETE", "PRUNED"):
        return f"it is {state.lower()}"
    if not values:
        return "it was pruned before its first value"
    if min(values) < 1 or not all(math.isfinite(value) for value in values.values()):
        return "a value is not finite, or of a negative step"
    if not all(isinstance(p, _PARAMETERS) for p in params.values()):
        return "a parameter is neither a number nor a text"
    if not all(math.isfinite(p) for p in params.values() if isinstance(p, float)):
        return "a parameter is not finite"
    return None


def _hyperparameters(params: Mapping[str, Any]) -> tuple[str, str, bytes]:
    """The identity of hyperparameters, the transform among them, and the others as JSON."""
    others = dict(params)
    transform = others.pop("transform", None)
    text = json.dumps(dict(params), sort_keys=True)
    uid = hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:32]
    return (
        uid,
        "" if transform is None else str(transform),
        orjson.dumps(others, option=orjson.OPT_SORT_KEYS),
    )


def _duration(trial: Any) -> int | None:
    """Nanoseconds from the start of a trial to its end."""
    begin: datetime | None = trial.datetime_start
    end: datetime | None = trial.datetime_complete
    if begin is None or end is None:
        return None
    return max(0, round((end - begin).total_seconds() * 1e9))


def _digest(files: list[TrialFile]) -> str:
    """Hash of all that is brought in."""
    digest = hashlib.sha256(b"optuna\0")
    for file in files:
        head = [file.task, file.dataset, file.metric, file.name, file.epoch]
        digest.update(json.dumps(head).encode())
        for trial in file.trials:
            row = (trial.uid, trial.transform, trial.prm.hex(), trial.accuracy, trial.duration)
            digest.update(json.dumps(row).encode())
    return digest.hexdigest()
