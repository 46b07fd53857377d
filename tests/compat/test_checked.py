"""`check_nn` is called as LEMUR's, and its result unpacks as LEMUR's."""

from __future__ import annotations

import inspect
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

import catta
from catta.compat import Checked, check_nn, checked
from catta.corpus import Corpus
from catta.errors import UsageError
from catta.records import Evaluation, Outcome, Stage, Verdict
from catta.training import Quality

GOOD = """
import torch
from torch import nn

def supported_hyperparameters():
    return {"lr"}

class Net(nn.Module):
    def __init__(self, in_shape, out_shape, prm, device):
        super().__init__()
        self.layer = nn.Linear(in_shape[1] * in_shape[2] * in_shape[3], out_shape[0])

    def forward(self, x):
        return self.layer(x.flatten(1))

    def train_setup(self, prm):
        self.optimizer = torch.optim.SGD(self.parameters(), lr=prm["lr"], momentum=0.9)

    def learn(self, train_data):
        for x, y in train_data:
            self.optimizer.zero_grad()
            nn.functional.cross_entropy(self(x), y).backward()
            self.optimizer.step()
"""
HANGING = GOOD.replace(
    "        return self.layer", "        while True: pass\n        return self.layer"
)
UNEXPORTABLE = GOOD.replace(
    "        return self.layer(x.flatten(1))",
    "        nothing = 0 * torch.linalg.eigvals(x[0, 0].double()).real.sum().float()\n"
    "        return self.layer(x.flatten(1)) + nothing",
)

LEMURS = (
    "nn_code",
    "task",
    "dataset",
    "metric",
    "prm",
    "save_to_db",
    "prefix",
    "save_path",
    "export_onnx",
    "epoch_limit_minutes",
    "transform_dir",
)
DEFAULTS = (True, None, None, False, 30, None)


def run(tmp_path: Path, code: str, unsafe: bool, **settings: Any) -> Checked:
    prm = {"lr": 0.02, "batch": "32", "epoch": 2.0, **settings.pop("prm", {})}
    return check_nn(
        code,
        "img-classification",
        "digits",
        settings.pop("metric", "acc"),
        prm,
        corpus=tmp_path / "c.sqlite",
        unsafe=unsafe,
        **settings,
    )


def test_the_signature_is_lemur_s() -> None:
    parameters = list(inspect.signature(catta.check_nn).parameters.values())
    theirs = parameters[: len(LEMURS)]
    assert tuple(p.name for p in theirs) == LEMURS
    assert tuple(p.default for p in theirs[5:]) == DEFAULTS
    assert all(p.kind is p.POSITIONAL_OR_KEYWORD for p in theirs)
    assert all(p.kind is p.KEYWORD_ONLY for p in parameters[len(LEMURS) :])


def test_a_network_is_checked_kept_and_written(tmp_path: Path, unsafe: bool) -> None:
    checked_nn = run(tmp_path, GOOD, unsafe, prefix="mine", save_path=tmp_path / "out" / "stat")
    name, accuracy, accuracy_to_time, quality = checked_nn

    evaluation = checked_nn.evaluation
    assert evaluation.verdict.ok, evaluation.verdict.error
    assert name.startswith("mine-")
    assert accuracy == evaluation.accuracy
    assert checked_nn.minimum == 0.1
    assert accuracy_to_time == pytest.approx((accuracy - 0.1) / (evaluation.seconds / 100))
    assert 0 < quality <= 10
    with Corpus.open(tmp_path / "c.sqlite") as corpus:
        network = corpus.networks.get(name)
        assert network is not None
        assert corpus.evaluations.get(network.id, evaluation.recipe_id) == evaluation
    assert sorted(p.name for p in (tmp_path / "out" / "stat").iterdir()) == ["1.json", "2.json"]
    (row,) = json.loads((tmp_path / "out" / "stat" / "2.json").read_text())
    assert row["accuracy"] == accuracy
    assert row["batch"] == "32"
    assert row["duration"] == pytest.approx(sum(e.seconds for e in evaluation.epochs) * 1e9)


def test_a_failure_is_a_value_and_the_limit_holds(tmp_path: Path, unsafe: bool) -> None:
    result = run(
        tmp_path,
        HANGING,
        unsafe,
        save_to_db=False,
        epoch_limit_minutes=1 / 60,
        save_path=tmp_path / "o",
    )
    assert result.evaluation.verdict.outcome is Outcome.TIMEOUT
    assert tuple(result)[1:3] == (None, None)
    assert not (tmp_path / "c.sqlite").exists()
    assert list((tmp_path / "o").iterdir()) == []


def test_an_onnx_file_is_written_and_is_the_network(
    tmp_path: Path, unsafe: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("onnxruntime", reason="needs catta[export]")
    monkeypatch.chdir(tmp_path)
    result = run(tmp_path, GOOD, unsafe, prefix="mine", export_onnx=True)
    assert result.evaluation.verdict.ok, result.evaluation.verdict.error
    assert result.onnx_error is None
    assert result.onnx == Path(f"{result.name}.onnx")
    assert result.onnx.is_file()
    with Corpus.open(tmp_path / "c.sqlite") as corpus:
        (export,) = corpus.edge.exports()
    assert export.sha256 == sha256(result.onnx.read_bytes()).hexdigest()
    assert export.trained
    assert export.accuracy_before == pytest.approx(result.accuracy)
    assert export.accuracy_after == pytest.approx(result.accuracy, abs=0.01)


def test_what_onnx_has_not_is_said_and_the_evaluation_stays(tmp_path: Path, unsafe: bool) -> None:
    pytest.importorskip("onnxruntime", reason="needs catta[export]")
    out = tmp_path / "out"
    result = run(tmp_path, UNEXPORTABLE, unsafe, export_onnx=True, save_path=out)
    assert result.evaluation.verdict.ok, result.evaluation.verdict.error
    assert result.onnx is None
    assert result.onnx_error
    assert not list(out.glob("*.onnx"))


def test_boxes_are_refused_before_they_are_learnt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checked, "train", lambda *_, **__: pytest.fail("it was trained"))
    prm = {"lr": 0.1, "epoch": 1}
    with pytest.raises(UsageError, match="a list of boxes an image, which no file holds"):
        check_nn(GOOD, "obj-detection", "scenes", "map", prm, False, export_onnx=True)


def result_of(accuracy: float, seconds: float) -> Checked:
    from catta.records import EpochMeasurement

    epoch = EpochMeasurement(epoch=1, loss=1.0, accuracy=accuracy, seconds=1.0)
    evaluation = Evaluation(
        network_id="n1:0",
        recipe_id="r1:0",
        verdict=Verdict(outcome=Outcome.OK, stage=Stage.SCORE),
        epochs=(epoch,),
        seconds=seconds,
    )
    quality = Quality(score=10.0, lines=1, findings={})
    return Checked(name="n", evaluation=evaluation, quality=quality, minimum=0.1)


@pytest.mark.parametrize(
    ("accuracy", "seconds", "expected"), [(0.6, 100.0, 0.5), (0.6, 50.0, 1.0), (0.05, 10.0, 0.0)]
)
def test_accuracy_to_time(accuracy: float, seconds: float, expected: float) -> None:
    assert result_of(accuracy, seconds).accuracy_to_time == pytest.approx(expected)


def test_lemur_s_map_is_that_at_one_half(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def stop(*arguments: Any, **settings: Any) -> None:
        asked.append(arguments[1])
        raise UsageError("enough")

    monkeypatch.setattr(checked, "train", stop)
    with pytest.raises(UsageError, match="enough"):
        check_nn(GOOD, "obj-detection", "scenes", "map", {"lr": 0.1, "epoch": "3"}, False)
    assert (asked[0].metric, asked[0].epochs, asked[0].seconds) == ("map50", 3, 3 * 1_800.0)


@pytest.mark.parametrize(
    ("prm", "message"),
    [
        ({"epoch": "many"}, "prm: epoch is a number, not 'many'"),
        ({"epoch": 1.5}, "prm: epoch is a whole number, not 1.5"),
        ({"batch": "8.5"}, "prm: batch is a whole number, not '8.5'"),
        ({"lr": "fast"}, "prm: lr is a number, not 'fast'"),
        ({"depth": 0.5}, "declares no hyperparameter depth"),
        ({"epoch": 0}, "epochs: "),
    ],
)
def test_a_value_that_makes_no_sense(prm: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=message):
        run(tmp_path, GOOD, False, prm=prm)
    assert not (tmp_path / "c.sqlite").exists()


def test_what_cannot_be_written_is_said_before_the_training(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=r"save_path: .*below is no directory"):
        run(tmp_path, GOOD, False, save_path=tmp_path / "file" / "below")
    with pytest.raises(UsageError, match=r"prefix: '\.\./mine' cannot begin the name of a file"):
        run(tmp_path, GOOD, False, prefix="../mine")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
