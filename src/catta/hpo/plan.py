"""What a study is about and how much of it there is to do; settled before the first trial."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from catta.hpo.samplers import check_names, grid_size
from catta.hpo.settings import TuneSettings
from catta.hpo.space import Choices, Space, space_for
from catta.hpo.studies import compared, study_name
from catta.records import Network, Recipe
from catta.tasks import prepare

Tell = Callable[[str], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What is tuned and how much of it.

    Attributes:
        network: What is trained.
        base: What all trials have in common; with the dataset that is really used.
        space: What differs between them.
        settings: How it is tuned.
        common: What makes two studies the same one.
        name: Of the study.
        limit: How many trials there are to be.
        note: One line where the data are not quite what was asked for.
    """

    network: Network
    base: Recipe
    space: Space
    settings: TuneSettings
    common: Mapping[str, Any]
    name: str
    limit: int
    note: str | None


def make_plan(network: Network, base: Recipe, settings: TuneSettings, tell: Tell) -> Plan:
    """Settle what is tuned; the data of all trials are there afterwards.

    Raises:
        UsageError: The settings make no sense for this network.
        CattaError: The dataset or a transform cannot be had.
    """
    space = space_for(
        network.source,
        base,
        given=settings.space,
        transforms=settings.transforms,
        fixed=settings.fixed,
    )
    check_names(settings.sampler, settings.pruner, space, len(settings.objectives))
    data = prepare(base, directory=settings.directory, progress=tell)
    # A fallback must not pass for the dataset that it stands in for.
    base = base.model_copy(update={"dataset": data.dataset})
    for transform in _transforms(space):  # one that is not known is found now, not on the way
        changed = base.model_copy(update={"transform": transform})
        prepare(changed, directory=settings.directory, progress=tell)
    common = compared(network, base, space, settings.objectives)
    whole = grid_size(space) if settings.sampler == "grid" else settings.trials
    return Plan(
        network=network,
        base=base,
        space=space,
        settings=settings,
        common=common,
        name=settings.study or study_name(network, base, common),
        limit=min(settings.trials, whole),
        note=data.note,
    )


def _transforms(space: Space) -> tuple[str, ...]:
    parameter = space.get("transform")
    return tuple(map(str, parameter.values)) if isinstance(parameter, Choices) else ()
