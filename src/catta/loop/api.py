"""The calls that make something happen: evolve, resume, warm up."""

from __future__ import annotations

import platform
import secrets
import subprocess
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from catta.corpus import Corpus
from catta.errors import Interrupted, UsageError
from catta.loop.config import RunConfig, parse_config
from catta.loop.cycle import Driver, utc_now
from catta.loop.edge import MakeProbe, expect_probe
from catta.loop.observer import Observer, SilentObserver
from catta.loop.reports import RunReport, find_run, report_of
from catta.loop.session import Session, open_session
from catta.loop.warm_up import shipped_adapter, stored_adapter, train_warmup
from catta.models import resolve
from catta.paths import default_corpus
from catta.records import Adapter, Run
from catta.tasks import find_dataset

Stop = Callable[[], bool]


def evolve(
    config: RunConfig,
    *,
    corpus: str | Path | None = None,
    observer: Observer | None = None,
    stop: Stop | None = None,
    edge: MakeProbe | None = None,
) -> RunReport:
    """Start a run and drive it to its end.

    Args:
        config: See `load_config`.
        corpus: Path or URL; default: `CATTA_CORPUS` or the user's data directory.
        observer: Told how it goes.
        stop: Asked at safe points whether to stop.
        edge: Makes what measures networks on a device: `catta.export.edge_probe`. Needed where
            latency is an objective, or it or the size of the file is limited.

    Raises:
        UsageError: Before anything is written, where the configuration cannot work.
        Interrupted: `stop` said so; the text tells how to resume.
    """
    expect_probe(config, edge)
    _preflight(config)
    with (
        Corpus.open(corpus or default_corpus()) as store,
        open_session(config, store, observer or SilentObserver(), stop or _never, edge) as session,
    ):
        run = Run(
            id=_run_id(config),
            arm=config.arm,
            # What was asked for and what it came to: stand-in data keep their own name.
            config={
                "requested": config.model_dump(mode="json"),
                "run": session.config.model_dump(mode="json"),
                "environment": environment(),
            },
            commit=git_commit(),
            created=utc_now(),
        )
        store.runs.create(run)
        return _drive(run, session)


def resume(
    run: str,
    *,
    corpus: str | Path | None = None,
    observer: Observer | None = None,
    stop: Stop | None = None,
    edge: MakeProbe | None = None,
) -> RunReport:
    """Go on with a run where it stopped; a finished one is only reported.

    Args:
        run: Its id or a unique beginning of it.
        corpus: As in `evolve`.
        observer: As in `evolve`.
        stop: As in `evolve`.
        edge: As in `evolve`.
    """
    with Corpus.open(corpus or default_corpus(), create=False) as store:
        stored = find_run(store, run)
        config = config_of(stored)
        expect_probe(config, edge)
        _preflight(config)
        told, asked = observer or SilentObserver(), stop or _never
        with open_session(config, store, told, asked, edge) as session:
            found, wanted = session.config.recipe.dataset, config.recipe.dataset
            if found != wanted:
                raise UsageError(f"run {stored.id} is on {wanted}, which cannot be had any more")
            return _drive(stored, session)


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


def _drive(run: Run, session: Session) -> RunReport:
    store = session.corpus
    with store.runs.acquire(run.id):
        try:
            Driver(run, session).run()
        except Interrupted as error:
            raise Interrupted(
                f"Run {run.id} is stopped; everything so far is stored. "
                f"Go on with: catta resume {run.id} --corpus {store.location}"
            ) from error
    return report_of(find_run(store, run.id), store)


def preflight_dataset(config: RunConfig) -> None:
    """Raise UsageError for a dataset that nobody knows."""
    find_dataset(config.recipe.dataset)


def _preflight(config: RunConfig) -> None:
    """Find out before anything is written whether the dataset and the model can be had."""
    preflight_dataset(config)
    if config.arm != "mutation" and config.backend == "transformers":
        resolve(config.model)


def _run_id(config: RunConfig) -> str:
    day = datetime.now(UTC).strftime("%y%m%d-%H%M")
    return f"{config.arm}-{day}-{secrets.token_hex(2)}"


def _never() -> bool:
    return False
