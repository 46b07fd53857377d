"""The calls that a user makes: evolve, resume, look."""

from __future__ import annotations

import platform
import secrets
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from catta.corpus import Corpus
from catta.errors import Interrupted, UsageError
from catta.loop.config import RunConfig, parse_config
from catta.loop.cycle import Driver, utc_now
from catta.loop.observer import Observer, SilentObserver
from catta.loop.session import open_session
from catta.loop.warmup import shipped_adapter, stored_adapter, train_warmup
from catta.models import resolve
from catta.paths import default_corpus
from catta.records import Adapter, Candidate, Cycle, Run
from catta.tasks import find_dataset

Stop = Callable[[], bool]


@dataclass(frozen=True, kw_only=True, slots=True)
class RunReport:
    """What a run has come to, as the corpus holds it."""

    run: Run
    cycles: tuple[Cycle, ...]
    admitted: tuple[Candidate, ...]
    best: Candidate | None
    corpus: str

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        best = self.best
        return {
            "run": self.run.id,
            "arm": self.run.arm,
            "created": self.run.created,
            "finished": self.run.finished,
            "commit": self.run.commit,
            "corpus": self.corpus,
            "best": None
            if best is None
            else {
                "network": best.network_id,
                "accuracy": best.accuracy,
                "cycle": best.cycle,
                "index": best.index,
                "source": best.source,
            },
            "cycles": [_cycle_row(cycle) for cycle in self.cycles],
            "assessment": dict(self.run.assessment),
        }


def evolve(
    config: RunConfig,
    *,
    corpus: str | Path | None = None,
    observer: Observer | None = None,
    stop: Stop | None = None,
) -> RunReport:
    """Start a run and drive it to its end.

    Args:
        config: See `load_config`.
        corpus: Path or URL; default: `CATTA_CORPUS` or the user's data directory.
        observer: Told how it goes.
        stop: Asked at safe points whether to stop.

    Raises:
        UsageError: Before anything is written, where the configuration cannot work.
        Interrupted: `stop` said so; the text tells how to resume.
    """
    _preflight(config)
    with Corpus.open(corpus or default_corpus()) as store:
        run = Run(
            id=_run_id(config),
            arm=config.arm,
            config={"run": config.model_dump(mode="json"), "environment": environment()},
            commit=git_commit(),
            created=utc_now(),
        )
        store.runs.create(run)
        return _drive(run, config, store, observer or SilentObserver(), stop or _never)


def resume(
    run: str,
    *,
    corpus: str | Path | None = None,
    observer: Observer | None = None,
    stop: Stop | None = None,
) -> RunReport:
    """Go on with a run where it stopped; a finished one is only reported.

    Args:
        run: Its id or a unique beginning of it.
        corpus: As in `evolve`.
        observer: As in `evolve`.
        stop: As in `evolve`.
    """
    with Corpus.open(corpus or default_corpus(), create=False) as store:
        stored = _find(store, run)
        config = config_of(stored)
        _preflight(config)
        return _drive(stored, config, store, observer or SilentObserver(), stop or _never)


def report(run: str, *, corpus: str | Path | None = None) -> RunReport:
    """What a stored run has come to; nothing is done."""
    with Corpus.open(corpus or default_corpus(), create=False) as store:
        return _report(_find(store, run), store)


def list_runs(*, corpus: str | Path | None = None) -> list[RunReport]:
    """All runs of a corpus, oldest first."""
    with Corpus.open(corpus or default_corpus(), create=False) as store:
        return [_report(run, store) for run in store.runs.all()]


def warmup(
    config: RunConfig,
    *,
    corpus: str | Path | None = None,
    observer: Observer | None = None,
    stop: Stop | None = None,
    output: Path | None = None,
    force: bool = False,
) -> Adapter:
    """Teach the language model the contract on the seeds; reuses what is there unless forced.

    Args:
        config: Model, seeds, caps and `warmup` settings matter.
        corpus: As in `evolve`; holds the seeds and remembers the adapter.
        observer: As in `evolve`.
        stop: As in `evolve`.
        output: Directory of a newly trained adapter; default: the cache.
        force: Train even if such an adapter exists.
    """
    _preflight(config)
    with Corpus.open(corpus or default_corpus()) as store:
        known = None if force else stored_adapter(store, config) or shipped_adapter(config)
        if known is not None:
            return known
        with open_session(config, store, observer or SilentObserver(), stop or _never) as session:
            return train_warmup(session, output)


def config_of(run: Run) -> RunConfig:
    """The configuration a stored run was started with."""
    values = run.config.get("run")
    if not isinstance(values, dict):
        raise UsageError(f"run {run.id} has no configuration that this version can read")
    return parse_config(values)


def environment() -> dict[str, str]:
    """Versions and machine, stored with each run."""
    names = ("catta", "torch", "transformers", "peft", "trl")
    versions: dict[str, str] = {}
    for name in names:
        with suppress(metadata.PackageNotFoundError):
            versions[name] = metadata.version(name)
    return versions | {"python": platform.python_version(), "machine": platform.platform()}


def git_commit() -> str | None:
    """Commit of the checkout that Catta runs from, or None for an installed package."""
    command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _drive(run: Run, config: RunConfig, store: Corpus, observer: Observer, stop: Stop) -> RunReport:
    with store.runs.acquire(run.id):
        try:
            with open_session(config, store, observer, stop) as session:
                Driver(run, session).run()
        except Interrupted as error:
            raise Interrupted(
                f"Run {run.id} is stopped; everything so far is stored. "
                f"Go on with: catta resume {run.id} --corpus {store.location}"
            ) from error
    return _report(_find(store, run.id), store)


def preflight_dataset(config: RunConfig) -> None:
    """Raise UsageError for a dataset that nobody knows."""
    find_dataset(config.recipe.dataset)


def _preflight(config: RunConfig) -> None:
    """Find out before anything is written whether the dataset and the model can be had."""
    preflight_dataset(config)
    if config.arm != "mutation" and config.backend == "transformers":
        resolve(config.model)


def _report(run: Run, store: Corpus) -> RunReport:
    candidates = store.runs.candidates(run.id)
    scored = [c for c in candidates if c.accuracy is not None]
    best = max(scored, key=lambda c: (c.accuracy or 0.0, -c.cycle, -c.index), default=None)
    return RunReport(
        run=run,
        cycles=tuple(store.runs.cycles(run.id)),
        admitted=tuple(c for c in candidates if c.admitted),
        best=best,
        corpus=store.location,
    )


def _find(store: Corpus, run: str) -> Run:
    found = store.runs.get(run)
    if found is None:
        known = ", ".join(r.id for r in store.runs.all()) or "none yet"
        raise UsageError(f"run: {run!r} is not in {store.location}; its runs: {known}")
    return found


def _run_id(config: RunConfig) -> str:
    day = datetime.now(UTC).strftime("%y%m%d-%H%M")
    return f"{config.arm}-{day}-{secrets.token_hex(2)}"


def _cycle_row(cycle: Cycle) -> dict[str, Any]:
    timings = {stage: round(seconds, 3) for stage, seconds in cycle.timings.items()}
    return {
        "cycle": cycle.number,
        "closed": cycle.closed,
        "generator": cycle.generator,
        "adapter": cycle.adapter.sha256 if cycle.adapter else None,
        **cycle.metrics,
        "seconds": round(sum(timings.values()), 3),
        "timings": timings,
    }


def _never() -> bool:
    return False
