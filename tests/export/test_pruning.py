"""Pruned networks, where torch-pruning is installed."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from catta.corpus import Corpus
from catta.errors import ExportError, UsageError
from catta.evaluation import CHECKED_IMPORTS, screen_source
from catta.export.pruning import Pruned, check_prunable, prune, without_channels
from catta.export.pruning_kept import FORMAT, keep_pruned, write_pruned
from catta.export.subjects import Subject, prepared, subject_of
from catta.export.workplace import Workplace
from catta.records import Verdict
from catta.testing.exporter import NETWORK
from catta.training.subjects import named
from catta.training.warm import WarmWorker

needs_extra = pytest.mark.skipif(find_spec("torch_pruning") is None, reason="needs catta[prune]")

COUNTS_ITSELF = NETWORK.replace(
    "return self.last(x.mean((2, 3)))", "return self.last(x.mean((2, 3)).view(-1, 16))"
)
"""A network whose own code says how wide it is."""


@pytest.fixture(scope="module")
def pruned(subject: Subject, workplace: Workplace, unsafe: bool) -> Pruned:
    with WarmWorker(unsafe=unsafe, threads=1) as warm:
        return prune(subject, 0.3, epochs=6, workplace=workplace, warm=warm)


@needs_extra
def test_it_is_smaller_and_learns_again(pruned: Pruned) -> None:
    assert pruned.costs_after.parameters < 0.85 * pruned.costs_before.parameters
    assert pruned.costs_after.flops < 0.85 * pruned.costs_before.flops
    assert pruned.accuracy_after > pruned.accuracy_pruned + 0.2


@needs_extra
def test_what_is_left_are_weights_of_the_parent(subject: Subject, workplace: Workplace) -> None:
    _, weights = without_channels(subject, 0.3, workplace)
    before, after = subject.weights["first.0.weight"], weights["first.0.weight"]
    assert len(before) == 16
    assert 4 <= len(after) <= 12  # four groups lose channels together
    rows = [next(n for n, row in enumerate(before) if np.array_equal(row, left)) for left in after]
    for name in ("first.1.running_mean", "first.1.weight"):
        np.testing.assert_array_equal(weights[name], subject.weights[name][rows])
    np.testing.assert_array_equal(weights["last.weight"], subject.weights["last.weight"][:, rows])


@needs_extra
def test_its_text_is_a_network_that_a_user_may_bring(pruned: Pruned) -> None:
    screened = screen_source(pruned.trained.network.source, CHECKED_IMPORTS)
    assert not isinstance(screened, Verdict), screened


@needs_extra
def test_it_is_kept_with_its_parent_and_exported_like_any_other(
    pruned: Pruned, corpus: Corpus, tmp_path: Path
) -> None:
    file = tmp_path / "small.safetensors"
    write_pruned(pruned, file)
    keep_pruned(pruned, file, corpus)
    stored = corpus.networks.get(pruned.trained.network.name)
    assert stored is not None
    assert stored.parent == pruned.parent.id
    (record,) = corpus.edge.exports(stored.id)
    assert record.format == FORMAT
    assert record.details["before"]["parameters"] == pruned.costs_before.parameters
    for name in (stored.name, str(file.with_suffix(".py"))):
        assert subject_of(name, corpus=corpus, weights=file).trained


@needs_extra
def test_widths_that_the_code_repeats_are_a_sentence(
    subject: Subject, workplace: Workplace, unsafe: bool
) -> None:
    other = prepared(named("counts", COUNTS_ITSELF), subject.recipe, weights=subject.weights)
    with (
        WarmWorker(unsafe=unsafe, threads=1) as warm,
        pytest.raises(ExportError, match="counts cannot be pruned") as caught,
    ):
        prune(other, 0.5, epochs=1, workplace=workplace, warm=warm)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("amount", "epochs"), [(0.0, 1), (1.0, 1), (0.3, 0), (float("nan"), 1)])
def test_numbers_out_of_range_are_refused(amount: float, epochs: int) -> None:
    with pytest.raises(UsageError, match="must be"):
        check_prunable(amount, epochs)


def test_without_the_extra_a_sentence_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("catta.export.pruning.find_spec", lambda _name: None)
    with pytest.raises(UsageError, match=r"pip install 'catta\[prune\]'"):
        check_prunable(0.3, 1)
