"""The cheap part of a candidate's way: text, identity, novelty, build.

Candidates are built at the same time but judged in the order of their index, so that which of two
twins in a batch is the duplicate does not depend on which worker was faster. A near-duplicate is
built too (a tenth of a second): otherwise a copy that does not run would count as valid.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from catta.evaluation import ALLOWED_IMPORTS, Built, Screened, Worker, build_check, screen_source
from catta.graphs import Graph
from catta.loop.session import Session
from catta.novelty import InvalidSource, network_id, normalize, signature
from catta.records import Candidate, Outcome, Phase, Stage, Verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class Screening:
    """A judged candidate and what the corpus keeps of its network."""

    candidate: Candidate
    signature: np.ndarray | None
    novel: bool
    graph: Graph | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Text:
    """What the text alone says of a candidate."""

    candidate: Candidate
    signature: np.ndarray | None
    seconds: float


def screen(
    candidates: Sequence[Candidate],
    session: Session,
    allowed_imports: Collection[str] = ALLOWED_IMPORTS,
) -> Iterator[Screening]:
    """Judge candidates in index order; each novel one enters the index of the session."""
    ordered = sorted(candidates, key=lambda candidate: candidate.index)
    texts = [_read(candidate, allowed_imports) for candidate in ordered]
    buildable = [text for text in texts if text.signature is not None]
    built = _build(buildable, session)
    for text in texts:
        if text.signature is None:
            yield Screening(candidate=text.candidate, signature=None, novel=False)
            continue
        check, seconds = built[text.candidate.index]
        yield _judge(text, check, seconds, session)


def _read(candidate: Candidate, allowed_imports: Collection[str]) -> _Text:
    """Extract, parse, policy, contract, identity."""
    begin = time.perf_counter()
    screened = screen_source(candidate.completion.text, allowed_imports)
    if not isinstance(screened, Screened):
        return _refused(candidate, screened, begin)
    try:
        source = normalize(screened.source)
        identity = network_id(source)
        minhash = signature(source)
    except InvalidSource as error:
        verdict = Verdict(outcome=Outcome.INVALID, stage=Stage.PARSE, error=str(error))
        return _refused(candidate, verdict, begin)
    read = replace(candidate, source=source, network_id=identity)
    return _Text(candidate=read, signature=minhash, seconds=time.perf_counter() - begin)


def _refused(candidate: Candidate, verdict: Verdict, begin: float) -> _Text:
    seconds = time.perf_counter() - begin
    refused = replace(
        candidate,
        phase=Phase.DONE,
        verdict=verdict,
        timings={**candidate.timings, "screen": seconds},
    )
    return _Text(candidate=refused, signature=None, seconds=seconds)


def _build(texts: Sequence[_Text], session: Session) -> dict[int, tuple[Built, float]]:
    """Build checks by index, each with its seconds."""
    config, problem = session.config, session.data.problem

    def build(worker: Worker, text: _Text) -> tuple[Built, float]:
        begin = time.perf_counter()
        source = text.candidate.source or ""
        built = build_check(worker, source, problem=problem, recipe=config.recipe, caps=config.caps)
        return built, time.perf_counter() - begin

    results: dict[int, tuple[Built, float]] = {}
    for text, built in session.executor.map_unordered(build, texts):
        results[text.candidate.index] = built
        session.safe_point()
    return results


def _judge(text: _Text, built: Built, seconds: float, session: Session) -> Screening:
    verdict, facts = built.verdict, built.facts
    candidate, minhash = text.candidate, text.signature
    identity = candidate.network_id
    if minhash is None or identity is None:  # _read gives both or neither
        raise AssertionError("a candidate without an identity cannot be judged")
    begin = time.perf_counter()
    graph = facts.graph if facts else None
    judgement = session.index.judge(identity, minhash, graph)
    novel = verdict is None and not judgement.duplicate
    if verdict is None and judgement.duplicate:
        verdict = Verdict(
            outcome=Outcome.DUPLICATE,
            stage=Stage.NOVELTY,
            error=f"{judgement.level} duplicate of {judgement.duplicate_of}",
        )
    if novel:
        session.index.add(identity, minhash, graph)
    timings = {
        "screen": text.seconds + time.perf_counter() - begin,
        "build": seconds,
    }
    judged = replace(
        candidate,
        phase=Phase.SCREENED if novel else Phase.DONE,
        nearest=judgement.nearest,
        facts=facts,
        verdict=verdict,
        timings={**candidate.timings, **timings},
    )
    return Screening(candidate=judged, signature=minhash, novel=novel, graph=built.graph)
