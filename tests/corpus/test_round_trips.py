"""What goes into the corpus comes out of it, whatever is in it."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catta.corpus import Corpus
from catta.records import (
    Adapter,
    BuildFacts,
    Candidate,
    Completion,
    Cycle,
    EpochMeasurement,
    Evaluation,
    Match,
    Network,
    Outcome,
    Phase,
    Prompt,
    Recipe,
    Run,
    Stage,
    Verdict,
)

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40)
names = st.text("abcxyz-_/%'\"; ", min_size=1, max_size=12)
ids = st.integers(0, 2**32).map(lambda n: f"n1:{n:08x}")
reals = st.floats(allow_nan=False, allow_infinity=False)
shares = st.floats(0, 1)
counts = st.integers(0, 2**63 - 1)
facts = st.builds(BuildFacts, parameters=counts, flops=counts, graph=names, seconds=reals)
verdicts = st.builds(
    Verdict,
    outcome=st.sampled_from(Outcome),
    stage=st.sampled_from(Stage),
    error=st.none() | texts,
)
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | reals | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(names, plain, max_size=4)
timings = st.dictionaries(names, reals, max_size=3)
adapters = st.builds(
    Adapter,
    path=texts,
    sha256=names,
    base_model=names,
    steps=st.integers(0, 10**6),
    tokens=counts,
    seconds=reals,
    losses=st.lists(reals, max_size=5).map(tuple),
    details=objects,
)
networks = st.builds(
    Network,
    id=ids,
    source=texts,
    name=names,
    origin=st.sampled_from(["lemur", "adapted", "candidate", "user"]),
    parent=st.none() | ids,
    licence=st.none() | names,
)
unknown = st.none() | reals
epochs = st.lists(
    st.builds(
        EpochMeasurement,
        epoch=st.just(1),
        loss=reals,
        accuracy=shares,
        seconds=reals,
        learning_rate=unknown,
        gradient_norm=unknown,
        samples_per_second=unknown,
        peak_memory_mb=unknown,
        metrics=st.dictionaries(names, shares, max_size=3),
    ),
    max_size=4,
).map(lambda found: tuple(replace(e, epoch=n) for n, e in enumerate(found, 1)))


@st.composite
def candidates(draw: st.DrawFn, network: Network, index: int) -> Candidate:
    """A candidate of any phase; it has a source if it has a network."""
    known = draw(st.booleans())
    return Candidate(
        run="run",
        cycle=0,
        index=index,
        phase=draw(st.sampled_from(Phase)),
        prompt=draw(st.builds(Prompt, text=texts, prefix=texts)),
        completion=draw(
            st.builds(
                Completion,
                text=texts,
                tokens=counts,
                finished=st.booleans(),
                parent=st.none() | ids,
            )
        ),
        seed=draw(st.integers(0, 2**63 - 1)),
        generator=draw(names),
        source=draw(st.just(network.source) | texts if known else st.none() | texts),
        network_id=network.id if known else None,
        nearest=draw(st.none() | st.builds(Match, network_id=ids, jaccard=shares)),
        facts=draw(st.none() | facts),
        verdict=draw(st.none() | verdicts),
        accuracy=draw(st.none() | shares),
        admitted=draw(st.booleans()),
        timings=draw(timings),
    )


quick = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


class Forget(Exception):  # noqa: N818 - it is no error
    """Ends an example; what it stored is rolled back."""


@contextmanager
def emptied(corpus: Corpus) -> Iterator[Corpus]:
    with suppress(Forget), corpus.transaction():
        yield corpus
        raise Forget


@pytest.fixture(scope="module")
def store() -> Iterator[Corpus]:
    with Corpus.open("sqlite://") as corpus:
        yield corpus
        assert corpus.networks.all() == []
        assert corpus.runs.all() == []


@quick
@given(known=st.lists(networks, max_size=5, unique_by=lambda n: n.id))
def test_networks(store: Corpus, known: list[Network]) -> None:
    with emptied(store) as corpus:
        corpus.networks.add(known)
        corpus.networks.add(reversed(known))
        assert corpus.networks.all() == sorted(known, key=lambda n: n.id)
        assert corpus.networks.names([n.id for n in known]) == {n.id: n.name for n in known}
        for network in known:
            found = corpus.networks.get(network.name)
            assert found is not None
            assert found.name == network.name
        assert corpus.check_integrity() == []


@quick
@given(
    network=networks,
    recipe=st.builds(
        lambda lr, epochs: Recipe.model_validate({"lr": lr, "epochs": epochs}),
        st.floats(1e-12, 1e3),
        st.integers(1, 1_000),
    ),
    verdict=verdicts,
    measured=epochs,
    built=st.none() | facts,
    seconds=reals,
)
def test_evaluations(
    store: Corpus,
    network: Network,
    recipe: Recipe,
    verdict: Verdict,
    measured: tuple[EpochMeasurement, ...],
    built: BuildFacts | None,
    seconds: float,
) -> None:
    evaluation = Evaluation(
        network_id=network.id,
        recipe_id=recipe.id,
        verdict=verdict,
        epochs=measured,
        facts=built,
        seconds=seconds,
    )
    with emptied(store) as corpus:
        corpus.networks.add([network])
        for _ in range(2):
            corpus.evaluations.add(evaluation, recipe)
        assert corpus.evaluations.all(recipe.id) == [evaluation]
        assert corpus.evaluations.get(network.id, recipe.id) == evaluation
        assert corpus.evaluations.recipe(recipe.id) == recipe


@quick
@given(key=names, first=adapters, second=adapters)
def test_adapters(store: Corpus, key: str, first: Adapter, second: Adapter) -> None:
    with emptied(store) as corpus:
        for adapter in (first, second):
            corpus.adapters.save(key, adapter)
            assert corpus.adapters.get(key) == adapter


@quick
@given(config=objects, assessment=objects, metrics=objects, spent=timings, adapter=adapters)
def test_runs_and_cycles(
    store: Corpus,
    config: dict[str, object],
    assessment: dict[str, object],
    metrics: dict[str, object],
    spent: dict[str, float],
    adapter: Adapter,
) -> None:
    run = Run(id="run", arm="lora", config=config, commit=None, created="2026-01-02T03:04:05Z")
    with emptied(store) as corpus:
        corpus.runs.create(run)
        assert corpus.runs.get("run") == run
        cycle = Cycle(run="run", number=0, generator="g", timings=spent)
        corpus.runs.open_cycle(cycle)
        assert corpus.runs.cycles("run") == [cycle]
        corpus.runs.close_cycle("run", 0, admitted=[], metrics=metrics)
        corpus.runs.set_adapter("run", 0, adapter)
        closed = replace(cycle, closed=True, metrics=metrics, adapter=adapter)
        assert corpus.runs.cycles("run") == [closed]
        corpus.runs.finish("run", "2026-01-03T00:00:00Z", assessment)
        done = replace(run, finished="2026-01-03T00:00:00Z", assessment=assessment)
        assert corpus.runs.all() == [done]


@quick
@given(data=st.data(), network=networks)
def test_candidates(store: Corpus, data: st.DataObject, network: Network) -> None:
    first = [data.draw(candidates(network, n)) for n in range(data.draw(st.integers(0, 3)))]
    later = [data.draw(candidates(network, c.index)) for c in first]
    with emptied(store) as corpus:
        corpus.networks.add([network])
        corpus.runs.create(Run(id="run", arm="frozen", config={}, commit=None, created="2026"))
        corpus.runs.open_cycle(Cycle(run="run", number=0, generator="g"))
        corpus.runs.add_candidates(first)
        corpus.runs.add_candidates(later)
        assert corpus.runs.candidates("run") == first
        assert corpus.check_integrity() == []


@quick
@given(data=st.data(), network=networks)
def test_what_a_step_adds_to_a_candidate(
    store: Corpus, data: st.DataObject, network: Network
) -> None:
    drawn = data.draw(candidates(network, 0))
    generated = replace(
        drawn,
        phase=Phase.GENERATED,
        source=None,
        network_id=None,
        nearest=None,
        facts=None,
        verdict=None,
        accuracy=None,
        admitted=False,
        timings={},
    )
    with emptied(store) as corpus:
        corpus.networks.add([network])
        corpus.runs.create(Run(id="run", arm="frozen", config={}, commit=None, created="2026"))
        corpus.runs.open_cycle(Cycle(run="run", number=0, generator="g"))
        corpus.runs.add_candidates([generated])
        if drawn.phase is not Phase.GENERATED:
            corpus.runs.update_candidate(drawn)
            assert corpus.runs.candidates("run") == [drawn]


@quick
@given(text=st.text(st.characters(), max_size=40))
def test_no_text_is_too_odd_to_store(store: Corpus, text: str) -> None:
    odd = f"{text}\x00\ud800"
    verdict = Verdict(outcome=Outcome.CRASHED, stage=Stage.TRAIN, error=odd)
    candidate = Candidate(
        run="run",
        cycle=0,
        index=0,
        phase=Phase.DONE,
        prompt=Prompt(text=odd, prefix=odd),
        completion=Completion(text=odd, tokens=2**80),
        seed=0,
        generator="g",
        verdict=verdict,
    )
    with emptied(store) as corpus:
        corpus.runs.create(Run(id="run", arm="frozen", config={odd: odd}, commit=None, created=""))
        corpus.runs.open_cycle(Cycle(run="run", number=0, generator="g"))
        corpus.runs.add_candidates([candidate])
        (found,) = corpus.runs.candidates("run")
        assert found.completion.text.endswith("\\x00\\ud800")
        assert found.completion.tokens == 2**63 - 1
        assert corpus.check_integrity() == []
