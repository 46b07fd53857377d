"""Results as tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from catta.cli.formats import (
    NONE,
    accuracy,
    as_int,
    counts,
    interval,
    mapping,
    number,
    percent,
    sequence,
    settings,
    short,
)
from catta.records import Candidate, Cycle, Run

if TYPE_CHECKING:
    from catta.caches import Cached
    from catta.loop import CheckReport, RunReport
    from catta.models import ModelInfo
    from catta.tasks import DatasetInfo


def cycles_table(report: RunReport) -> Table:
    """One row a cycle: how many, how good, at what cost; intervals are 95 %."""
    threshold = settings(report.run).get("threshold")
    above = "above" if threshold is None else f"≥ {threshold}"
    table = _table(
        f"Run {report.run.id} ({report.run.arm})",
        left=("failed at", "seconds"),
        order=(
            "cycle",
            "generated",
            "valid",
            "failed at",
            "near-\nduplicates",
            "mean\naccuracy",
            "best",
            above,
            "admitted",
            "tokens",
            "seconds",
        ),
    )
    for cycle in report.cycles:
        table.add_row(*_cycle_cells(cycle), end_section=True)
    table.caption = "In brackets: 95 % intervals (shares of generated: Wilson, means: Student)"
    return table


def _cycle_cells(cycle: Cycle) -> tuple[str, ...]:
    metrics = cycle.metrics
    seconds = counts({stage: round(value) for stage, value in cycle.timings.items()})
    if not cycle.closed:
        return (str(cycle.number), "not yet", *[""] * 8, seconds)
    return (
        str(cycle.number),
        number(metrics.get("generated")),
        f"{number(metrics.get('valid'))}, {percent(metrics.get('valid_rate'))}"
        + interval(metrics.get("valid_interval"), in_percent=True),
        counts(metrics.get("stages")),
        number(metrics.get("near_duplicates")),
        accuracy(metrics.get("mean_accuracy")) + interval(metrics.get("mean_interval")),
        accuracy(metrics.get("best_accuracy")),
        number(metrics.get("above_threshold"))
        + interval(metrics.get("above_interval"), in_percent=True),
        number(metrics.get("admitted")),
        number(metrics.get("tokens")),
        seconds,
    )


def admitted_table(report: RunReport) -> Table:
    """The networks that became examples, best first."""
    table = _table(
        "Admitted networks (validation accuracy)",
        left=("network",),
        right=("cycle", "candidate", "accuracy", "parameters", "FLOPs", "nearest"),
    )
    ranked = sorted(report.admitted, key=lambda c: (-(c.accuracy or 0.0), c.cycle, c.index))
    for candidate in ranked:
        table.add_row(*_admitted_cells(candidate))
    return table


def _admitted_cells(candidate: Candidate) -> tuple[str, ...]:
    facts, nearest = candidate.facts, candidate.nearest
    return (
        short(candidate.network_id),
        str(candidate.cycle),
        str(candidate.index),
        accuracy(candidate.accuracy),
        number(facts.parameters if facts else None),
        number(facts.flops if facts else None),
        f"{nearest.jaccard:.2f}" if nearest else NONE,
    )


def assessment_table(run: Run) -> Table | None:
    """The final assessment on the test split, or None while there is none."""
    networks = sequence(run.assessment.get("networks"))
    if not networks:
        return None
    table = _table(
        "Final assessment on the test split, read once",
        left=("network",),
        right=("cycle", "candidate", "validation accuracy", "test accuracy"),
    )
    for row in map(mapping, networks):
        table.add_row(
            short(row.get("network")),
            number(row.get("cycle")),
            number(row.get("index")),
            accuracy(row.get("validation_accuracy")),
            accuracy(row.get("test_accuracy")),
        )
    return table


def improvement_table(report: RunReport) -> Table | None:
    """The last cycles beside the first, or None while there are too few."""
    gain = report.improvement
    if gain is None:
        return None
    table = _table(
        "Improvement: the last two cycles beside the first",
        left=("cycles",),
        right=("scored", "mean accuracy", f"above {gain.level:.3f} (first cycle's upper quartile)"),
    )
    for period in (gain.first, gain.last):
        table.add_row(
            ", ".join(str(number) for number in period.cycles),
            f"{period.scored} of {period.generated}",
            accuracy(period.mean) + interval(period.mean_interval, line=False),
            f"{period.above} of {period.generated}, {percent(period.share)}"
            + interval(period.share_interval, in_percent=True, line=False),
        )
    table.add_row(
        "difference",
        "",
        f"{gain.mean_gain:+.3f}" + interval(gain.mean_gain_interval, line=False),
        f"{100 * gain.share_gain:+.0f} %"
        + interval(gain.share_gain_interval, in_percent=True, line=False),
    )
    table.caption = "95 % intervals: Student and Welch for means, Wilson and Newcombe for shares"
    return table


def cost_table(report: RunReport) -> Table:
    """Wall-clock seconds by stage and the tokens of a run."""
    seconds: Counter[str] = Counter()
    for cycle in report.cycles:
        seconds.update(cycle.timings)
    total = sum(seconds.values())
    table = _table("Cost", left=("stage",), right=("seconds", "share"))
    for stage, spent in seconds.most_common():
        table.add_row(stage, f"{spent:.1f}", percent(spent / total if total else None))
    table.add_row("all", f"{total:.1f}", "")
    tokens = sum(as_int(cycle.metrics.get("tokens")) for cycle in report.cycles)
    table.caption = f"{tokens:,} tokens generated"
    return table


def best_text(report: RunReport) -> str:
    """Where the best network of a run is."""
    best = report.best
    if best is None:
        return "No network has been trained to a score yet."
    return (
        f"Best network: {best.network_id}, validation accuracy {accuracy(best.accuracy)} "
        f"(cycle {best.cycle}, candidate {best.index}); "
        f"its source: catta runs show {report.run.id} --best --corpus {report.corpus}"
    )


def runs_table(reports: Iterable[RunReport]) -> Table:
    """One row a run, oldest first."""
    table = _table(
        "Runs",
        left=("run", "arm", "created", "finished"),
        right=("cycles", "generated", "valid", "admitted", "best"),
    )
    for report in reports:
        metrics = [cycle.metrics for cycle in report.cycles if cycle.closed]
        totals = [
            sum(as_int(m.get(name)) for m in metrics) for name in ("generated", "valid", "admitted")
        ]
        table.add_row(
            report.run.id,
            report.run.arm,
            report.run.created,
            report.run.finished or "not yet",
            f"{len(metrics)} of {number(settings(report.run).get('cycles'))}",
            *[number(total) for total in totals],
            accuracy(report.best.accuracy if report.best else None),
        )
    return table


def check_table(report: CheckReport) -> Table:
    """One network's way."""
    table = _table(None, left=("", " "))
    nearest = report.nearest
    rows = {
        "task": report.task,
        "outcome": report.outcome,
        "stage": report.stage,
        "error": report.error or NONE,
        _score_of(report): f"{accuracy(report.accuracy)} on {report.dataset}",
        "parameters": number(report.parameters),
        "FLOPs": number(report.flops),
        "seconds": f"{report.seconds:.1f}",
        "nearest": f"{nearest.name} (Jaccard {nearest.jaccard:.2f})" if nearest else NONE,
    }
    for name, value in rows.items():
        table.add_row(name, Text(value))
    table.show_header = False
    return table


def _score_of(report: CheckReport) -> str:
    if report.steps is None:
        return "validation accuracy"
    return f"{report.metric} after {report.steps} steps"


def models_table(infos: Iterable[ModelInfo]) -> Table:
    """Language models and where they lie."""
    table = _table("Language models", left=("name", "directory", "note"), right=("size",))
    for info in infos:
        size = NONE if info.bytes is None else f"{info.bytes / 1e6:,.0f} MB"
        table.add_row(info.name, str(info.path or "not here yet"), info.note, size)
    return table


def datasets_table(infos: Iterable[DatasetInfo]) -> Table:
    """Datasets and where they come from."""
    left = ("name", "tasks", "here", "origin")
    table = _table("Datasets", left=left, right=("classes", "channels"))
    for info in infos:
        here = "yes" if info.present else "not yet"
        counts = ("" if n is None else str(n) for n in (info.classes, info.channels))
        table.add_row(info.name, "\n".join(info.tasks), here, info.origin, *counts)
    return table


def cache_table(found: Iterable[Cached]) -> Table:
    """What the cache holds, kind by kind."""
    table = _table("Cache", left=("kind", "what"), right=("entries", "MB"))
    for one in found:
        table.add_row(one.kind, one.what, f"{one.entries:,}", f"{one.bytes / 1e6:,.1f}")
    return table


def _table(
    title: str | None,
    *,
    left: Sequence[str],
    right: Sequence[str] = (),
    order: Sequence[str] | None = None,
) -> Table:
    """A table with named columns, aligned to the right but for those of `left`."""
    table = Table(title=title, title_justify="left", caption_justify="left", box=box.SIMPLE_HEAD)
    for name in order or (*left, *right):
        table.add_column(name, justify="left" if name in left else "right", overflow="fold")
    return table
