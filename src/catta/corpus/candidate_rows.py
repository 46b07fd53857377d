"""Candidates as rows: each column is written and read in one place."""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy import Row

from catta.corpus.columns import plain_text
from catta.corpus.evaluations import facts_columns, facts_of
from catta.records import Candidate, Completion, Match, Outcome, Phase, Prompt, Stage, Verdict


def prompt_id(prompt: Prompt) -> str:
    """Identity of a prompt: each distinct one is stored once."""
    instruction, prefix = plain_text(prompt.text), plain_text(prompt.prefix)
    text = f"{len(instruction)}:{instruction}{prefix}"
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def key_columns(candidate: Candidate) -> dict[str, Any]:
    """Where a candidate stands: its primary key."""
    return {"run": candidate.run, "cycle": candidate.cycle, "index": candidate.index}


def generated_columns(candidate: Candidate) -> dict[str, Any]:
    """What is known once it is generated, and never changes."""
    completion = candidate.completion
    return {
        "prompt_id": prompt_id(candidate.prompt),
        "completion": completion.text,
        "tokens": completion.tokens,
        "complete": completion.finished,
        "parent": completion.parent,
        "seed": candidate.seed,
        "generator": candidate.generator,
    }


def progress_columns(candidate: Candidate, source: str | None) -> dict[str, Any]:
    """What screening and training add; `source` only if its network has another spelling."""
    verdict, nearest = candidate.verdict, candidate.nearest
    return {
        "phase": candidate.phase.value,
        "network_id": candidate.network_id,
        "source": source,
        "nearest_id": nearest.network_id if nearest else None,
        "nearest_jaccard": nearest.jaccard if nearest else None,
        "outcome": verdict.outcome.value if verdict else None,
        "stage": verdict.stage.value if verdict else None,
        "error": verdict.error if verdict else None,
        "accuracy": candidate.accuracy,
        "admitted": candidate.admitted,
        "timings": dict(candidate.timings),
        **facts_columns(candidate.facts),
    }


def candidate_of(row: Row[Any]) -> Candidate:
    """The candidate in a row, joined with its prompt and its network's source."""
    return Candidate(
        run=row.run,
        cycle=row.cycle,
        index=row.position,  # `row.index` is a method of tuples
        phase=Phase(row.phase),
        prompt=Prompt(text=row.prompt_text, prefix=row.prompt_prefix),
        completion=Completion(
            text=row.completion, tokens=row.tokens, finished=row.complete, parent=row.parent
        ),
        seed=row.seed,
        generator=row.generator,
        source=row.network_source if row.source is None else row.source,
        network_id=row.network_id,
        nearest=None
        if row.nearest_id is None
        else Match(network_id=row.nearest_id, jaccard=row.nearest_jaccard),
        facts=facts_of(row),
        verdict=None
        if row.outcome is None
        else Verdict(outcome=Outcome(row.outcome), stage=Stage(row.stage), error=row.error),
        accuracy=row.accuracy,
        admitted=row.admitted,
        timings=row.timings,
    )
