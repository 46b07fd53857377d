"""Structured pruning: whole channels are taken out, and what is left is trained on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from importlib.util import find_spec
from typing import Any, cast

from catta.errors import ExportError, UsageError
from catta.evaluation import Costs, measure_costs, train_and_score
from catta.evaluation.wire import Arrays
from catta.export.comparing import Judge
from catta.export.pruned_source import pruned_source
from catta.export.registry import runtime
from catta.export.subjects import Subject
from catta.export.workplace import Workplace
from catta.novelty import InvalidSource, network_id
from catta.records import EpochMeasurement, Evaluation, Network, Recipe, Verdict
from catta.training.running import TrainObserver
from catta.training.trainer import Trained
from catta.training.warm import WarmWorker

_PERFORM = "catta.export.jobs.prune_network:perform"
_WEIGHTS = "weights."
_NAME = re.compile(r"[A-Za-z_0-9]+(\.[A-Za-z_0-9]+)*")
_WIDEST = 1_000_000
_RATE = 4
"""By how much the learning rate of the fine-tuning is smaller than the recipe's."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pruned:
    """A network with fewer channels, and what that did.

    Attributes:
        parent: The network as it was.
        trained: The new network, the recipe of its fine-tuning, its weights and evaluation.
        amount: Share of the channels of each layer that was taken out.
        costs_before: Parameters and FLOPs of the parent.
        costs_after: Those of the new network.
        accuracy_before: Of the parent, on the validation split of its recipe.
        accuracy_pruned: Of the new network before it was trained on.
        accuracy_after: And after that.
    """

    parent: Network
    trained: Trained
    amount: float
    costs_before: Costs
    costs_after: Costs
    accuracy_before: float
    accuracy_pruned: float
    accuracy_after: float

    def details(self) -> dict[str, Any]:
        """Its numbers, as plain data."""
        return {
            "parent": self.parent.id,
            "amount": self.amount,
            "before": asdict(self.costs_before),
            "after": asdict(self.costs_after),
            "accuracy_pruned": self.accuracy_pruned,
            "epochs": self.trained.recipe.epochs,
        }


def check_prunable(amount: float, epochs: int) -> None:
    """Refuse, before any work, what makes no sense.

    Raises:
        UsageError: The numbers are out of range, or torch-pruning is missing.
    """
    if not 0 < amount < 1:
        raise UsageError(f"amount must be more than 0 and less than 1, not {amount}")
    if epochs < 1:
        raise UsageError(f"epochs must be at least 1, not {epochs}")
    if find_spec("torch_pruning") is None:
        raise UsageError("prune needs torch_pruning: pip install 'catta[prune]'")


def prune(
    subject: Subject,
    amount: float,
    *,
    epochs: int,
    workplace: Workplace,
    warm: WarmWorker,
    observer: TrainObserver | None = None,
) -> Pruned:
    """Take channels out of a trained network, and train what is left.

    Args:
        subject: The network and its weights.
        amount: Share of the channels of each layer, those with the smallest weights.
        epochs: Of the fine-tuning, under the recipe with a quarter of its learning rate.
        workplace: Where it is pruned.
        warm: Where it is trained.
        observer: Told how the training goes.

    Raises:
        UsageError: See `check_prunable`; the network is not trained.
        ExportError: Its channels cannot be taken out, or the fine-tuning fails.
    """
    check_prunable(amount, epochs)
    if not subject.trained:
        raise UsageError(f"{subject.network.name} has no trained weights: nothing says what counts")
    network, weights = without_channels(subject, amount, workplace)
    pytorch = runtime("pytorch")
    pruned = replace(subject, network=network, weights=weights)
    before = Judge(subject, workplace).accuracy(pytorch)
    between = Judge(pruned, workplace).accuracy(pytorch)
    recipe = _gentler(subject.recipe, epochs)
    worker = warm.of(subject.data.inputs)
    costs = [
        measure_costs(worker, one.source, problem=subject.data.problem, recipe=recipe)
        for one in (subject.network, network)
    ]
    told = _told(observer, recipe)
    report = train_and_score(
        worker,
        network.source,
        data=subject.data,
        recipe=recipe,
        keep=["weights"],
        on_epoch=told,
        transform=subject.transform,
        initial=weights,
    )
    if not report.verdict.ok or not report.weights:
        reason = report.verdict.error or "its weights are more than leave the sandbox"
        raise ExportError(f"{network.name} cannot be trained: {reason}")
    evaluation = Evaluation(
        network_id=network.id,
        recipe_id=recipe.id,
        verdict=report.verdict,
        epochs=report.epochs,
        seconds=report.seconds,
    )
    return Pruned(
        parent=subject.network,
        trained=Trained(
            network=network,
            recipe=recipe,
            problem=subject.data.problem,
            evaluation=evaluation,
            weights=report.weights,
        ),
        amount=amount,
        costs_before=_costs(costs[0]),
        costs_after=_costs(costs[1]),
        accuracy_before=before,
        accuracy_pruned=between,
        accuracy_after=report.epochs[-1].accuracy,
    )


def without_channels(
    subject: Subject, amount: float, workplace: Workplace
) -> tuple[Network, Arrays]:
    """A network with fewer channels and what is left of the weights, not trained on yet.

    Its text was seen to stand for what was pruned.

    Raises:
        ExportError: Its channels cannot be taken out, or its text cannot say so.
    """
    inputs, parent = subject.data.inputs, subject.network
    job = {**subject.job(), "kind": "prune", "amount": amount}
    try:
        reply = workplace.run(_PERFORM, job, inputs=inputs, arrays=subject.arrays())
        source = pruned_source(parent.source, _widths(reply.header.get("widths")))
        arrays = dict(reply.arrays)
        job = {**subject.job(), "kind": "verify", "source": source}
        workplace.run(_PERFORM, job, inputs=inputs, arrays=arrays)
    except ExportError as error:
        reason = str(error).removeprefix("NotPrunableError: ")
        raise ExportError(f"{parent.name} cannot be pruned: {reason}") from error
    try:
        identity = network_id(source)
    except InvalidSource as error:
        raise ExportError(f"{parent.name} cannot be pruned: {error}") from error
    network = Network(
        id=identity,
        source=source,
        name=f"{parent.name}-pruned-{round(100 * amount)}",
        origin="adapted",
        parent=parent.id,
        licence=parent.licence,
    )
    weights = {
        name.removeprefix(_WEIGHTS): array
        for name, array in arrays.items()
        if name.startswith(_WEIGHTS)
    }
    return network, weights


def _widths(found: object) -> Mapping[str, tuple[int, ...]]:
    """The table that a sandbox returned, which becomes program text."""
    table = cast("dict[str, object]", found) if isinstance(found, dict) else {}
    widths: dict[str, tuple[int, ...]] = {}
    for name, value in table.items():
        numbers = cast("list[object]", value) if isinstance(value, list) else []
        sizes = tuple(n for n in numbers if isinstance(n, int) and 0 < n <= _WIDEST)
        if not _NAME.fullmatch(name) or not sizes or len(sizes) != len(numbers):
            raise ExportError("the sandbox returned no table of widths")
        widths[name] = sizes
    if not widths:
        raise ExportError("the sandbox returned no table of widths")
    return widths


def _gentler(recipe: Recipe, epochs: int) -> Recipe:
    return recipe.model_copy(update={"epochs": epochs, "lr": recipe.lr / _RATE})


def _told(observer: TrainObserver | None, recipe: Recipe) -> Any:
    def on_epoch(measured: EpochMeasurement, kept: object) -> bool | None:
        del kept
        return None if observer is None else observer.epoch(measured, recipe.epochs)

    return on_epoch


def _costs(found: Costs | Verdict) -> Costs:
    if isinstance(found, Verdict):
        raise ExportError(f"its costs cannot be measured: {found.error}")
    return found
