"""What every store must do with inspections; a part of `StoreContract`."""

# ruff: noqa: D102 - the names of the tests are the sentences

from __future__ import annotations

from dataclasses import replace

from catta.corpus import Corpus
from catta.corpus.published import Trial, TrialFile
from catta.errors import CorpusError
from catta.records import Inspection, InspectionOutcome
from catta.testing.store_records import STRUCTURE, make_network, refused

_TASK = "img-classification"


class InspectionsContract:
    """Static facts of networks."""

    def test_an_inspection_comes_back_as_it_was(self, corpus: Corpus) -> None:
        good, bad = _inspection(1), _failure(2)
        corpus.networks.add([make_network(1), make_network(2)])
        other = replace(good, task="img-segmentation", structure=replace(STRUCTURE, graph=None))
        corpus.inspections.save([good, bad, other])
        assert corpus.inspections.of(good.network_id) == [good, other]
        assert corpus.inspections.get(bad.network_id, _TASK) == bad
        assert corpus.inspections.get(bad.network_id, "img-segmentation") is None
        assert corpus.inspections.count() == 3

    def test_a_later_inspection_takes_the_place_of_an_earlier_one(self, corpus: Corpus) -> None:
        corpus.networks.add([make_network(1)])
        corpus.inspections.save([_inspection(1)])
        later = replace(_failure(1), version=2)
        corpus.inspections.save([_inspection(1), later])
        assert corpus.inspections.of(later.network_id) == [later]
        assert corpus.inspections.known(2) == {(later.network_id, _TASK)}
        assert corpus.inspections.known(1) == set()

    def test_inspections_need_their_networks_and_come_all_or_none(self, corpus: Corpus) -> None:
        corpus.networks.add([make_network(1)])
        both = [_inspection(1), _inspection(2)]
        assert refused(CorpusError, lambda: corpus.inspections.save(both))
        assert corpus.inspections.count() == 0

    def test_the_task_of_a_network_is_that_of_most_of_its_trials(self, corpus: Corpus) -> None:
        nets = [make_network(n) for n in (1, 2, 3)]
        corpus.networks.add(nets)
        one = Trial("u", "t", b"{}", 0.5, None)
        files = [
            _file(_TASK, nets[0].name, [one]),
            _file("txt-generation", nets[0].name, [one, one]),
            _file("obj-detection", nets[1].name, [one]),
            _file("img-captioning", nets[1].name, [one]),
            _file(_TASK, "no code", [one]),
        ]
        key = corpus.trials.begin_import("hash", "9.9")
        corpus.trials.add(key, files, {network.name: network.id for network in nets})
        expected = {nets[0].id: "txt-generation", nets[1].id: "img-captioning"}
        assert corpus.inspections.tasks() == expected
        assert corpus.inspections.tasks([nets[0].id, nets[2].id]) == {nets[0].id: "txt-generation"}
        assert corpus.inspections.networks() == sorted(network.id for network in nets)


def _inspection(number: int) -> Inspection:
    return Inspection(
        network_id=make_network(number).id,
        task=_TASK,
        outcome=InspectionOutcome.OK,
        structure=STRUCTURE,
    )


def _failure(number: int) -> Inspection:
    failed = replace(_inspection(number), outcome=InspectionOutcome.INVALID, structure=None)
    return replace(failed, error="RuntimeError: the output is too small (line 7)")


def _file(task: str, name: str, trials: list[Trial]) -> TrialFile:
    return TrialFile(task=task, dataset="x", metric="acc", name=name, epoch=1, trials=trials)
