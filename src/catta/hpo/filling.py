"""Filling the corpus: every network of a task that lacks trials is tuned, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from catta import zoo
from catta.corpus import Corpus
from catta.errors import UsageError
from catta.hpo.plan import Tell
from catta.hpo.report import TuneReport
from catta.hpo.settings import TuneSettings
from catta.hpo.tuning import tune
from catta.hpo.warm_start import published_count
from catta.library import inspect_networks
from catta.records import InspectionOutcome, Network, Recipe, Structure
from catta.training import find_subject, recipe_for

_TEXT = "txt-generation"


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """How much is asked of each network.

    Attributes:
        trials: Different hyperparameters.
        epochs: Of each training.
        large: Number of parameters from which on a network is large.
        large_trials: What is asked of a large one.
        give_up: Failures after which a network without any other trial is left alone.
    """

    trials: int
    epochs: int
    large: int = 25_000_000
    large_trials: int
    give_up: int = 10


PROFILES: Mapping[str, Profile] = MappingProxyType(
    {
        "lemur": Profile(trials=100, epochs=5, large_trials=10),
        "quick": Profile(trials=10, epochs=1, large_trials=3, give_up=3),
    }
)
"""`lemur` is what LEMUR asks of who contributes a network."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Filled:
    """What became of one network.

    Attributes:
        name: Its name.
        report: What tuning it came to; None where it was not tuned.
        why: Why not.
    """

    name: str
    report: TuneReport | None = None
    why: str | None = None


def fill(
    corpus: Corpus,
    task: str,
    *,
    profile: Profile,
    recipe: Mapping[str, Any] | None = None,
    settings: TuneSettings | None = None,
    tell: Tell | None = None,
    stop: Callable[[], bool] | None = None,
) -> Iterator[Filled]:
    """Tune every network for a task that has fewer trials than the profile asks for.

    Those are the networks whose published trials are mostly for the task, those that were inspected
    for it and work, and Catta's own. A network that does not work with any input, as an inspection
    shows, is passed over. Interrupted, it goes on where it stopped.

    Args:
        corpus: What there is, and where trials are kept.
        task: LEMUR's name of the task.
        profile: How much is asked for.
        recipe: Fields of `Recipe` for all of them.
        settings: How they are tuned; `trials`, `give_up` and `study` come from the profile.
        tell: Shows the user one line.
        stop: Asked after each epoch whether to stop.

    Yields:
        One for each network, by name, when it is done.

    Raises:
        UsageError: The task is unknown, or there is no network for it.
        CattaError: As `tune`.
        Interrupted: `stop` said so.
    """
    said = tell or _nobody
    recipe_for(task, "", **(recipe or {}))  # what is wrong with it is wrong for all of them
    networks = _networks(corpus, task)
    if not networks:
        raise UsageError(f"the corpus has no network for {task}; import or inspect some first")
    for number, network in enumerate(networks, 1):
        said(f"Network {number} of {len(networks)}: {network.name}")
        yield _one(corpus, task, network, profile, recipe or {}, settings, said, stop)


def _one(
    corpus: Corpus,
    task: str,
    network: Network,
    profile: Profile,
    recipe: Mapping[str, Any],
    settings: TuneSettings | None,
    tell: Tell,
    stop: Callable[[], bool] | None,
) -> Filled:
    settings = settings or TuneSettings()
    structure = _structure(corpus, network, task, unsafe=settings.unsafe)
    if structure is None:
        return Filled(name=network.name, why=f"it does not work for {task} at any size")
    large = structure.parameters >= profile.large
    trials = profile.large_trials if large else profile.trials
    try:
        base = _base(task, network, {"epochs": profile.epochs, **recipe}, structure)
        if published_count(corpus, network.id, base) >= trials:
            return Filled(name=network.name, why="enough trials are published")
        asked = replace(settings, trials=trials, give_up=profile.give_up, study=None)
        report = tune(network, base, corpus=corpus, settings=asked, tell=tell, stop=stop)
    except UsageError as error:  # it does not suit this network; the others are not to blame
        return Filled(name=network.name, why=str(error))
    return Filled(name=network.name, report=report)


def _base(task: str, network: Network, recipe: dict[str, Any], structure: Structure) -> Recipe:
    """With images as large as the network needs them, unless their size was said."""
    base = recipe_for(task, network.source, **recipe)
    if task == _TEXT or "resolution" in recipe or base.resolution >= structure.resolution:
        return base
    return base.model_copy(update={"resolution": structure.resolution})


def _networks(corpus: Corpus, task: str) -> list[Network]:
    ours = [find_subject(name, None) for name in zoo.names(task)]
    corpus.networks.add(ours)
    ids = {network.id for network in ours}
    ids |= {key for key, of in corpus.inspections.tasks().items() if of == task}
    ids |= set(corpus.inspections.working(task))
    found = corpus.networks.get_many(sorted(ids))
    return sorted(found, key=lambda network: (network.name, network.id))


def _structure(corpus: Corpus, network: Network, task: str, *, unsafe: bool) -> Structure | None:
    """What an inspection shows, one made now if there was none; None where it does not work."""
    known = corpus.inspections.get(network.id, task)
    if known is None:
        inspect_networks(corpus, [network.id], task=task, workers=1, unsafe=unsafe)
        known = corpus.inspections.get(network.id, task)
    if known is None or known.outcome is not InspectionOutcome.OK:
        return None
    return known.structure


def _nobody(text: str) -> None:
    """Tell nobody."""
