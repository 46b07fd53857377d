"""What trainings came to, as tables and sentences."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from catta.cli.formats import NONE, counted

if TYPE_CHECKING:
    from rich.console import RenderableType

    from catta.records import EpochMeasurement
    from catta.training import Fidelity, Noise, Trained

_COLUMNS = ("epoch", "loss")
_AFTER = ("lr", "gradient", "samples/s", "memory MB", "seconds")


def trained_lines(trained: Trained) -> Iterator[str]:
    """One or two sentences."""
    verdict, recipe = trained.evaluation.verdict, trained.recipe
    where = f"{trained.network.name} for {recipe.task} on {recipe.dataset}"
    if verdict.ok:
        value = trained.evaluation.accuracy
        yield f"{where}: {recipe.metric} {value:.4f} on the validation split"
    else:
        yield f"{where}: {verdict.outcome.value} at {verdict.stage.value}: {verdict.error}"
    if trained.repeated:
        yield "The corpus had this evaluation; --again trains once more."
    if trained.pretrained:
        yield "The network asks for pretrained weights; it was trained from random ones."
    if trained.note:
        yield trained.note


def epochs_table(trained: Trained) -> Table:
    """A row for each epoch, with all metrics."""
    epochs = trained.evaluation.epochs
    names = list(epochs[-1].metrics) or [trained.recipe.metric]
    table = Table()
    for column in (*_COLUMNS, *names, *_AFTER):
        table.add_column(column, justify="right")
    for measured in epochs:
        table.add_row(*_row(measured, names))
    return table


def noise_lines(found: Noise, metric: str) -> Iterator[str]:
    """The spread over seeds."""
    low, high = found.interval
    for seed, value in found.values.items():
        yield f"seed {seed}: {metric} {value:.4f}"
    yield (
        f"mean {found.mean:.4f} [{low:.4f}, {high:.4f}] (95 %), standard deviation "
        f"{found.deviation:.4f}"
    )
    if found.failed:
        yield f"failed under seed {', '.join(map(str, found.failed))}"


def fidelity_lines(found: Fidelity) -> Iterator[RenderableType]:
    """The networks in their late order, what was left out, and two rank correlations."""
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("network", overflow="fold")
    for epochs in (found.early, found.late):
        table.add_column(counted(epochs, "epoch"), justify="right")
    for name, (early, late) in sorted(found.values.items(), key=lambda one: -one[1][1]):
        table.add_row(Text(name), f"{early:.4f}", f"{late:.4f}")
    yield table
    for name, reason in found.failed.items():
        yield f"{name} is left out: {reason}"
    yield f"{found.networks} networks, {found.early} against {found.late} epochs"
    for name, (value, p) in (("Spearman", found.spearman), ("Kendall", found.kendall)):
        yield f"{name} {value:.3f} (p = {p:.2g})"


def _row(measured: EpochMeasurement, names: list[str]) -> Iterator[str]:
    yield str(measured.epoch)
    yield NONE if math.isnan(measured.loss) else f"{measured.loss:.4f}"
    for name in names:
        yield f"{measured.metrics.get(name, measured.accuracy):.4f}"
    yield _known(measured.learning_rate, "{:.2g}")
    yield _known(measured.gradient_norm, "{:.3f}")
    yield _known(measured.samples_per_second, "{:,.0f}")
    yield _known(measured.peak_memory_mb, "{:,.0f}")
    yield f"{measured.seconds:.1f}"


def _known(value: float | None, form: str) -> str:
    return NONE if value is None else form.format(value)
