"""The candidates of a run: accuracies, failures, what was admitted, what the test split said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from catta.loop.reports import RunReport
from catta.records import Candidate, Outcome, Stage
from catta.stats.run_reports import (
    COUNT,
    NUMBER,
    TEXT,
    TRUTH,
    Columns,
    Place,
    ratio,
    report_for,
    table,
)

_ACCURACIES: Columns = {
    **dict.fromkeys(("run", "network"), TEXT),
    **dict.fromkeys(("cycle", "index"), COUNT),
    "accuracy": NUMBER,
    "admitted": TRUTH,
}
_ADMITTED: Columns = {
    "run": TEXT,
    "cycle": COUNT,
    "index": COUNT,
    "network": TEXT,
    "parent": TEXT,
    "accuracy": NUMBER,
    "parameters": NUMBER,
    "flops": NUMBER,
    "nearest": TEXT,
    "jaccard": NUMBER,
    "tokens": COUNT,
    "seconds": NUMBER,
}
_FAILURES: Columns = {
    "run": TEXT,
    "cycle": COUNT,
    "stage": TEXT,
    "outcome": TEXT,
    "candidates": COUNT,
    "of": COUNT,
    "share": NUMBER,
    "example": TEXT,
}
_ASSESSMENT: Columns = {
    "run": TEXT,
    "network": TEXT,
    "cycle": COUNT,
    "index": COUNT,
    "validation": NUMBER,
    "test": NUMBER,
    "difference": NUMBER,
}
_STAGES = tuple(Stage)


def accuracies(run: str | RunReport, corpus: Place = None) -> pd.DataFrame:
    """A row for each trained candidate: `cycle`, `index`, `network`, `accuracy`, `admitted`.

    Args:
        run: Its id, a unique beginning of it, or what was read of it before.
        corpus: An open corpus, its path or URL; default: `CATTA_CORPUS` or the user's.

    Raises:
        UsageError: There is no such corpus or run.
    """
    report = report_for(run, corpus)
    scored = [c for c in report.candidates if c.accuracy is not None]
    rows = (_place(c) | {"accuracy": c.accuracy, "admitted": c.admitted} for c in scored)
    return table(rows, _ACCURACIES)


def admitted(run: str | RunReport, corpus: Place = None) -> pd.DataFrame:
    """A row for each candidate that became an example, in the order they came.

    `parent` is the network it was made from by mutation, `nearest` and `jaccard` the most similar
    network known when it was screened, `parameters` and `flops` (of one sample) what its build
    showed, `tokens` and `seconds` what it took from generation to score.

    Args:
        run: Its id, a unique beginning of it, or what was read of it before.
        corpus: An open corpus, its path or URL; default: `CATTA_CORPUS` or the user's.

    Raises:
        UsageError: There is no such corpus or run.
    """
    report = report_for(run, corpus)
    return table(map(_admitted, sorted(report.admitted, key=_order)), _ADMITTED)


def failures(run: str | RunReport, corpus: Place = None) -> pd.DataFrame:
    """How candidates failed: a row for each cycle, stage and outcome, in the order of the stages.

    `candidates` of the `of` that the cycle generated, the `share` of them, and the error of the
    first one as an `example` (written by its code: anybody's text). A near-duplicate ends at the
    stage `novelty`, though it may work.

    Args:
        run: Its id, a unique beginning of it, or what was read of it before.
        corpus: An open corpus, its path or URL; default: `CATTA_CORPUS` or the user's.

    Raises:
        UsageError: There is no such corpus or run.
    """
    return table(_failures(report_for(run, corpus)), _FAILURES)


def assessment(run: str | RunReport, corpus: Place = None) -> pd.DataFrame:
    """The final assessment: `validation` and `test` accuracy of each network it was read for.

    Empty until the run is finished: the test split is read once.

    Args:
        run: Its id, a unique beginning of it, or what was read of it before.
        corpus: An open corpus, its path or URL; default: `CATTA_CORPUS` or the user's.

    Raises:
        UsageError: There is no such corpus or run.
    """
    report = report_for(run, corpus)
    found: Any = report.run.assessment.get("networks")
    rows: Sequence[Any] = found if isinstance(found, list | tuple) else ()
    return table((_assessed(report, row) for row in rows if isinstance(row, Mapping)), _ASSESSMENT)


def _failures(report: RunReport) -> Iterator[dict[str, Any]]:
    generated = Counter(c.cycle for c in report.candidates)
    found: Counter[tuple[int, Stage, Outcome]] = Counter()
    examples: dict[tuple[int, Stage, Outcome], str | None] = {}
    for candidate in sorted(report.candidates, key=_order):
        verdict = candidate.verdict
        if verdict is not None and not verdict.ok:
            key = (candidate.cycle, verdict.stage, verdict.outcome)
            found[key] += 1
            examples.setdefault(key, verdict.error)
    for key in sorted(found, key=lambda key: (key[0], _STAGES.index(key[1]), key[2])):
        cycle, stage, outcome = key
        yield {
            "run": report.run.id,
            "cycle": cycle,
            "stage": stage.value,
            "outcome": outcome.value,
            "candidates": found[key],
            "of": generated[cycle],
            "share": ratio(found[key], generated[cycle]),
            "example": examples[key],
        }


def _admitted(candidate: Candidate) -> dict[str, Any]:
    facts, nearest = candidate.facts, candidate.nearest
    return _place(candidate) | {
        "parent": candidate.completion.parent,
        "accuracy": candidate.accuracy,
        "parameters": None if facts is None else facts.parameters,
        "flops": None if facts is None else facts.flops,
        "nearest": None if nearest is None else nearest.network_id,
        "jaccard": None if nearest is None else nearest.jaccard,
        "tokens": candidate.completion.tokens,
        "seconds": sum(candidate.timings.values()),
    }


def _assessed(report: RunReport, row: Mapping[str, Any]) -> dict[str, Any]:
    validation, test = row.get("validation_accuracy"), row.get("test_accuracy")
    difference = None if validation is None or test is None else test - validation
    return {
        "run": report.run.id,
        "network": row.get("network"),
        "cycle": row.get("cycle", -1),
        "index": row.get("index", -1),
        "validation": validation,
        "test": test,
        "difference": difference,
    }


def _place(candidate: Candidate) -> dict[str, Any]:
    return {
        "run": candidate.run,
        "cycle": candidate.cycle,
        "index": candidate.index,
        "network": candidate.network_id,
    }


def _order(candidate: Candidate) -> tuple[int, int]:
    return candidate.cycle, candidate.index
