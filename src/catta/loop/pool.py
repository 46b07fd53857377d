"""What a run may learn from: evaluated seeds, admitted candidates; and the adapter of a cycle."""

from __future__ import annotations

from catta.errors import CorpusError
from catta.evaluation import TrainReport, Worker, train_and_score
from catta.loop.seeds import shapes_key
from catta.loop.selection import Winner, with_room
from catta.loop.session import Session
from catta.loop.warm_up import shipped_adapter, stored_adapter, train_warmup
from catta.records import Adapter, BuildFacts, Evaluation, Network


def winners(run: str, session: Session, *, before: int) -> list[Winner]:
    """Seeds at or above the threshold under the run's own recipe, and what the run has admitted.

    Only those that leave room below the caps. Where no seed reaches the threshold, the best
    quarter of them stands in for a mutation run, which has to start from something.

    Args:
        run: Id of the run.
        session: Its resources.
        before: Only cycles before this one count.
    """
    config = session.config
    if config.arm == "frozen":
        return []
    scored = evaluated_seeds(session)
    above = [winner for winner in scored if winner.accuracy >= config.threshold]
    if not above and config.arm == "mutation":
        above = sorted(scored, key=lambda w: -w.accuracy)[: max(1, len(scored) // 4)]
    admitted = [
        Winner(
            network_id=candidate.network_id,
            source=candidate.source,
            accuracy=candidate.accuracy,
            cycle=candidate.cycle,
            share=_share(candidate.facts, session),
        )
        for candidate in session.corpus.runs.candidates(run)
        if candidate.admitted
        and candidate.cycle < before
        and candidate.network_id is not None
        and candidate.source is not None
        and candidate.accuracy is not None
    ]
    return with_room(above + admitted, config.learn_within)


def evaluated_seeds(session: Session) -> list[Winner]:
    """The seeds a run may learn from, measured under its own recipe; stored and reused."""
    recipe = session.config.recipe
    chosen = session.seeds[: session.config.seeds.learn_from]
    known = {e.network_id: e for e in session.corpus.evaluations.all(recipe.id)}
    missing = [seed for seed in chosen if seed.id not in known]
    if missing:
        _evaluate(missing, session)
        known = {e.network_id: e for e in session.corpus.evaluations.all(recipe.id)}
    shapes = shapes_key(session.data.problem)
    return [
        Winner(
            network_id=seed.id,
            source=seed.source,
            accuracy=accuracy,
            cycle=0,
            share=_share(session.corpus.networks.facts(seed.id, shapes), session),
        )
        for seed in chosen
        if (accuracy := known[seed.id].accuracy) is not None
    ]


def cycle_adapter(run: str, cycle: int, session: Session) -> Adapter | None:
    """What the language model of a cycle has learnt: the last cycle's adapter, or the warm-up's."""
    config = session.config
    if config.arm == "mutation" or config.backend != "transformers":
        return None
    if config.arm == "lora" and cycle > 1:
        for stored in session.corpus.runs.cycles(run):
            if stored.number == cycle - 1 and stored.adapter is not None:
                return stored.adapter
        raise CorpusError(f"run {run} has no adapter of cycle {cycle - 1}")
    return warmup_adapter(session)


def warmup_adapter(session: Session) -> Adapter | None:
    """The warm-up of a run's settings: stored, shipped with the package, or trained now."""
    config = session.config
    if config.seeds.warmup_examples == 0:
        return None
    return (
        stored_adapter(session.corpus, config) or shipped_adapter(config) or train_warmup(session)
    )


def _share(facts: BuildFacts | None, session: Session) -> float:
    """Share of the caps that a network uses; one of which nothing is known might use all."""
    return 1.0 if facts is None else session.config.caps.share(facts)


def _evaluate(seeds: list[Network], session: Session) -> None:
    recipe = session.config.recipe

    def work(worker: Worker, seed: Network) -> TrainReport:
        return train_and_score(worker, seed.source, data=session.data, recipe=recipe)

    session.observer.begin("evaluate seeds", len(seeds))
    for seed, report in session.executor.map_unordered(work, seeds):
        session.corpus.evaluations.add(
            Evaluation(
                network_id=seed.id,
                recipe_id=recipe.id,
                verdict=report.verdict,
                epochs=report.epochs,
                seconds=report.seconds,
            ),
            recipe,
        )
        session.observer.advance(note=report.verdict.outcome.value)
        session.safe_point()
    session.observer.end()
