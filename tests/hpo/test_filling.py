from __future__ import annotations

from typing import Any

import pytest
from hpo_networks import TINY, FakeTraining, network
from test_warm_start import prm, publish

from catta import zoo
from catta.corpus import Corpus
from catta.errors import UsageError
from catta.hpo import PROFILES, Filled, Profile, TuneSettings, fill
from catta.records import Inspection, InspectionOutcome, Structure

TASK = "img-classification"
SMALL = Profile(trials=3, epochs=2, large=1_000, large_trials=1, give_up=2)


@pytest.fixture
def no_zoo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zoo, "names", lambda task=None: ())


def inspected(corpus: Corpus, name: str, parameters: int | None, **more: Any) -> None:
    source = TINY.replace("28", str(100 + len(name)))
    found = network(f"{source}\n\nNAME = {name!r}\n", name)
    structure = None
    if parameters is not None:
        counts = dict.fromkeys(
            ("parameter_bytes", "buffer_bytes", "activation_bytes", "flops", "depth", "nesting"), 0
        )
        structure = Structure(
            resolution=more.get("resolution", 32),
            parameters=parameters,
            trainable=parameters,
            **counts,
            layers=1,
            leaf_layers=1,
            dropouts=0,
            operators={},
            attention=False,
            residual=False,
            graph=None,
            pretrained=False,
            computed=False,
            seconds=0.1,
        )
    outcome = InspectionOutcome.INVALID if structure is None else InspectionOutcome.OK
    corpus.networks.add([found])
    corpus.inspections.save(
        [Inspection(network_id=found.id, task=TASK, outcome=outcome, structure=structure)]
    )


def filled(corpus: Corpus, profile: Profile = SMALL, **recipe: Any) -> dict[str, Filled]:
    small = {"dataset": "digits", "train_samples": 200, "validation_samples": 100}
    settings = TuneSettings(threads=1, warm_start=0)
    found = fill(corpus, TASK, profile=profile, recipe={**small, **recipe}, settings=settings)
    return {one.name: one for one in found}


@pytest.mark.usefixtures("no_zoo")
def test_each_network_that_lacks_trials_gets_them_once(corpus: Corpus, fake: FakeTraining) -> None:
    inspected(corpus, "small", 500)
    inspected(corpus, "large", 5_000, resolution=64)
    inspected(corpus, "published", 500)
    known = corpus.networks.get("published")
    publish(corpus, "published", {0.1 * n: prm(0.1) for n in range(1, 4)}, of=known)

    found = filled(corpus)

    assert list(found) == ["large", "published", "small"]
    assert found["published"].why == "enough trials are published"
    for name, trials in (("large", 1), ("small", 3)):
        report = found[name].report
        assert report is not None
        assert report.states["complete"] == report.new == trials
    assert [(r.resolution, r.epochs) for r in fake.recipes] == [(64, 2)] + [(32, 2)] * 3
    again = filled(corpus)
    assert [one.report.new for one in again.values() if one.report is not None] == [0, 0]


@pytest.mark.usefixtures("no_zoo")
def test_failures_are_data_and_stop_no_other_network(corpus: Corpus, fake: FakeTraining) -> None:
    inspected(corpus, "a-bad", 500)
    inspected(corpus, "b-good", 500, resolution=64)
    corpus.networks.add([network("x = 1", "c-broken")])
    publish(corpus, "c-broken", {0.5: prm(0.1)}, of=corpus.networks.get("c-broken"))
    fake.score = lambda recipe, epoch: None if recipe.resolution == 32 else 0.5

    found = filled(corpus)

    bad, good = found["a-bad"].report, found["b-good"].report
    assert bad is not None
    assert good is not None
    assert bad.states == {"complete": 0, "pruned": 0, "failed": 2}
    assert good.states["complete"] == 3
    assert found["c-broken"].why == "it does not work for img-classification at any size"


def test_own_reference_networks_are_among_them(
    corpus: Corpus, fake: FakeTraining, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zoo, "names", lambda task=None: ("residual",))
    found = filled(corpus, Profile(trials=1, epochs=1, large_trials=1))

    report = found["residual"].report
    assert report is not None
    assert report.states["complete"] == 1


@pytest.mark.usefixtures("no_zoo")
def test_nothing_to_fill_and_wrong_recipes_are_one_sentence(corpus: Corpus) -> None:
    with pytest.raises(UsageError, match="has no network for img-classification"):
        filled(corpus)
    with pytest.raises(UsageError, match="metric of img-classification must be one of"):
        filled(corpus, metric="bleu")


def test_profile_of_lemur_is_its_rule_for_contributions() -> None:
    lemur = PROFILES["lemur"]

    assert (lemur.trials, lemur.epochs, lemur.large_trials) == (100, 5, 10)
