"""`check_nn` is called as LEMUR's, and its result unpacks as LEMUR's."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import pytest
from training_networks import GOOD, linear

import catta
from catta.corpus import Corpus
from catta.errors import UsageError
from catta.records import Evaluation, Outcome, Stage, Verdict
from catta.training import Checked, Quality, check_nn, checked

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
    code = linear(forward="while True: pass")
    result = run(
        tmp_path,
        code,
        unsafe,
        save_to_db=False,
        epoch_limit_minutes=1 / 60,
        save_path=tmp_path / "o",
    )
    assert result.evaluation.verdict.outcome is Outcome.TIMEOUT
    assert tuple(result)[1:3] == (None, None)
    assert not (tmp_path / "c.sqlite").exists()
    assert list((tmp_path / "o").iterdir()) == []


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
