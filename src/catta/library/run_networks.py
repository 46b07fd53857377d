"""The networks that a run is about: its seeds, and those of its candidates that build."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catta.corpus import Corpus
from catta.errors import UsageError
from catta.evaluation.problem_shapes import CLASSIFICATION
from catta.records import Run


def find_run(corpus: Corpus, key: str) -> Run:
    """A run by its id or a unique beginning of it.

    Raises:
        UsageError: There is none, or there are several.
    """
    found = corpus.runs.get(key)
    if found is None:
        known = ", ".join(run.id for run in corpus.runs.all()) or "none yet"
        raise UsageError(f"run: {key!r} is not in {corpus.location}; its runs: {known}")
    return found


def task_of(run: Run) -> str:
    """What the networks of a run are for."""
    return str(run_settings(run).get("recipe", {}).get("task", CLASSIFICATION))


def seeds_of(corpus: Corpus, run: Run) -> list[str]:
    """Ids of the seeds that a run starts from, in their order; empty before they are made.

    Of several sets that only differ in what the dataset looks like, the first one made for images
    of the run's size.
    """
    config = run_settings(run)
    seeds: Mapping[str, Any] = config.get("seeds", {})
    wanted = {
        "source": seeds.get("source") or "pypi",
        "characters": seeds.get("characters"),
        "similarity": seeds.get("similarity"),
        "caps": config.get("caps"),
    }
    size = config.get("recipe", {}).get("resolution")
    fitting = [
        (settings.get("shapes", {}).get("height") != size, key)
        for key, settings in corpus.networks.seed_sets().items()
        if {name: settings.get(name) for name in wanted} == wanted
    ]
    if not fitting:
        return []
    _, key = min(fitting, key=lambda pair: pair[0])
    return corpus.networks.seed_set(key) or []


def built_by(corpus: Corpus, run: Run) -> list[str]:
    """Ids of the networks among a run's candidates that build, in the order they came."""
    candidates = corpus.runs.candidates(run.id)
    return list(dict.fromkeys(c.network_id for c in candidates if c.network_id and c.builds))


def run_settings(run: Run) -> Mapping[str, Any]:
    """The settings of a run as they were stored, perhaps by an older Catta."""
    found: Any = run.config.get("run", run.config)
    return found
