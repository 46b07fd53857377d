"""What every store must do when something is taken out of it: see `catta.testing.store`."""

# ruff: noqa: D102 - the names of the tests are the sentences

from __future__ import annotations

from dataclasses import replace

from catta.corpus import Corpus
from catta.corpus.published import Trial, TrialFile
from catta.corpus.removal import give_back_space, remove_networks
from catta.errors import UsageError
from catta.records import Phase, Recipe, Reported
from catta.testing.store_records import (
    FACTS,
    begin,
    make_candidate,
    make_evaluation,
    make_network,
    refused,
)

_RECIPE = Recipe.model_validate({})


def _fill(corpus: Corpus) -> None:
    """Two networks, of which everything is known; the first has two names and two trials."""
    for number in (1, 2):
        network = make_network(number)
        corpus.networks.add([network])
        corpus.networks.add_fingerprints([(network.id, b"\x00", None)])
        corpus.signatures.add({network.id: b"\x01"})
        corpus.networks.add_facts(network.id, "1x32x32:10", FACTS)
        corpus.networks.add_reported(
            [
                Reported(
                    network_id=network.id,
                    task="img-classification",
                    dataset="cifar-10",
                    metric="acc",
                    epoch=1,
                    accuracy=0.5,
                    source="a",
                )
            ]
        )
        corpus.evaluations.add(make_evaluation(network, _RECIPE), _RECIPE)
    corpus.networks.add([replace(make_network(1), name="other")])
    trials = [Trial("u", "norm", b"{}", accuracy, None) for accuracy in (0.5, 0.6)]
    file = TrialFile(
        task="img-classification",
        dataset="cifar-10",
        metric="acc",
        name="net-1",
        epoch=1,
        trials=trials,
    )
    with corpus.transaction():
        key = corpus.trials.begin_import("ab", None)
        corpus.trials.add(key, [file], {"net-1": make_network(1).id})
        corpus.trials.end_import(key, {})


def _complaint(corpus: Corpus, keys: list[str]) -> str:
    """What is said against removing these networks; empty if they are removed."""
    try:
        remove_networks(corpus, keys)
    except UsageError as error:
        return str(error)
    return ""


class RemovalContract:
    """Removing networks."""

    def test_a_removed_network_is_gone_and_its_trials_stay(self, corpus: Corpus) -> None:
        _fill(corpus)
        one, two = make_network(1), make_network(2)
        planned = remove_networks(corpus, ["other"], dry=True)
        assert corpus.networks.count() == 2
        removed = remove_networks(corpus, ["other", one.id])
        assert removed == planned
        assert (removed.networks, removed.names) == ((one.id,), ("net-1", "other"))
        assert (removed.evaluations, removed.unlinked) == (1, 2)
        assert corpus.networks.all() == [two]
        assert corpus.networks.aliases(one.id) == []
        assert [key for key, _, _ in corpus.networks.fingerprints()] == [two.id]
        assert corpus.signatures.all() == {two.id: b"\x00"}
        assert corpus.networks.facts(one.id, "1x32x32:10") is None
        assert corpus.networks.reported("img-classification", "cifar-10") == {two.id: 0.5}
        assert corpus.evaluations.all(_RECIPE.id) == [make_evaluation(two, _RECIPE)]
        assert corpus.trials.count() == 2
        assert corpus.check_integrity(sample=None) == []
        give_back_space(corpus)
        corpus.networks.add([one])
        corpus.evaluations.add(make_evaluation(one, _RECIPE), _RECIPE)
        assert len(corpus.evaluations.all(_RECIPE.id)) == 2

    def test_a_network_that_a_run_refers_to_is_not_removed(self, corpus: Corpus) -> None:
        _fill(corpus)
        begin(corpus, 0)
        screened = replace(make_candidate(0), phase=Phase.SCREENED, network_id=make_network(1).id)
        corpus.runs.update_candidate(screened)
        corpus.networks.save_seed_set("seeds:x", {}, [make_network(2).id])
        for keys, reason in ((["net-2", "net-1"], "seeds:x"), (["net-1"], "run calm-lemur")):
            assert reason in _complaint(corpus, keys)
        assert corpus.networks.count() == 2
        assert len(corpus.evaluations.all(_RECIPE.id)) == 2

    def test_of_several_networks_all_are_removed_or_none(self, corpus: Corpus) -> None:
        _fill(corpus)
        assert refused(UsageError, lambda: remove_networks(corpus, ["net-1", "unknown"]))
        corpus.networks.add([make_network(3, name="net-1")])
        assert refused(UsageError, lambda: remove_networks(corpus, ["net-2", "net-1"]))
        assert corpus.networks.count() == 3
