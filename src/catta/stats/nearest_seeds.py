"""For each admitted network of a run the seed that is most like it: by its text, by its graph."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from catta.corpus import Corpus
from catta.corpus.opening import opened
from catta.library.progress import SilentProgress
from catta.library.run_networks import seeds_of, task_of
from catta.library.signatures import signatures_of
from catta.library.similarity import Likeness
from catta.loop.reports import RunReport
from catta.novelty import InvalidSource, identity_text
from catta.records import Candidate
from catta.stats.graph_likeness import GraphLikeness
from catta.stats.run_reports import COUNT, NUMBER, TEXT, Columns, Place, report_for, table

_NEAREST: Columns = {
    **dict.fromkeys(("run", "network"), TEXT),
    **dict.fromkeys(("cycle", "index"), COUNT),
    "accuracy": NUMBER,
    "seed": TEXT,
    "seed_name": TEXT,
    "jaccard": NUMBER,
    "graph_seed": TEXT,
    "graph_seed_name": TEXT,
    "graph_jaccard": NUMBER,
    "diff": TEXT,
}
_CONTEXT = 2
"""Lines around a difference."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Seeds:
    """What admitted networks are compared with."""

    names: Mapping[str, str]
    sources: Mapping[str, str]
    texts: Likeness
    graphs: GraphLikeness


def nearest(run: str | RunReport, corpus: Place = None) -> pd.DataFrame:
    """A row for each admitted network, in the order they came, with the seeds most like it.

    - `seed`, `seed_name`, `jaccard`: by MinHash of the canonical text, as novelty is judged;
    - `graph_seed`, `graph_seed_name`, `graph_jaccard`: by the neighbourhoods of the traced graph
      (operators with what they read); missing where a graph is not stored;
    - `diff`: from `seed` to the network, as a unified diff of their canonical texts, in which
      local names do not count.

    The columns of seeds are missing where a run has none.

    Args:
        run: Its id, a unique beginning of it, or what was read of it before.
        corpus: An open corpus, its path or URL; default: `CATTA_CORPUS` or the user's.

    Raises:
        UsageError: There is no such corpus or run.
    """
    with opened(corpus) as store:
        report = report_for(run, store)
        rows = list(_rows(report, store))
    return table(rows, _NEAREST)


def text_difference(before: str, after: str, names: tuple[str, str]) -> str:
    """A unified diff of the canonical texts of two networks; empty where they are the same.

    Args:
        before: Source of the one.
        after: Source of the other.
        names: What they are called.
    """
    old, new = (_canonical(source).splitlines() for source in (before, after))
    return "\n".join(difflib.unified_diff(old, new, *names, n=_CONTEXT, lineterm=""))


def _rows(report: RunReport, store: Corpus) -> Iterator[dict[str, Any]]:
    admitted = sorted(report.admitted, key=lambda c: (c.cycle, c.index))
    ids = [c.network_id for c in admitted if c.network_id is not None]
    sources = {network.id: network.source for network in store.networks.get_many(ids)}
    seeds = _read_seeds(report, store, sources)
    graphs = dict(store.graphs.of(ids, task_of(report.run)))
    for candidate in admitted:
        row: dict[str, Any] = {
            "run": report.run.id,
            "network": candidate.network_id,
            "cycle": candidate.cycle,
            "index": candidate.index,
            "accuracy": candidate.accuracy,
        }
        identity = candidate.network_id or ""
        if seeds.sources and identity in sources:
            row |= _by_text(candidate, sources[identity], seeds)
        if seeds.graphs.ids and identity in graphs:
            likeness = seeds.graphs.to(graphs[identity])
            best = int(np.argmax(likeness))
            found = seeds.graphs.ids[best]
            row |= {"graph_seed": found, "graph_seed_name": seeds.names.get(found)}
            row["graph_jaccard"] = float(likeness[best])
        yield row


def _read_seeds(report: RunReport, store: Corpus, sources: Mapping[str, str]) -> _Seeds:
    networks = store.networks.get_many(seeds_of(store, report.run))
    texts = {network.id: network.source for network in networks}
    graphs = dict(store.graphs.of(list(texts), task_of(report.run)))
    return _Seeds(
        names={network.id: network.name for network in networks},
        sources=texts,
        texts=Likeness(signatures_of(store, {**texts, **sources}, SilentProgress())),
        graphs=GraphLikeness(graphs),
    )


def _by_text(candidate: Candidate, source: str, seeds: _Seeds) -> dict[str, Any]:
    likeness = seeds.texts.to(candidate.network_id or "")
    found = [
        (float(similarity), identity)
        for identity, similarity in zip(seeds.texts.ids, likeness, strict=True)
        if identity in seeds.sources and not np.isnan(similarity)
    ]
    if not found:
        return {}
    jaccard, seed = max(found, key=lambda pair: pair[0])
    names = (seeds.names[seed], f"{candidate.run}/{candidate.cycle}/{candidate.index}")
    return {
        "seed": seed,
        "seed_name": seeds.names[seed],
        "jaccard": jaccard,
        "diff": text_difference(seeds.sources[seed], source, names),
    }


def _canonical(source: str) -> str:
    try:
        return identity_text(source)
    except InvalidSource:
        return source
