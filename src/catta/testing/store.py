"""What every store must do: inherit `StoreContract` in a test and give it a `corpus` fixture."""

# ruff: noqa: D102 - the names of the tests are the sentences

from __future__ import annotations

import math
from dataclasses import replace

from catta.corpus import Corpus
from catta.errors import CorpusError, UsageError
from catta.records import (
    Adapter,
    Completion,
    Cycle,
    EpochMeasurement,
    Evaluation,
    Match,
    Outcome,
    Phase,
    Recipe,
    Reported,
    Stage,
    Verdict,
)
from catta.testing.store_graphs import GraphsContract
from catta.testing.store_inspections import InspectionsContract
from catta.testing.store_records import (
    FACTS,
    OK,
    begin,
    make_candidate,
    make_evaluation,
    make_network,
    make_run,
    refused,
)
from catta.testing.store_removal import RemovalContract

__all__ = [
    "FACTS",
    "OK",
    "EvaluationsContract",
    "GraphsContract",
    "InspectionsContract",
    "NetworksContract",
    "RemovalContract",
    "RunsContract",
    "StoreContract",
    "TransactionsContract",
    "begin",
    "make_candidate",
    "make_evaluation",
    "make_network",
    "make_run",
    "refused",
]


class NetworksContract:
    """Networks, names, fingerprints, facts, reported accuracies, seed sets."""

    def test_a_known_network_only_gains_a_name(self, corpus: Corpus) -> None:
        first = make_network(1)
        corpus.networks.add([first])
        corpus.networks.add([first, replace(first, name="other", origin="lemur")])
        assert corpus.networks.all() == [first]
        assert corpus.networks.get("other") == first
        assert sorted(corpus.networks.aliases(first.id)) == ["net-1", "other"]
        assert corpus.networks.names([first.id, "n1:unknown"]) == {first.id: "net-1"}

    def test_two_networks_may_have_one_name(self, corpus: Corpus) -> None:
        one, two = make_network(1, name="twin"), make_network(2, name="twin")
        corpus.networks.add([one, two])
        assert corpus.networks.aliases(one.id) == corpus.networks.aliases(two.id) == ["twin"]
        assert corpus.networks.get("twin") in (one, two)

    def test_a_first_name_goes_before_an_alias(self, corpus: Corpus) -> None:
        one, two = make_network(1), make_network(2)
        corpus.networks.add([one, replace(one, name="net-2"), two])
        assert corpus.networks.get("net-2") == two

    def test_names_sort_by_code_points(self, corpus: Corpus) -> None:
        names = ["Zeta", "_x", "alpha", "beta-1", "beta1", "\u00c4"]
        network = make_network(1, name=names[0])
        corpus.networks.add([replace(network, name=name) for name in reversed(names)])
        assert corpus.networks.aliases(network.id) == sorted(names)

    def test_texts_may_hold_anything(self, corpus: Corpus) -> None:
        hostile = "a\x00b\ud800'; DROP TABLE networks; --\\ %s :x \U0001f600\r\n"
        network = replace(make_network(1, name=hostile), source=hostile, licence=hostile)
        corpus.networks.add([network])
        found = corpus.networks.get(hostile)
        assert found is not None
        assert (found.id, found.source) == (network.id, found.name)
        assert found.name == hostile.replace("\x00", "\\x00").replace("\ud800", "\\ud800")
        run = begin(corpus, 0)
        failure = Verdict(outcome=Outcome.CRASHED, stage=Stage.BUILD, error=hostile)
        screened = replace(make_candidate(0), phase=Phase.DONE, verdict=failure)
        corpus.runs.update_candidate(screened)
        corpus.runs.finish(run.id, run.created, {hostile: [hostile, math.nan]})
        (candidate,) = corpus.runs.candidates(run.id)
        assert candidate.verdict == replace(failure, error=found.name)
        (finished,) = corpus.runs.all()
        assert finished.assessment == {found.name: [found.name, None]}
        assert corpus.check_integrity(sample=None) == []

    def test_networks_by_origin_and_by_ids(self, corpus: Corpus) -> None:
        known = [replace(make_network(n), origin="lemur" if n % 2 else "user") for n in range(6)]
        corpus.networks.add(known)
        assert [n.id for n in corpus.networks.all("lemur")] == [known[n].id for n in (1, 3, 5)]
        wanted = [known[4].id, "n1:unknown", known[0].id]
        assert corpus.networks.get_many(wanted) == [known[4], known[0]]
        assert corpus.networks.get("n1:unknown") is None
        assert corpus.networks.count() == 6

    def test_a_graph_may_come_after_its_signature_and_stays(self, corpus: Corpus) -> None:
        identity = make_network(1).id
        corpus.networks.add([make_network(1)])
        corpus.networks.add_fingerprints([(identity, b"\x00\x01", None)])
        corpus.networks.add_fingerprints([(identity, b"\x00\x01", "g1:ab")])
        corpus.networks.add_fingerprints([(identity, b"\x00\x01", None)])
        assert corpus.networks.fingerprints() == [(identity, b"\x00\x01", "g1:ab")]

    def test_signatures_are_no_fingerprints_but_fingerprints_are_signatures(
        self, corpus: Corpus
    ) -> None:
        one, two = make_network(1), make_network(2)
        corpus.networks.add([one, two])
        corpus.networks.add_fingerprints([(one.id, b"\x00", None)])
        corpus.signatures.add({two.id: b"\x01"})
        corpus.signatures.add({one.id: b"\x02", two.id: b"\x03"})
        assert corpus.signatures.all() == {one.id: b"\x00", two.id: b"\x01"}
        assert corpus.networks.fingerprints() == [(one.id, b"\x00", None)]

    def test_facts_are_kept_for_each_shape(self, corpus: Corpus) -> None:
        corpus.networks.add([make_network(1)])
        identity = make_network(1).id
        corpus.networks.add_facts(identity, "1x32x32:10", FACTS)
        corpus.networks.add_facts(identity, "1x32x32:10", replace(FACTS, flops=1))
        assert corpus.networks.facts(identity, "1x32x32:10") == FACTS
        assert corpus.networks.facts(identity, "3x32x32:10") is None

    def test_the_best_reported_accuracy_counts(self, corpus: Corpus) -> None:
        one, two = make_network(1), make_network(2)
        corpus.networks.add([one, two])
        row = Reported(
            network_id=one.id,
            task="img-classification",
            dataset="cifar-10",
            metric="acc",
            epoch=1,
            accuracy=0.4,
            source="a",
        )
        rows = [row, replace(row, accuracy=0.6), replace(row, accuracy=0.5, source="b")]
        late = replace(row, network_id=two.id, epoch=2, accuracy=0.9)
        corpus.networks.add_reported([*rows, late])
        corpus.networks.add_reported(rows)
        read = corpus.networks.reported
        assert read("img-classification", "cifar-10") == {one.id: 0.6}
        assert read("img-classification", "cifar-10", epoch=2) == {two.id: 0.9}
        assert read("img-classification", "cifar-10", metric="top5") == {}

    def test_a_seed_set_keeps_its_order_and_its_first_members(self, corpus: Corpus) -> None:
        ids = [make_network(n).id for n in (3, 1, 2)]
        corpus.networks.add(make_network(n) for n in (1, 2, 3))
        assert corpus.networks.seed_set("seeds:x") is None
        corpus.networks.save_seed_set("seeds:x", {"similarity": 0.9}, ids)
        corpus.networks.save_seed_set("seeds:x", {"similarity": 0.9}, ids[:1])
        corpus.networks.save_seed_set("seeds:empty", {}, [])
        assert corpus.networks.seed_set("seeds:x") == ids
        assert corpus.networks.seed_set("seeds:empty") == []

    def test_a_seed_set_with_an_unknown_member_is_not_stored(self, corpus: Corpus) -> None:
        save = corpus.networks.save_seed_set
        assert refused(CorpusError, lambda: save("seeds:x", {}, ["n1:unknown"]))
        assert corpus.networks.seed_set("seeds:x") is None


class EvaluationsContract:
    """Evaluations, recipes, adapters."""

    def test_the_first_evaluation_of_a_network_under_a_recipe_stays(self, corpus: Corpus) -> None:
        network, recipe = make_network(1), Recipe.model_validate({})
        corpus.networks.add([network])
        first = make_evaluation(network, recipe, 0.5)
        corpus.evaluations.add(first, recipe)
        corpus.evaluations.add(make_evaluation(network, recipe, 0.9), recipe)
        assert corpus.evaluations.get(network.id, recipe.id) == first
        assert corpus.evaluations.all(recipe.id) == [first]
        assert corpus.evaluations.recipe(recipe.id) == recipe
        assert corpus.evaluations.recipe("r1:unknown") is None

    def test_many_evaluations_are_stored_as_if_one_by_one(self, corpus: Corpus) -> None:
        networks, recipe = [make_network(n) for n in range(700)], Recipe.model_validate({})
        corpus.networks.add(networks)
        stored = [make_evaluation(network, recipe) for network in networks]
        again = [make_evaluation(network, recipe, 0.9) for network in networks[:600]]
        corpus.evaluations.add(stored[0], recipe)
        corpus.evaluations.add_many([*again[:1], *stored[1:], *again], recipe)
        corpus.evaluations.add_many([], recipe)
        assert corpus.evaluations.all(recipe.id) == stored
        unknown = make_evaluation(make_network(900), recipe)
        add_many = corpus.evaluations.add_many
        assert refused(CorpusError, lambda: add_many([unknown], recipe))
        other = Recipe.model_validate({"lr": 1.0})
        assert refused(CorpusError, lambda: add_many([*stored, unknown], other))
        assert corpus.evaluations.all(recipe.id) == stored

    def test_recipes_do_not_mix_and_failures_have_no_score(self, corpus: Corpus) -> None:
        network, one, two = (
            make_network(1),
            Recipe.model_validate({}),
            Recipe.model_validate({"lr": 1.0}),
        )
        corpus.networks.add([network])
        failure = Verdict(outcome=Outcome.TIMEOUT, stage=Stage.TRAIN, error="60 s are over")
        failed = Evaluation(network_id=network.id, recipe_id=two.id, verdict=failure)
        corpus.evaluations.add(make_evaluation(network, one), one)
        corpus.evaluations.add(failed, two)
        assert corpus.evaluations.all(two.id) == [failed]
        assert corpus.evaluations.all(two.id, ok_only=True) == []
        assert len(corpus.evaluations.all(one.id, ok_only=True)) == 1

    def test_a_diverged_training_is_stored(self, corpus: Corpus) -> None:
        network, recipe = make_network(1), Recipe.model_validate({})
        corpus.networks.add([network])
        diverged = EpochMeasurement(epoch=1, loss=math.nan, accuracy=0.1, seconds=1.0)
        evaluation = replace(make_evaluation(network, recipe), epochs=(diverged,))
        corpus.evaluations.add(evaluation, recipe)
        found = corpus.evaluations.get(network.id, recipe.id)
        assert found is not None
        assert math.isnan(found.epochs[0].loss)
        assert found.accuracy == 0.1

    def test_an_evaluation_needs_its_network_and_its_recipe(self, corpus: Corpus) -> None:
        network, recipe = make_network(1), Recipe.model_validate({})
        evaluation = make_evaluation(network, recipe)
        add = corpus.evaluations.add
        assert refused(CorpusError, lambda: add(evaluation, recipe))
        corpus.networks.add([network])
        assert refused(CorpusError, lambda: add(evaluation, Recipe.model_validate({"lr": 1.0})))
        assert corpus.evaluations.all(recipe.id) == []

    def test_an_adapter_is_found_by_its_key(self, corpus: Corpus) -> None:
        adapter = Adapter(
            path="adapters/x",
            sha256="00ff",
            base_model="small",
            steps=3,
            losses=(2.0, 1.5),
            details={"rank": 16, "seeds": ["a"]},
        )
        assert corpus.adapters.get("warmup:x") is None
        corpus.adapters.save("warmup:x", adapter)
        assert corpus.adapters.get("warmup:x") == adapter
        corpus.adapters.save("warmup:x", replace(adapter, path="adapters/y"))
        found = corpus.adapters.get("warmup:x")
        assert found is not None
        assert found.path == "adapters/y"


class RunsContract:
    """Runs, cycles, candidates."""

    def test_runs_are_found_by_id_and_by_a_unique_beginning(self, corpus: Corpus) -> None:
        one, two = make_run("red-1"), replace(make_run("red-12"), created="2026-02-01T00:00:00Z")
        corpus.runs.create(two)
        corpus.runs.create(one)
        assert corpus.runs.all() == [one, two]
        assert corpus.runs.get("red-1") == one
        assert corpus.runs.get("red-12") == two
        assert corpus.runs.get("") is None
        assert corpus.runs.get("RED-1") is None
        assert refused(UsageError, lambda: corpus.runs.get("red"))
        assert refused(UsageError, lambda: corpus.runs.create(one))

    def test_a_run_is_finished_once(self, corpus: Corpus) -> None:
        corpus.runs.create(make_run("a"))
        done = "2026-01-03T00:00:00+00:00"
        corpus.runs.finish("a", done, {"test": 0.7})
        run = corpus.runs.get("a")
        assert run is not None
        assert (run.finished, run.assessment) == (done, {"test": 0.7})
        assert refused(CorpusError, lambda: corpus.runs.finish("a", done, {}))
        assert refused(CorpusError, lambda: corpus.runs.finish("unknown", done, {}))

    def test_a_cycle_opens_once_and_closes_once(self, corpus: Corpus) -> None:
        run = begin(corpus, 0, 1, 2)
        corpus.runs.open_cycle(Cycle(run=run.id, number=0, generator="another"))
        close = corpus.runs.close_cycle
        assert refused(CorpusError, lambda: close(run.id, 0, admitted=[5], metrics={}))
        close(run.id, 0, admitted=[2, 0], metrics={"valid": 2, "best": math.inf, "shares": (1, 2)})
        expected = {"valid": 2, "best": None, "shares": [1, 2]}
        assert corpus.runs.cycles(run.id) == [
            Cycle(run=run.id, number=0, generator="scripted", closed=True, metrics=expected)
        ]
        assert [c.admitted for c in corpus.runs.candidates(run.id)] == [True, False, True]
        assert refused(CorpusError, lambda: close(run.id, 0, admitted=[1], metrics={}))
        assert refused(CorpusError, lambda: close(run.id, 9, admitted=[], metrics={}))
        assert [c.admitted for c in corpus.runs.candidates(run.id)] == [True, False, True]

    def test_the_seconds_of_a_stage_add_up(self, corpus: Corpus) -> None:
        run = begin(corpus)
        for stage, seconds in (("train", 1.0), ("screen", 0.5), ("train", 2.0)):
            corpus.runs.add_timing(run.id, 0, stage, seconds)
        corpus.runs.add_timing(run.id, 1, "train", 1.0)
        assert corpus.runs.cycles(run.id)[0].timings == {"train": 3.0, "screen": 0.5}

    def test_a_cycle_has_the_adapter_it_produced(self, corpus: Corpus) -> None:
        run = begin(corpus)
        adapter = Adapter(path="p", sha256="00", base_model="small", losses=(1.0,))
        corpus.runs.set_adapter(run.id, 0, adapter)
        assert corpus.runs.cycles(run.id)[0].adapter == adapter
        assert refused(CorpusError, lambda: corpus.runs.set_adapter(run.id, 1, adapter))

    def test_a_candidate_that_is_there_is_never_overwritten(self, corpus: Corpus) -> None:
        run = begin(corpus, 1, 0)
        other = replace(make_candidate(0), completion=Completion(text="other"), seed=8)
        corpus.runs.add_candidates([other, make_candidate(2)])
        assert corpus.runs.candidates(run.id) == [make_candidate(n) for n in (0, 1, 2)]
        assert corpus.runs.count_candidates(run.id) == 3
        assert corpus.runs.candidates(run.id, 1) == []

    def test_candidates_need_their_cycle_and_come_all_or_none(self, corpus: Corpus) -> None:
        run = begin(corpus)
        batch = [make_candidate(0), make_candidate(0, cycle=3)]
        assert refused(CorpusError, lambda: corpus.runs.add_candidates(batch))
        assert corpus.runs.candidates(run.id) == []

    def test_a_phase_only_moves_forward(self, corpus: Corpus) -> None:
        run = begin(corpus, 0)
        update = corpus.runs.update_candidate
        screened = replace(make_candidate(0), phase=Phase.SCREENED, timings={"screen": 0.1})
        done = replace(screened, phase=Phase.DONE, verdict=OK, accuracy=0.5)
        update(screened)
        assert refused(CorpusError, lambda: update(replace(screened, timings={})))
        update(done)
        for earlier in (make_candidate(0), screened, replace(done, accuracy=0.9)):
            assert refused(CorpusError, lambda c=earlier: update(c))
        assert refused(CorpusError, lambda: update(replace(done, index=1)))
        assert corpus.runs.candidates(run.id) == [done]

    def test_a_candidate_keeps_its_own_spelling(self, corpus: Corpus) -> None:
        run, network = begin(corpus, 0, 1), make_network(1)
        corpus.networks.add([network])
        same = replace(make_candidate(0), source=network.source, network_id=network.id)
        spelled = replace(make_candidate(1), source="w = 1\n", network_id=network.id)
        match = Match(network_id="n1:elsewhere", jaccard=0.93)
        expected = [
            replace(c, phase=Phase.SCREENED, nearest=match, facts=FACTS) for c in (same, spelled)
        ]
        for candidate in expected:
            corpus.runs.update_candidate(candidate)
        assert corpus.runs.candidates(run.id) == expected

    def test_one_driver_at_a_time(self, corpus: Corpus) -> None:
        with corpus.runs.acquire("calm-lemur"), corpus.runs.acquire("other"):
            pass
        with corpus.runs.acquire("calm-lemur"):
            pass


class TransactionsContract:
    """All or nothing."""

    def test_a_failed_block_leaves_nothing(self, corpus: Corpus) -> None:
        def block() -> None:
            with corpus.transaction():
                corpus.networks.add([make_network(1)])
                begin(corpus, 0)
                raise KeyError

        assert refused(KeyError, block)
        assert corpus.networks.all() == []
        assert corpus.runs.all() == []

    def test_a_block_sees_what_it_wrote_and_nested_ones_join_it(self, corpus: Corpus) -> None:
        with corpus.transaction():
            corpus.networks.add([make_network(1)])
            with corpus.transaction():
                corpus.networks.add([make_network(2)])
            assert corpus.networks.count() == 2
        assert corpus.networks.count() == 2

    def test_going_on_after_a_failed_part_stores_nothing(self, corpus: Corpus) -> None:
        begin(corpus, 0)

        def block() -> None:
            with corpus.transaction():
                corpus.networks.add([make_network(1)])
                assert refused(CorpusError, lambda: corpus.runs.update_candidate(make_candidate(0)))

        assert refused(CorpusError, block)
        assert corpus.networks.all() == []

    def test_a_whole_corpus_has_no_problems(self, corpus: Corpus) -> None:
        begin(corpus, 0, 1)
        corpus.networks.add(make_network(n) for n in range(3))
        assert corpus.check_integrity() == []


class StoreContract(
    NetworksContract,
    InspectionsContract,
    GraphsContract,
    EvaluationsContract,
    RunsContract,
    TransactionsContract,
    RemovalContract,
):
    """Everything that a store must do."""
