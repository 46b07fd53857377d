"""How far evaluations can be compared: the noise of seeds, and what a short training tells."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from catta.corpus import Corpus
from catta.corpus.registry import networks as networks_of
from catta.errors import UsageError
from catta.records import Network, Recipe
from catta.training.recipes import completed
from catta.training.running import TrainObserver
from catta.training.trainer import train
from catta.training.warm import WarmWorker


@dataclass(frozen=True, kw_only=True, slots=True)
class Noise:
    """The same network and recipe under several seeds.

    Attributes:
        values: The recipe's metric by seed; failures are left out.
        mean: Of the values.
        deviation: Standard deviation of the values; differences below it mean nothing.
        interval: 95 % interval of the mean, after Student.
        failed: Seeds under which the training failed.
    """

    values: dict[int, float]
    mean: float
    deviation: float
    interval: tuple[float, float]
    failed: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Fidelity:
    """Whether networks stand in the same order after a few epochs as after many.

    Attributes:
        networks: How many were compared.
        early: After how many epochs.
        late: Against how many.
        spearman: Rank correlation, and its p-value.
        kendall: Rank correlation (tau-b), and its p-value.
        values: The recipe's metric early and late, by the name of the network.
        failed: Why a network is not compared, by its name.
    """

    networks: int
    early: int
    late: int
    spearman: tuple[float, float]
    kendall: tuple[float, float]
    values: Mapping[str, tuple[float, float]]
    failed: Mapping[str, str]


def noise(
    network: Network,
    recipe: Recipe,
    *,
    seeds: int = 5,
    corpus: Corpus | None = None,
    directory: Path | None = None,
    observer: TrainObserver | None = None,
    unsafe: bool = False,
) -> Noise:
    """Train a network under several seeds, which fix initialisation, data order and splits.

    Args:
        network: What is trained.
        recipe: Its own seed is the first.
        seeds: How many, at least 2.
        corpus: Where evaluations are kept, and taken from where they are there.
        directory: As in `train`.
        observer: Told how it goes.
        unsafe: As in `train`.

    Raises:
        UsageError: Fewer than two seeds, or fewer than two trainings that did not fail.
    """
    if seeds < 2:
        raise UsageError(f"seeds must be at least 2, not {seeds}")
    values: dict[int, float] = {}
    failed: list[int] = []
    for seed in range(recipe.seed, recipe.seed + seeds):
        seeded = recipe.model_copy(update={"seed": seed})
        trained = train(
            network, seeded, corpus=corpus, directory=directory, observer=observer, unsafe=unsafe
        )
        accuracy = trained.evaluation.accuracy
        if accuracy is None:
            failed.append(seed)
            why = trained.evaluation.verdict.error
        else:
            values[seed] = accuracy
            why = None
        if why is not None and observer is not None:
            observer.message(f"Seed {seed}: {why}")
    if len(values) < 2:
        raise UsageError(f"{network.name} can be trained under {len(values)} of {seeds} seeds only")
    found = np.array(list(values.values()))
    mean, deviation = float(found.mean()), float(found.std(ddof=1))
    half = float(stats.t.ppf(0.975, len(found) - 1)) * deviation / math.sqrt(len(found))
    return Noise(
        values=values,
        mean=mean,
        deviation=deviation,
        interval=(mean - half, mean + half),
        failed=tuple(failed),
    )


def fidelity(
    networks: Sequence[Network],
    recipe: Recipe,
    *,
    early: int = 1,
    corpus: Corpus | None = None,
    directory: Path | None = None,
    observer: TrainObserver | None = None,
    unsafe: bool = False,
) -> Fidelity:
    """Train networks and correlate their order after `early` epochs with that after all.

    Both come from trainings of their own length, because the schedule of the learning rate depends
    on it.

    Args:
        networks: At least 3.
        recipe: Of the long training; each network gets values for what else it declares.
        early: Epochs of the short one.
        corpus: As in `noise`.
        directory: As in `train`.
        observer: Told how it goes.
        unsafe: As in `train`.

    Raises:
        UsageError: Too few networks, fewer than three that could be trained both ways, or all came
            to the same, which is no order.
    """
    if not 1 <= early < recipe.epochs:
        raise UsageError(f"epochs must be more than {early}, not {recipe.epochs}")
    short = recipe.model_copy(update={"epochs": early})
    values: dict[str, tuple[float, float]] = {}
    failed: dict[str, str] = {}
    with WarmWorker(unsafe=unsafe) as warm:  # all trainings are on the same data
        for network in networks:
            if observer is not None:
                observer.message(f"{network.name}, {early} against {recipe.epochs} epochs")
            both = [
                train(
                    network,
                    completed(one, network.source),
                    corpus=corpus,
                    directory=directory,
                    observer=observer,
                    warm=warm,
                ).evaluation
                for one in (short, recipe)
            ]
            first, last = (one.accuracy for one in both)
            if first is not None and last is not None:
                values[network.name] = first, last
            else:
                reasons = [one.verdict.error for one in both if not one.verdict.ok]
                failed[network.name] = reasons[0] or "it failed"
    if len(values) < 3:
        raise UsageError(f"{len(values)} networks could be trained; a rank correlation needs 3")
    first, last = np.array(list(values.values())).T
    _expect_order(first, f"{recipe.metric} after {early} epochs")
    _expect_order(last, f"{recipe.metric} after {recipe.epochs} epochs")
    spearman: Any = stats.spearmanr(first, last)
    kendall: Any = stats.kendalltau(first, last)
    return Fidelity(
        networks=len(values),
        early=early,
        late=recipe.epochs,
        spearman=(float(spearman.statistic), float(spearman.pvalue)),
        kendall=(float(kendall.statistic), float(kendall.pvalue)),
        values=values,
        failed=failed,
    )


def _expect_order(reached: NDArray[np.float64], what: str) -> None:
    if np.ptp(reached) == 0:
        raise UsageError(
            f"all {len(reached)} networks have the {what} {reached[0]:.4f}: there is no order to "
            "compare"
        )


def draw(corpus: Corpus, pattern: str, count: int | None, seed: int) -> list[str]:
    """Names of networks of the corpus that match a pattern, drawn at random; None for all.

    Raises:
        UsageError: None matches.
    """
    found = networks_of(pattern, corpus=corpus)
    if not found:
        raise UsageError(f"no network of the corpus is called {pattern}")
    chosen = np.random.default_rng(seed).permutation(len(found))[:count]
    return [found[i] for i in sorted(chosen.tolist())]
