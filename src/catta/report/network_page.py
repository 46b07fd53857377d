"""One network, as its page shows it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from catta.corpus import Corpus
from catta.records import Candidate, Network, Recipe

if TYPE_CHECKING:
    import pandas as pd

CURVES = 8
"""Of a network's trainings, so many are drawn: the best ones."""

_LINEAGE = 50
_LINE = 72
"""Characters after which a command goes on in the next line."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Relative:
    """Another network that a page names.

    Attributes:
        page: Its page within the folder, if it has one.
    """

    id: str
    name: str
    page: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Curve:
    """One training of a network.

    Attributes:
        name: Problem and hyperparameters that tell it apart.
        epoch: From 1, ascending.
        value: Of the metric.
        seconds: Since the training began; NaN where not measured.
    """

    name: str
    epoch: tuple[int, ...]
    value: tuple[float, ...]
    seconds: tuple[float, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class NetworkView:
    """The page of a network.

    Attributes:
        network: The network.
        page: Its page within the folder.
        names: All its names.
        candidate: What it was in its run, if a run made it.
        places: Its rows of the leaderboard, by column.
        curves: Its best trainings, the best first.
        trainings: How many trainings there are.
        recipe: Of the training in the run: fields and values.
        command: What trains it again; None where nothing is known to say.
        lineage: What it descends from, its parent first.
        offspring: Networks made from it that have a page.
        nearest: The network most like it when it was screened.
        nearest_source: Source of that one, if the corpus has it.
    """

    network: Network
    page: str
    names: tuple[str, ...]
    candidate: Candidate | None
    places: tuple[Mapping[str, Any], ...]
    curves: tuple[Curve, ...]
    trainings: int
    recipe: tuple[tuple[str, str], ...]
    command: str | None
    lineage: tuple[Relative, ...]
    offspring: tuple[Relative, ...]
    nearest: Relative | None
    nearest_source: str | None

    @property
    def title(self) -> str:
        """Name of the network; a candidate's is what the run calls it."""
        if self.candidate is not None:
            return f"Cycle {self.candidate.cycle}, candidate {self.candidate.index}"
        return self.network.name


class Networks:
    """What the pages of networks are made of: read once, for all of them."""

    def __init__(
        self,
        store: Corpus,
        trials: pd.DataFrame,
        leaderboard: pd.DataFrame,
        pages: Mapping[str, str],
    ) -> None:
        self._store = store
        self._pages = pages
        ids = list(pages)
        self._trials = _by_network(trials, ids)
        self._places = _by_network(leaderboard, ids)

    def view(self, network: Network, candidate: Candidate | None = None) -> NetworkView:
        """The page of one network that has a page.

        Args:
            network: The network.
            candidate: What it was in its run, if a run made it.
        """
        rows = self._trials.get(network.id)
        recipe = None if rows is None else self._recipe(rows)
        nearest = candidate.nearest if candidate else None
        found = self._store.networks.get(nearest.network_id) if nearest else None
        curves, trainings = _curves(rows)
        places: Any = self._places.get(network.id)
        return NetworkView(
            network=network,
            page=self._pages[network.id],
            names=tuple(self._store.networks.aliases(network.id)),
            candidate=candidate,
            places=() if places is None else tuple(places.to_dict("records")),
            curves=curves,
            trainings=trainings,
            recipe=_fields(recipe),
            command=_command(network, recipe, rows),
            lineage=self._lineage(network),
            offspring=(),
            nearest=self._relative(nearest.network_id, found) if nearest else None,
            nearest_source=found.source if found else None,
        )

    def _recipe(self, rows: Any) -> Recipe | None:
        own = rows[rows["source"] == "measured"]
        return self._store.evaluations.recipe(own.iloc[0]["prm_id"]) if len(own) else None

    def _relative(self, identity: str, found: Network | None) -> Relative:
        name = found.name if found else identity
        return Relative(id=identity, name=name, page=self._pages.get(identity))

    def _lineage(self, network: Network) -> tuple[Relative, ...]:
        found: dict[str, Relative] = {}
        parent = network.parent
        while parent and parent not in {network.id, *found} and len(found) < _LINEAGE:
            known = self._store.networks.get(parent)
            found[parent] = self._relative(parent, known)
            parent = known.parent if known else None
        return tuple(found.values())


def _by_network(rows: pd.DataFrame, ids: Sequence[str]) -> dict[str, Any]:
    chosen: Any = rows[rows["nn_id"].isin(ids)]
    return {str(key): part for key, part in chosen.groupby("nn_id", observed=True)}


def _curves(rows: Any) -> tuple[tuple[Curve, ...], int]:
    if rows is None:
        return (), 0
    known = rows[rows["accuracy"].notna()]
    groups = known.groupby("training", sort=False)
    best = groups["accuracy"].max().sort_values(ascending=False, kind="stable")
    curves: list[Curve] = []
    for number, training in enumerate(best.index[:CURVES], start=1):
        part = groups.get_group(training).sort_values("epoch")
        first = part.iloc[0]
        curves.append(
            Curve(
                name=f"{number}: {first['dataset']}, {first['metric']}",
                epoch=tuple(int(v) for v in part["epoch"]),
                value=tuple(float(v) for v in part["accuracy"]),
                seconds=tuple(float(v) for v in part["seconds"]),
            )
        )
    return tuple(curves), len(best)


def _fields(recipe: Recipe | None) -> tuple[tuple[str, str], ...]:
    if recipe is None:
        return ()
    plain = recipe.model_dump()
    own = plain.pop("prm")
    return tuple((name, str(value)) for name, value in (plain | own).items() if value is not None)


_OPTIONS = (
    *("dataset", "metric", "epochs", "batch", "transform", "resolution", "seed", "track"),
    *("train_samples", "validation_samples", "optimizer"),
)
_VALUES = ("lr", "momentum", "dropout")


def _command(network: Network, recipe: Recipe | None, rows: Any) -> str | None:
    """What trains the network again as it was, or as published with its best values."""
    if recipe is not None:
        given = recipe.model_dump()
        words = ["catta", "train", network.id, "--task", recipe.task]
        for name in _OPTIONS:
            if given[name] is not None:
                words += [f"--{name.replace('_', '-')}", str(given[name])]
        for name in (*_VALUES, *recipe.prm):
            words += ["--prm", f"{name}={given.get(name, recipe.prm.get(name)):g}"]
        return _spread([*words, "--again"])
    if rows is None or not len(rows):
        return None
    best = rows.loc[rows["accuracy"].idxmax()]
    words = ["catta", "train", network.name, "--task", str(best["task"])]
    words += ["--dataset", str(best["dataset"]), "--metric", str(best["metric"])]
    words += ["--epochs", str(int(best["epoch"]))]
    if isinstance(best["transform"], str):
        words += ["--transform", best["transform"]]
    return _spread(words)


def _spread(words: Sequence[str]) -> str:
    """A command over several lines, a few options each."""
    lines = [list(words[:3])]
    for word in words[3:]:
        if word.startswith("--") and len(shlex.join(lines[-1])) > _LINE:
            lines.append([])
        lines[-1].append(word)
    return " \\\n    ".join(shlex.join(line) for line in lines)
