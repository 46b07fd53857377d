"""Training one network in the sandbox: what becomes of good and bad ones, and what is kept."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from training_networks import DROPS, FOREVER, GOOD, Lines, linear, own, small

from catta.corpus import Corpus
from catta.errors import FetchError, UsageError
from catta.evaluation import TrainReport
from catta.records import Outcome, Stage, Verdict
from catta.training import train, trainer
from catta.training.checkpoints import Checkpoint
from catta.training.warm import WarmWorker


def test_a_training_is_measured_stored_and_not_repeated(
    corpus: Corpus, warm: WarmWorker, lines: Lines
) -> None:
    network, recipe = small(GOOD, epochs=3, lr=0.05)

    trained = train(network, recipe, corpus=corpus, warm=warm, observer=lines)

    assert trained.evaluation.verdict.ok
    assert trained.evaluation.accuracy is not None
    assert trained.evaluation.accuracy > 0.5
    assert lines.epochs == [1, 2, 3]
    assert not trained.pretrained
    assert trained.problem.outputs == 10
    last = trained.evaluation.epochs[-1]
    assert set(last.metrics) == {"acc", "top5", "f1"}
    assert last.loss < trained.evaluation.epochs[0].loss
    assert last.samples_per_second is not None
    assert last.gradient_norm is not None
    stored = corpus.evaluations.get(network.id, recipe.id)
    assert stored == trained.evaluation
    again = train(network, recipe, corpus=corpus, warm=warm)
    assert again.repeated
    assert again.evaluation == stored
    assert not Checkpoint(network.id, recipe.id).path.exists()


HANG = {"seconds": 2.0}


@pytest.mark.parametrize(
    ("source", "settings", "outcome", "words"),
    [
        pytest.param(linear(init=FOREVER), HANG, "TIMEOUT", "wall-clock", id="hangs when made"),
        pytest.param(linear(forward=FOREVER), HANG, "TIMEOUT", "wall-clock", id="hangs in forward"),
        pytest.param(own(FOREVER), HANG, "TIMEOUT", "wall-clock", id="hangs in learn"),
        pytest.param(
            linear(init="self.big = torch.ones(100 << 30, dtype=torch.uint8)"),
            {},
            "OUT_OF_MEMORY",
            "memory",
            id="100 GB",
        ),
        pytest.param(linear(forward="os._exit(0)"), {}, "CRASHED", "status 0", id="leaves"),
        pytest.param("import torch\n", {}, "INVALID", "Net is not a class", id="no Net"),
        pytest.param(
            linear(
                forward="return x.flatten(1) if not self.training else self.layer(x.flatten(1))"
            ),
            {},
            "INVALID",
            r"forward returns shape \(100, 64\), expected \(100, 10\)",
            id="another shape",
        ),
        pytest.param(
            linear(forward="return self.layer(x.flatten(1)) * float('nan')"),
            {},
            "INVALID",
            "loss is not finite",
            id="diverges",
        ),
        pytest.param(
            linear(init="prm['undeclared']"), {}, "INVALID", "KeyError: 'undeclared'", id="reads"
        ),
    ],
)
def test_a_network_that_fails_is_stored_with_one_sentence(
    source: str,
    settings: dict[str, Any],
    outcome: str,
    words: str,
    corpus: Corpus,
    warm: WarmWorker,
) -> None:
    network, recipe = small(source, **settings)

    trained = train(network, recipe, corpus=corpus, warm=warm)

    verdict = trained.evaluation.verdict
    assert verdict.outcome is Outcome(outcome), verdict.error
    assert verdict.error is not None
    assert "\n" not in verdict.error
    assert re.search(words, verdict.error), verdict.error
    stored = corpus.evaluations.get(network.id, recipe.id)
    assert stored is not None
    assert (stored.verdict, stored.epochs, stored.accuracy) == (verdict, (), None)
    assert train(network, recipe, corpus=corpus, warm=warm).repeated


def test_pretrained_weights_are_random_ones_and_that_is_said(warm: WarmWorker) -> None:
    pytest.importorskip("torchvision")
    init = (
        "import torchvision; self.body = torchvision.models.squeezenet1_1(weights='DEFAULT', "
        "progress=False)"
    )
    asks, recipe = small(linear(init=init))
    trained = train(asks, recipe, warm=warm)
    assert trained.evaluation.verdict.ok, trained.evaluation.verdict.error
    assert trained.pretrained


def test_a_checkpoint_that_cannot_be_kept_ends_no_training(
    warm: WarmWorker, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise FetchError("cannot write to somewhere: the disk is full")

    monkeypatch.setattr(Checkpoint, "save", full)
    network, recipe = small(GOOD, epochs=3)

    trained = train(network, recipe, warm=warm, observer=lines)

    assert trained.evaluation.verdict.ok
    assert lines.lines == [
        f"No checkpoint after epoch {n}: cannot write to somewhere: the disk is full"
        for n in (1, 2)
    ]


@pytest.mark.parametrize("source", [DROPS, own(forward="x = torch.dropout(x, 0.3, self.training)")])
def test_a_training_goes_on_to_the_same_numbers(
    source: str, warm: WarmWorker, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, recipe = small(source, epochs=3)
    kept: list[Any] = []

    def keep(_: Checkpoint, epochs: Any, state: Any) -> None:
        kept.append((list(epochs), state))

    with monkeypatch.context() as patch:
        patch.setattr(Checkpoint, "save", keep)
        whole = train(network, recipe, warm=warm).evaluation
    monkeypatch.setattr(Checkpoint, "load", lambda _: kept[0])

    resumed = train(network, recipe, warm=warm, observer=lines).evaluation

    assert lines.lines == ["Going on after epoch 1 of 3"]
    assert lines.epochs == [1, 2, 3]
    assert [(e.loss, e.accuracy) for e in resumed.epochs] == [
        (e.loss, e.accuracy) for e in whole.epochs
    ]
    assert resumed.seconds >= sum(e.seconds for e in resumed.epochs)


def test_a_state_that_cannot_be_used_begins_the_training_anew(
    warm: WarmWorker, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, recipe = small(DROPS, epochs=2)
    whole = train(network, recipe, warm=warm).evaluation
    odd = ([whole.epochs[0]], np.frombuffer(b"of another version", np.uint8))
    monkeypatch.setattr(Checkpoint, "load", lambda _: odd)

    again = train(network, recipe, warm=warm, observer=lines).evaluation

    assert again.verdict.ok, again.verdict.error
    assert [e.loss for e in again.epochs] == [e.loss for e in whole.epochs]


def test_weights_come_back_by_name(warm: WarmWorker) -> None:
    network, recipe = small(GOOD)
    weights = train(network, recipe, warm=warm, weights=True).weights
    assert {name: value.shape for name, value in weights.items()} == {
        "layer.weight": (10, 64),
        "layer.bias": (10,),
    }


def test_precision_and_layout_change_little(warm: WarmWorker) -> None:
    conv = "self.c = nn.Conv2d(1, 1, 3, padding=1)"
    source = linear(init=conv, forward="x = self.c(x)")
    found = {}
    for name, settings in {
        "plain": {},
        "amp": {"amp": True},
        "last": {"layout": "channels-last"},
        "auto": {"layout": "auto"},
    }.items():
        network, recipe = small(source, optimizer="sgd", lr=0.05, epochs=2, **settings)
        report = train(network, recipe, warm=warm).evaluation
        assert report.verdict.ok, report.verdict.error
        found[name] = (report.epochs[-1].loss, report.accuracy)
    for name, tolerance in (("amp", 0.05), ("last", 1e-3), ("auto", 1e-3)):
        assert found[name] == pytest.approx(found["plain"], abs=tolerance), name


def test_compiling_needs_the_user_s_trust(corpus: Corpus, warm: WarmWorker) -> None:
    network, recipe = small(GOOD, compile=True)
    with pytest.raises(UsageError, match=r"--compile needs a compiler, .* add --unsafe"):
        train(network, recipe, corpus=corpus)
    with pytest.raises(UsageError, match="--compile needs a compiler"):
        train(network, recipe, corpus=corpus, warm=warm)
    assert corpus.networks.get(network.id) is None


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs a compiler")
def test_a_trusted_network_is_compiled() -> None:
    body = "assert torch.compiler.is_compiling() or not self.training"
    network, recipe = small(linear(forward=body), compile=True)
    trained = train(network, recipe, unsafe=True, threads=1)
    assert trained.evaluation.verdict.ok, trained.evaluation.verdict.error


def test_predictions_that_are_refused_end_the_training(warm: WarmWorker) -> None:
    wrong = "if not self.training: return x.flatten(1)"
    network, recipe = small(own("time.sleep(1)", forward=wrong), epochs=60, seconds=30.0)
    assert train(network, recipe, warm=warm).evaluation.verdict.outcome is Outcome.INVALID


def test_predictions_that_leave_no_sandbox_are_told_at_once(
    monkeypatch: pytest.MonkeyPatch, warm: WarmWorker
) -> None:
    monkeypatch.setattr(trainer, "MAX_ARRAYS", 2_000)
    with pytest.raises(UsageError, match="set validation_samples to 50 at most"):
        train(*small(GOOD), warm=warm)


CAUSAL = """
import torch
from torch import nn

def supported_hyperparameters():
    return {"lr"}

class Net(nn.Module):
    def __init__(self, in_shape, out_shape, prm, device):
        super().__init__()
        self.words = nn.Embedding(out_shape[0], 8)
        self.steps = nn.LSTM(8, 8, batch_first=True, bidirectional=BOTH)
        self.head = nn.Linear(16 if BOTH else 8, out_shape[0])

    def forward(self, x):
        return self.head(self.steps(self.words(x))[0])
"""


def test_a_network_that_reads_ahead_is_invalid(tmp_path: Any, corpus: Corpus, unsafe: bool) -> None:
    (tmp_path / "text.txt").write_text("the cat sat on the mat and so did the dog. " * 400)
    settings = {"task": "txt-generation", "dataset": "text", "length": 16, "epochs": 1}
    verdicts = {}
    with WarmWorker(unsafe=unsafe, threads=1) as worker:
        for both in (False, True):
            network, recipe = small(
                CAUSAL.replace("BOTH", str(both)),
                **settings,
                train_samples=200,
                validation_samples=40,
            )
            trained = train(network, recipe, directory=tmp_path, corpus=corpus, warm=worker)
            verdicts[both] = trained.evaluation.verdict
    assert verdicts[False].ok, verdicts[False].error
    assert verdicts[True].outcome is Outcome.INVALID
    assert "not causal" in str(verdicts[True].error)


@pytest.mark.parametrize("threads", [0, -1, 1_000])
def test_threads_that_cannot_be_had_are_refused(threads: int) -> None:
    with pytest.raises(UsageError, match=f"threads must be 1 to 128, not {threads}"):
        WarmWorker(threads=threads)


@pytest.mark.parametrize(
    ("device", "there", "told"), [("cpu", True, True), ("cpu", False, False), ("cuda", True, False)]
)
def test_a_gpu_that_was_not_used_is_told(
    monkeypatch: pytest.MonkeyPatch, device: str, there: bool, told: bool
) -> None:
    monkeypatch.setattr(trainer, "accelerators", lambda: [Path("/dev/nvidia0")] if there else [])
    report = TrainReport(
        verdict=Verdict(outcome=Outcome.OK, stage=Stage.SCORE), device=device, slow=("Noise",)
    )
    note = trainer._note(SimpleNamespace(note=None), report)
    assert note is not None
    assert ("could not be used in the sandbox" in note) is told
