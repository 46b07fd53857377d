"""The suite for tasks, held against Catta's tasks and against a faulty one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from catta import zoo
from catta.records import Problem
from catta.tasks import datasets, known_tasks, load_plugin
from catta.tasks.known_tasks import find_task
from catta.testing.task import TaskContract


@pytest.fixture(scope="module", autouse=True)
def _one_cache(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CATTA_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


class TestClassification(TaskContract):
    dataset = "digits"

    @pytest.fixture
    def network(self) -> str:
        return zoo.source("residual")


class TestSegmentation(TaskContract):
    task = "img-segmentation"
    dataset = "scenes-digits"

    @pytest.fixture
    def network(self) -> str:
        return zoo.source("u-net")


class TestDetection(TaskContract):
    task = "obj-detection"
    dataset = "scenes-digits"
    size = 64

    @pytest.fixture
    def network(self) -> str:
        return zoo.source("single-shot-detector")


class TestCaptioning(TaskContract):
    task = "img-captioning"
    dataset = "scenes-digits"

    @pytest.fixture
    def network(self) -> str:
        return zoo.source("cnn-lstm")


class TestText(TaskContract):
    task = "txt-generation"
    dataset = "text"
    size = 16

    @pytest.fixture
    def network(self) -> str:
        return zoo.source("gpt")

    @pytest.fixture
    def directory(self, tmp_path: Path) -> Path:
        path = tmp_path / "a.txt"
        path.write_text(" ".join(str(number**2) for number in range(2_000)))
        return path


class TestTaskOfThePage(TaskContract):
    """What docs/datasets.md shows."""

    task = "img-regression"
    size = 8

    @pytest.fixture(autouse=True)
    def _plugin(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(datasets, "_registered", {})
        monkeypatch.setattr(known_tasks, "_registered", {})
        page = (Path(__file__).parents[2] / "docs" / "datasets.md").read_text(encoding="utf-8")
        path = tmp_path / "ink.py"
        path.write_text(re.findall(r"```python\n(.*?)```", page, re.DOTALL)[3])
        load_plugin(path)

    @pytest.fixture
    def network(self) -> str:
        return (
            "from torch import nn\n\n\n"
            "class Net(nn.Sequential):\n"
            "    def __init__(self, in_shape, out_shape, prm, device):\n"
            "        super().__init__(nn.Flatten(), nn.LazyLinear(out_shape[0]))\n"
        )

    def test_the_suite_leaves_the_task_as_it_was(self, objective: Any) -> None:
        assert type(objective).__module__ == "catta_task"
        assert find_task(self.task).objective.__module__ == "catta_plugin_ink"


class Mean:
    """An objective whose predictions are shares of what is in the same batch."""

    def predict(self, network: torch.nn.Module, inputs: torch.Tensor) -> dict[str, torch.Tensor]:
        scores = network(inputs)
        return {"scores": scores - scores.mean(0)}

    def batch(self, samples: Any, indices: torch.Tensor) -> Any:
        return samples["x"], samples["y"]


def test_a_faulty_task_fails() -> None:
    contract, objective = TestClassification(), Mean()
    samples = {"x": np.random.default_rng(0).random((6, 4), np.float32), "y": np.arange(6)}
    built = torch.nn.Linear(4, 3)
    with pytest.raises(AssertionError):
        contract.test_a_prediction_does_not_depend_on_its_batch(objective, samples, built)  # type: ignore[arg-type]
    with pytest.raises(AssertionError):
        contract.test_a_batch_is_of_the_samples_asked_for(objective, samples)  # type: ignore[arg-type]
    problem = Problem(sample=(4,), outputs=4)
    with pytest.raises(Exception, match="wanted"):
        contract.test_predictions_are_what_the_task_says(objective, samples, problem, built)  # type: ignore[arg-type]
