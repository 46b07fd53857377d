"""How frequent motifs are: among the networks of a corpus, in a run's seeds and in its cycles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from statistics import fmean
from typing import Any

import pandas as pd

from catta.corpus import Corpus
from catta.corpus.opening import opened
from catta.corpus.registry import find
from catta.library.run_networks import seeds_of, task_of
from catta.loop.metrics import wilson
from catta.loop.reports import RunReport
from catta.records import Candidate
from catta.stats.motif_finding import KINDS, find_motifs, kind_of
from catta.stats.run_reports import (
    COUNT,
    NUMBER,
    TEXT,
    Columns,
    Place,
    bounds,
    ratio,
    report_for,
    table,
)

SEEDS, CYCLE, ADMITTED = "seeds", "cycle", "admitted"
"""Groups of a run's networks."""

_FREQUENCY: Columns = {
    **dict.fromkeys(("motif", "kind"), TEXT),
    **dict.fromkeys(("networks", "of"), COUNT),
    **dict.fromkeys(("share", "low", "high", "times"), NUMBER),
}
_CYCLES: Columns = {"run": TEXT, "group": TEXT, "cycle": NUMBER, **_FREQUENCY}
_PAIRS: Columns = {
    **dict.fromkeys(("run", "first", "first_kind", "second", "second_kind"), TEXT),
    **dict.fromkeys(("networks", "of", "admitted", "cycle"), COUNT),
    "best": NUMBER,
    "example": TEXT,
}

Motifs = Mapping[str, int]
"""How often each motif is in a network."""


def motifs(
    corpus: Place = None, *, task: str | None = None, names: Sequence[str] | None = None
) -> pd.DataFrame:
    """A row for each motif: how many networks have it, of those whose graphs are stored.

    `motif`, its `kind`, `networks` with it `of` all, their `share` with Wilson's 95 % interval
    (`low`, `high`), and `times`: how often a network that has it does so. Blocks come first, then
    what is more frequent.

    Args:
        corpus: An open corpus, its path or URL; default: `CATTA_CORPUS` or the user's.
        task: Only graphs traced for this task.
        names: Only these networks, by name, alias or id.

    Raises:
        UsageError: There is no such corpus, or a name is not in it.
    """
    with opened(corpus) as store:
        ids = None if names is None else [find(store, name).id for name in names]
        found = [find_motifs(graph) for _, graph in store.graphs.of(ids, task)]
    return table(_frequencies(found), _FREQUENCY)


def motif_cycles(run: str | RunReport, corpus: Place = None) -> pd.DataFrame:
    """The rows of `motifs` for the groups of a run's networks: seeds, cycles, admitted ones.

    `group` is `seeds`, `admitted` (of all cycles) or `cycle`; `cycle` is its number, NaN for the
    others. A motif of any group has a row in every group; a group without a graph has none. A
    network counts once in a group. Graphs are stored with the build check, for earlier runs by
    `catta corpus inspect`.

    Args:
        run: Its id, a unique beginning of it, or what was read of it before.
        corpus: An open corpus, its path or URL; default: `CATTA_CORPUS` or the user's.

    Raises:
        UsageError: There is no such corpus or run.
    """
    with opened(corpus) as store:
        report = report_for(run, store)
        groups = _groups(report, store)
    names = {motif for _, _, networks in groups for found in networks for motif in found}
    rows = (
        {"run": report.run.id, "group": group, "cycle": cycle, **row}
        for group, cycle, networks in groups
        if networks
        for row in _frequencies(networks, names)
    )
    return table(rows, _CYCLES)


def novel_pairs(run: str | RunReport, corpus: Place = None) -> pd.DataFrame:
    """Pairs of motifs that networks of a run have together and no seed has, most frequent first.

    `networks` with both `of` all candidates that build, how many of these were `admitted`, the
    first `cycle`, the `best` accuracy among them, and as `example` the network that has it (the
    first one if none was trained). Empty where the seeds have no stored graphs.

    Args:
        run: Its id, a unique beginning of it, or what was read of it before.
        corpus: An open corpus, its path or URL; default: `CATTA_CORPUS` or the user's.

    Raises:
        UsageError: There is no such corpus or run.
    """
    with opened(corpus) as store:
        report = report_for(run, store)
        known = {p for found in _seeds(report, store).values() for p in _pairs(found)}
        candidates = _first(c for c in report.candidates if c.builds)
        found = _motifs_of(store, list(candidates), task_of(report.run))
    having: dict[tuple[str, str], list[Candidate]] = {}
    for identity, present in found.items():
        for pair in _pairs(present):
            if known and pair not in known:
                having.setdefault(pair, []).append(candidates[identity])
    rows = (_pair(pair, members, len(found)) for pair, members in having.items())
    ordered = sorted(rows, key=lambda row: (-row["networks"], row["first"], row["second"]))
    return table(({"run": report.run.id, **row} for row in ordered), _PAIRS)


def _groups(report: RunReport, store: Corpus) -> list[tuple[str, int | None, list[Motifs]]]:
    """Groups of networks with their motifs."""
    task = task_of(report.run)
    found: list[tuple[str, int | None, list[Motifs]]] = [
        (SEEDS, None, list(_seeds(report, store).values()))
    ]
    ids = _first(c for c in report.candidates if c.builds)
    known = _motifs_of(store, list(ids), task)
    for cycle in report.cycles:
        own = _first(c for c in report.candidates if c.cycle == cycle.number and c.builds)
        found.append((CYCLE, cycle.number, [known[key] for key in own if key in known]))
    admitted = _first(report.admitted)
    found.append((ADMITTED, None, [known[key] for key in admitted if key in known]))
    return found


def _seeds(report: RunReport, store: Corpus) -> dict[str, Motifs]:
    return _motifs_of(store, seeds_of(store, report.run), task_of(report.run))


def _motifs_of(store: Corpus, ids: Sequence[str], task: str) -> dict[str, Motifs]:
    return {identity: find_motifs(graph) for identity, graph in store.graphs.of(ids, task)}


def _first(candidates: Iterable[Candidate]) -> dict[str, Candidate]:
    """The candidates by their networks, of several of one network the first."""
    found: dict[str, Candidate] = {}
    for candidate in candidates:
        if candidate.network_id is not None:
            found.setdefault(candidate.network_id, candidate)
    return found


def _frequencies(
    networks: Sequence[Motifs], names: Iterable[str] | None = None
) -> Iterator[dict[str, Any]]:
    counts = Counter(motif for found in networks for motif in found)
    listed = set(counts) if names is None else set(names)
    for motif in sorted(listed, key=lambda m: (KINDS.index(kind_of(m)), -counts[m], m)):
        low, high = bounds(wilson(counts[motif], len(networks)))
        times = [found[motif] for found in networks if motif in found]
        yield {
            "motif": motif,
            "kind": kind_of(motif),
            "networks": counts[motif],
            "of": len(networks),
            "share": ratio(counts[motif], len(networks)),
            "low": low,
            "high": high,
            "times": fmean(times) if times else None,
        }


def _pairs(found: Motifs) -> Iterator[tuple[str, str]]:
    return combinations(sorted(found), 2)


def _pair(pair: tuple[str, str], having: Sequence[Candidate], of: int) -> dict[str, Any]:
    scored = [c for c in having if c.accuracy is not None]
    best = max(scored, key=lambda c: c.accuracy or 0.0, default=None)
    ordered = sorted(having, key=lambda c: (c.cycle, c.index))
    return {
        "first": pair[0],
        "first_kind": kind_of(pair[0]),
        "second": pair[1],
        "second_kind": kind_of(pair[1]),
        "networks": len(having),
        "of": of,
        "admitted": sum(c.admitted for c in having),
        "cycle": ordered[0].cycle,
        "best": None if best is None else best.accuracy,
        "example": (best or ordered[0]).network_id,
    }
