"""Runs side by side: each with its intervals, and each against the first one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd
from scipy import stats

from catta.errors import UsageError
from catta.library.run_networks import run_settings
from catta.loop.metrics import is_valid, newcombe
from catta.loop.reports import RunReport
from catta.stats.run_cycles import RUN_COLUMNS, run_row
from catta.stats.run_reports import (
    NUMBER,
    TEXT,
    Columns,
    Place,
    bounds,
    reports_for,
    table,
    threshold_of,
)

_GAINS = ("valid_gain", "above_gain", "mean_gain", "own_mean_gain", "own_above_gain")
_ARMS: Columns = {
    **RUN_COLUMNS,
    **{f"{gain}{end}": NUMBER for gain in _GAINS for end in ("", "_low", "_high")},
    "confounded": TEXT,
}
_NOT_COMPARED = frozenset(
    {
        *(
            "arm",
            "backend",
            "model",
            "script",
            "server",
            "sampling",
            "warmup",
            "finetune",
            "helpers",
        ),
        *("workers", "sandbox", "unsafe", "data", "seed"),
    }
)
"""Settings that are the arm, or that do not change what is measured."""

_FEWEST = 2


def arms(runs: Sequence[str | RunReport], corpus: Place = None) -> pd.DataFrame:
    """A row for each run: the columns of `runs`, and differences with their 95 % intervals.

    - `valid_gain`, `above_gain`: its rate less the first run's (Newcombe), `mean_gain`: of the
      mean accuracies (Welch); each with `_low` and `_high`; the first run has none;
    - `own_mean_gain`, `own_above_gain`: the run's last two cycles less its first
      (`catta.loop.Improvement`);
    - `confounded`: settings in which it differs from the first run beside the arm, and `threshold`
      among them makes `above` another question; empty is good.

    The intervals are of candidates that the same run would draw again. How much runs of one arm
    differ is only seen with several runs of it.

    Args:
        runs: Their ids, unique beginnings of these, or what was read of them before.
        corpus: An open corpus, its path or URL; default: `CATTA_CORPUS` or the user's.

    Raises:
        UsageError: There is no such corpus or run, or no run is named.
    """
    reports = reports_for(runs, corpus)
    if not reports:
        raise UsageError("arms: name at least one run")
    first = reports[0]
    rows = (
        run_row(report)
        | ({} if report is first else _against(report, first))
        | _own(report)
        | {"confounded": ", ".join(_differing(report, first))}
        for report in reports
    )
    return table(rows, _ARMS)


def _against(report: RunReport, first: RunReport) -> dict[str, Any]:
    """Differences from another run, with their intervals; at that run's threshold."""
    threshold = threshold_of(first)
    pairs = [(_valid(report), _valid(first))]
    pairs.append((_reaching(report, threshold), _reaching(first, threshold)))
    found: dict[str, Any] = {}
    for name, (mine, theirs) in zip(("valid_gain", "above_gain"), pairs, strict=True):
        of_mine, of_theirs = len(report.candidates), len(first.candidates)
        if of_mine and of_theirs and (name == "valid_gain" or threshold > 0):
            interval = newcombe(mine, of_mine, theirs, of_theirs)
            found |= _gain(name, mine / of_mine - theirs / of_theirs, interval)
    mine, theirs = _accuracies(report), _accuracies(first)
    if min(len(mine), len(theirs)) >= _FEWEST and len({*mine, *theirs}) > 1:
        welch = stats.ttest_ind(mine, theirs, equal_var=False).confidence_interval(0.95)
        difference = sum(mine) / len(mine) - sum(theirs) / len(theirs)
        found |= _gain("mean_gain", difference, (float(welch.low), float(welch.high)))
    return found


def _own(report: RunReport) -> dict[str, Any]:
    """Whether a run gets better."""
    found = report.improvement
    if found is None:
        return {}
    mean = _gain("own_mean_gain", found.mean_gain, found.mean_gain_interval)
    return mean | _gain("own_above_gain", found.share_gain, found.share_gain_interval)


def _gain(name: str, difference: float, interval: Sequence[float]) -> dict[str, Any]:
    low, high = bounds(interval)
    return {name: difference, f"{name}_low": low, f"{name}_high": high}


def _valid(report: RunReport) -> int:
    return sum(map(is_valid, report.candidates))


def _reaching(report: RunReport, threshold: float) -> int:
    return sum(accuracy >= threshold for accuracy in _accuracies(report))


def _accuracies(report: RunReport) -> list[float]:
    return [c.accuracy for c in report.candidates if c.accuracy is not None]


def _differing(report: RunReport, first: RunReport) -> list[str]:
    mine, theirs = dict(_flat(run_settings(report.run))), dict(_flat(run_settings(first.run)))
    return sorted(name for name in {*mine, *theirs} if mine.get(name) != theirs.get(name))


def _flat(settings: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in settings.items():
        if not prefix and name in _NOT_COMPARED:
            continue
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
