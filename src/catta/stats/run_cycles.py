"""Runs of the loop, and the cycles of one: what is valid, good, new, admitted, and its cost."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from catta.loop.metrics import mean_interval, summarize, wilson
from catta.loop.reports import RunReport
from catta.records import Candidate
from catta.stats.run_reports import (
    COUNT,
    NUMBER,
    TEXT,
    TRUTH,
    Columns,
    Place,
    bounds,
    ratio,
    report_for,
    reports_for,
    table,
    threshold_of,
)

FIGURES: Columns = {
    "generated": COUNT,
    "judged": COUNT,
    "valid": COUNT,
    **dict.fromkeys(("valid_rate", "valid_low", "valid_high"), NUMBER),
    "novel": COUNT,
    "novel_rate": NUMBER,
    "novel_low": NUMBER,
    "novel_high": NUMBER,
    "scored": COUNT,
    "mean": NUMBER,
    "mean_low": NUMBER,
    "mean_high": NUMBER,
    **dict.fromkeys(("std", "worst", "q25", "median", "q75", "best"), NUMBER),
    "above": COUNT,
    "above_rate": NUMBER,
    "above_low": NUMBER,
    "above_high": NUMBER,
    "admitted": COUNT,
    "nearest": NUMBER,
    "tokens": COUNT,
    "seconds": NUMBER,
    **dict.fromkeys(("seconds_per_admitted", "tokens_per_admitted"), NUMBER),
}
"""The columns that tell what some candidates are like."""

_CYCLES: Columns = {"run": TEXT, "cycle": COUNT, "closed": TRUTH, **FIGURES}
RUN_COLUMNS: Columns = {
    "run": TEXT,
    "arm": TEXT,
    "created": TEXT,
    "finished": TEXT,
    "cycles": COUNT,
    "closed": COUNT,
    "threshold": NUMBER,
    **FIGURES,
}
"""The columns of `runs`."""


def runs(corpus: Place = None, *, names: Sequence[str | RunReport] | None = None) -> pd.DataFrame:
    """A row for each run, oldest first: the columns of `cycles` over all its candidates, and more.

    - `run`, `arm`, `created`, `finished`: as stored; a run that is going has no `finished`;
    - `cycles`, `closed`: cycles that were begun, and that are over;
    - `threshold`: accuracy from which candidates can be admitted.

    Args:
        corpus: An open corpus, its path or URL; default: `CATTA_CORPUS` or the user's.
        names: Only these runs, by id or a unique beginning of it, in this order.

    Raises:
        UsageError: There is no such corpus or run.
    """
    return table(map(run_row, reports_for(names, corpus)), RUN_COLUMNS)


def cycles(run: str | RunReport, corpus: Place = None) -> pd.DataFrame:
    """A row for each cycle of a run; counts are of candidates, rates and accuracies are 0..1.

    - `cycle`, `closed`: its number, and whether it is over;
    - `generated`, `judged`: completions, and those whose end is known;
    - `valid`, `valid_rate`, `valid_low`, `valid_high`: those that build and keep the caps, of the
      generated ones, with Wilson's 95 % interval, as all rates have;
    - `novel`, `novel_rate`, ...: valid ones that are no near-duplicates, of the valid ones;
    - `scored`, `mean`, `mean_low`, `mean_high`: trained ones, their mean accuracy after the first
      (or the recipe's last) epoch with Student's 95 % interval; `std`, `worst`, `q25`, `median`,
      `q75`, `best`: their distribution;
    - `above`, `above_rate`, ...: those that reach the run's threshold, of the generated ones;
    - `admitted`: what became examples;
    - `nearest`: median Jaccard similarity to the most similar network known before;
    - `tokens`, `seconds`: what it cost, fine-tuning included; and of each admitted network.

    Args:
        run: Its id, a unique beginning of it, or what was read of it before.
        corpus: An open corpus, its path or URL; default: `CATTA_CORPUS` or the user's.

    Raises:
        UsageError: There is no such corpus or run.
    """
    return table(_cycles(report_for(run, corpus)), _CYCLES)


def _cycles(report: RunReport) -> Iterator[dict[str, Any]]:
    for cycle in report.cycles:
        own = [c for c in report.candidates if c.cycle == cycle.number]
        yield {
            "run": report.run.id,
            "cycle": cycle.number,
            "closed": cycle.closed,
            **figures(own, threshold_of(report), sum(cycle.timings.values())),
        }


def run_row(report: RunReport) -> dict[str, Any]:
    """The row of `runs` for a run."""
    seconds = sum(sum(cycle.timings.values()) for cycle in report.cycles)
    threshold = threshold_of(report)
    return {
        "run": report.run.id,
        "arm": report.run.arm,
        "created": report.run.created,
        "finished": report.run.finished,
        "cycles": len(report.cycles),
        "closed": sum(cycle.closed for cycle in report.cycles),
        "threshold": threshold,
        **figures(report.candidates, threshold, seconds),
    }


def figures(candidates: Sequence[Candidate], threshold: float, seconds: float) -> dict[str, Any]:
    """The figures of some candidates, by the names of the columns of `cycles`.

    Args:
        candidates: Of one cycle, or of a run.
        threshold: Accuracy to reach; NaN if none is known.
        seconds: What they took.
    """
    found = summarize(candidates, threshold)
    novel = found["valid"] - found["near_duplicates"]
    known = found["generated"] if not math.isnan(threshold) else 0
    low, high = bounds(found["valid_interval"])
    novel_low, novel_high = bounds(wilson(novel, found["valid"]))
    above_low, above_high = bounds(wilson(found["above_threshold"], known))
    return {
        "generated": found["generated"],
        "judged": sum(c.verdict is not None for c in candidates),
        "valid": found["valid"],
        "valid_rate": ratio(found["valid"], found["generated"]),
        "valid_low": low,
        "valid_high": high,
        "novel": novel,
        "novel_rate": ratio(novel, found["valid"]),
        "novel_low": novel_low,
        "novel_high": novel_high,
        **_distribution([c.accuracy for c in candidates if c.accuracy is not None]),
        "above": found["above_threshold"],
        "above_rate": ratio(found["above_threshold"], known),
        "above_low": above_low,
        "above_high": above_high,
        "admitted": found["admitted"],
        "nearest": found["median_nearest"],
        "tokens": found["tokens"],
        "seconds": seconds,
        "seconds_per_admitted": ratio(seconds, found["admitted"]),
        "tokens_per_admitted": ratio(found["tokens"], found["admitted"]),
    }


def _distribution(accuracies: Sequence[float]) -> dict[str, Any]:
    if not accuracies:
        return {"scored": 0}
    worst, low, median, high, best = np.quantile(accuracies, (0, 0.25, 0.5, 0.75, 1)).tolist()
    mean_low, mean_high = bounds(mean_interval(accuracies))
    return {
        "scored": len(accuracies),
        "mean": float(np.mean(accuracies)),
        "mean_low": mean_low,
        "mean_high": mean_high,
        "std": float(np.std(accuracies, ddof=1)) if len(accuracies) > 1 else float("nan"),
        "worst": worst,
        "q25": low,
        "median": median,
        "q75": high,
        "best": best,
    }
