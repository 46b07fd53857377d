from __future__ import annotations

from collections.abc import Mapping, Sequence

import orjson
from hpo_networks import TINY, FakeTraining, base_of, evaluation, network
from optuna import load_study

from catta.corpus import Corpus
from catta.corpus.published import Trial, TrialFile
from catta.hpo import TuneSettings, tune
from catta.hpo.warm_start import known_hyperparameters, published_count
from catta.records import Network

FAR = "class Net:\n" + "\n".join(f"    field_{n} = {n} * {n} + {n}" for n in range(60))


def publish(
    corpus: Corpus,
    name: str,
    trials: Mapping[float, Mapping[str, float]],
    *,
    of: Network | None = None,
    dataset: str = "digits",
) -> None:
    rows = [
        Trial(f"{name}-{score}", "norm_32", orjson.dumps(dict(prm)), score, None)
        for score, prm in trials.items()
    ]
    files = [
        TrialFile(
            task="img-classification",
            dataset=dataset,
            metric="acc",
            name=name,
            epoch=1,
            trials=rows,
        )
    ]
    with corpus.transaction():
        key = corpus.trials.begin_import(f"{name} {dataset}", "test", kind="optuna")
        corpus.trials.add(key, files, {} if of is None else {name: of.id})
        corpus.trials.end_import(key, {})


def rates(corpus: Corpus, of: Network) -> Sequence[float]:
    return [known["lr"] for known in known_hyperparameters(corpus, of, base_of())]


def prm(lr: float) -> dict[str, float]:
    return {"lr": lr, "batch": 16.0, "momentum": 0.9, "width": 0.5}  # LEMUR has no weight decay


def test_own_published_trials_come_first_then_own_evaluations(corpus: Corpus) -> None:
    tiny, far = network(), network(FAR, "far")
    corpus.networks.add([tiny, far])
    publish(corpus, "tiny", {0.5: prm(0.05), 0.9: prm(0.09)}, of=tiny)
    publish(corpus, "far", {0.99: prm(0.2)}, of=far)
    publish(corpus, "tiny", {1.0: prm(0.3)}, of=tiny, dataset="mnist")
    for lr, score in ((0.01, 0.95), (0.02, 0.99), (0.03, None)):
        recipe = base_of().model_copy(update={"lr": lr})
        scores = () if score is None else (1.0, score)
        corpus.evaluations.add(evaluation(tiny, recipe, *scores), recipe)

    assert rates(corpus, tiny) == [0.09, 0.05, 0.02, 0.01]
    assert published_count(corpus, tiny.id, base_of()) == 2


def test_unknown_network_learns_from_the_best_of_its_relatives(corpus: Corpus) -> None:
    near = network(TINY + "\n\ndef helper():\n    return 1\n", "near")
    nearest, far = network(TINY.replace("28", "29"), "nearest"), network(FAR, "far")
    corpus.networks.add([near, nearest, far])
    publish(corpus, "near", {0.9: prm(0.1), 0.2: prm(0.11)}, of=near)
    publish(corpus, "far", {0.99: prm(0.2)}, of=far)
    recipe = base_of().model_copy(update={"lr": 0.3})
    corpus.evaluations.add(evaluation(nearest, recipe, 0.1), recipe)

    found = rates(corpus, network())
    assert sorted(found) == [0.1, 0.3]  # the far one is no relative


def test_nothing_known_is_nothing(corpus: Corpus) -> None:
    assert rates(corpus, network()) == []


def test_tuning_begins_with_what_is_known_once(corpus: Corpus, fake: FakeTraining) -> None:
    tiny = network()
    corpus.networks.add([tiny])
    published = {0.1 + n / 100: prm((n + 1) / 1000) for n in range(9)}
    publish(corpus, "tiny", {**published, 0.95: {**prm(7.0), "batch": 4096.0}}, of=tiny)
    for trials in (7, 8):
        report = tune(
            tiny, base_of(), corpus=corpus, settings=TuneSettings(trials=trials, threads=1)
        )

    first = [(recipe.lr, recipe.batch) for recipe in fake.recipes[:5]]
    assert first == [(1.0, 64), (0.009, 16), (0.008, 16), (0.007, 16), (0.006, 16)]
    assert fake.recipes[0].prm == {"width": 0.5}
    assert report.queued == 0
    assert report.storage is not None
    study = load_study(storage=report.storage, study_name=report.study)
    assert [t.user_attrs.get("from") for t in study.trials].count("the corpus") == 5
