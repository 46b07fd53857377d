"""What every task must do: inherit `TaskContract` in a test, and name the task and a network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from catta.evaluation import Worker, available_sandboxes, choose_sandbox, train_and_score
from catta.evaluation.expected import MalformedError, expect_arrays
from catta.evaluation.instance import instantiate
from catta.evaluation.objectives import Objective, maker_of
from catta.evaluation.training import seed_everything
from catta.records import Problem
from catta.tasks import prepare, register_task, score, task_names
from catta.tasks.datasets import find_dataset, tasks_of
from catta.tasks.known_tasks import find_task, registered_tasks
from catta.tasks.metrics import defect, higher_is_better, main_metric, metric_names
from catta.tasks.objective_text import with_objective
from catta.tasks.preparation import opened
from catta.tasks.sources import Samples, Source
from catta.tasks.text_source import UncutText
from catta.training import recipe_for
from catta.training.coverage import two_steps

_STEPS = 10
_PRM = {"lr": 0.01, "momentum": 0.9, "dropout": 0.0}

Alter = Callable[[np.ndarray], np.ndarray]


class TaskContract:
    """Behaviour that trainings and comparisons rely on.

    Subclasses override the fixture `network`; its text is executed, so it is one that you trust.

    Attributes:
        task: The task that is tested.
        dataset: Of the task; None for the one it is trained on where none is named.
        size: Height and width of the images, or tokens of a sample.
        count: Samples that are looked at.
    """

    task = "img-classification"
    dataset: str | None = None
    size = 32
    count = 6

    @pytest.fixture
    def network(self) -> str:
        """Text of a small network for the task."""
        raise NotImplementedError

    @pytest.fixture
    def directory(self) -> Path | None:
        """Where the files of the dataset are; None where it finds them by itself."""
        return None

    @pytest.fixture
    def source(self, directory: Path | None) -> Source:
        """The dataset, opened."""
        name = self.dataset or recipe_for(self.task, "").dataset
        source = opened(find_dataset(name), self.task, directory)
        return source.cut(self.size) if isinstance(source, UncutText) else source

    @pytest.fixture
    def samples(self, source: Source) -> Samples:
        """The first samples; images are float32, as networks get them."""
        some = source.read("train", np.arange(self.count), self.size)
        if find_task(self.task).images:
            some["x"] = some["x"].astype(np.float32) / 255
        return some

    @pytest.fixture
    def problem(self, source: Source, samples: Samples) -> Problem:
        """What a network is asked for."""
        return Problem(task=self.task, sample=samples["x"].shape[1:], outputs=source.outputs)

    @pytest.fixture
    def objective(self, problem: Problem) -> Objective:
        """As a training in the sandbox gets it."""
        task = registered_tasks().get(self.task)
        found = maker_of(with_objective(self.task))(problem)
        if task is not None:  # the file was executed and registered it anew
            register_task(self.task, task)
        return found

    @pytest.fixture
    def built(self, network: str, problem: Problem) -> nn.Module:
        """The network, with its first weights."""
        seed_everything(0)
        device, shape = torch.device("cpu"), (self.count, *problem.sample)
        return instantiate(network, shape, problem.out_shape, _PRM, device, name="catta_tested")

    def predicted(
        self, built: nn.Module, objective: Objective, samples: Samples, size: int
    ) -> dict[str, np.ndarray]:
        """Predictions for all samples in batches of some."""
        built.eval()
        with torch.inference_mode():
            batches = torch.from_numpy(samples["x"]).split(size)
            parts = [objective.predict(built, batch) for batch in batches]
        return {name: torch.cat([part[name] for part in parts]).numpy() for name in parts[0]}

    def test_it_has_a_name_a_score_and_a_dataset(self) -> None:
        """A recipe can be made where nothing is said."""
        assert self.task in task_names()
        assert main_metric(self.task) == metric_names(self.task)[0]
        assert all(isinstance(higher_is_better(name), bool) for name in metric_names(self.task))
        recipe = recipe_for(self.task, "")
        assert recipe.metric == main_metric(self.task)
        assert self.task in tasks_of(find_dataset(recipe.dataset))

    def test_its_dataset_has_its_targets(self, samples: Samples) -> None:
        """And nothing else, sample by sample."""
        assert set(samples) == {"x", *find_task(self.task).targets}
        assert all(len(array) == self.count for array in samples.values())

    def test_a_batch_is_of_the_samples_asked_for(
        self, objective: Objective, samples: Samples
    ) -> None:
        """In their order; the data stay as they are."""
        tensors = {name: torch.from_numpy(array.copy()) for name, array in samples.items()}
        chosen = torch.tensor([2, 0])
        inputs, _ = objective.batch(tensors, chosen)
        assert torch.equal(inputs, tensors["x"][chosen])
        assert all(np.array_equal(tensors[name], array) for name, array in samples.items())

    def test_an_example_looks_like_a_batch(
        self, objective: Objective, samples: Samples, problem: Problem, built: nn.Module
    ) -> None:
        """A network is tried with it."""
        inputs, targets = objective.example(2)
        assert tuple(inputs.shape) == (2, *problem.sample)
        assert inputs.dtype == torch.from_numpy(samples["x"]).dtype
        built.train()
        assert bool(torch.isfinite(objective.loss(built, inputs, targets)))

    def test_the_loss_is_a_number_that_training_lowers(
        self, objective: Objective, samples: Samples, built: nn.Module
    ) -> None:
        """On the same few samples."""
        losses = list(self._losses(objective, samples, built))
        assert all(tuple(loss.shape) == () for loss in losses)
        assert all(bool(torch.isfinite(loss)) for loss in losses)
        assert float(losses[-1]) < float(losses[0])

    def _losses(self, objective: Objective, samples: Samples, built: nn.Module) -> Iterator[Tensor]:
        tensors = {name: torch.from_numpy(array) for name, array in samples.items()}
        optimizer = torch.optim.Adam(built.parameters(), lr=1e-3)
        built.train()
        for _ in range(_STEPS):
            optimizer.zero_grad()
            loss = objective.loss(built, *objective.batch(tensors, torch.arange(self.count)))
            yield loss.detach()
            loss.backward()
            optimizer.step()

    def test_predictions_are_what_the_task_says(
        self, objective: Objective, samples: Samples, problem: Problem, built: nn.Module
    ) -> None:
        """By name, type and shape, so that they leave the sandbox and are scored."""
        predictions = self.predicted(built, objective, samples, self.count)
        expect_arrays(predictions, problem, self.count)
        targets = {name: samples[name] for name in find_task(self.task).targets}
        assert defect(problem, predictions, targets) is None

    def test_a_prediction_does_not_depend_on_its_batch(
        self, objective: Objective, samples: Samples, built: nn.Module
    ) -> None:
        """How many are predicted at once is Catta's choice."""
        whole = self.predicted(built, objective, samples, self.count)
        for name, array in self.predicted(built, objective, samples, 2).items():
            np.testing.assert_allclose(array, whole[name], rtol=1e-3, atol=1e-3, err_msg=name)

    def test_metrics_are_finite_and_change_nothing(
        self,
        objective: Objective,
        samples: Samples,
        problem: Problem,
        built: nn.Module,
        source: Source,
    ) -> None:
        """Of predictions by a network that has learnt nothing; one gets what the other got."""
        predictions = self.predicted(built, objective, samples, self.count)
        targets = {name: samples[name] for name in find_task(self.task).targets}
        arrays = (*targets.values(), *predictions.values())
        before = [array.copy() for array in arrays]
        values = score(problem, predictions, targets, source.words)
        assert tuple(values) == metric_names(self.task)
        assert all(map(np.isfinite, values.values()))
        assert all(map(np.array_equal, arrays, before))

    def test_malformed_predictions_are_refused(
        self, objective: Objective, samples: Samples, problem: Problem, built: nn.Module
    ) -> None:
        """What comes out of a sandbox is anything until it was looked at."""
        predictions = self.predicted(built, objective, samples, self.count)
        targets = {name: samples[name] for name in find_task(self.task).targets}
        for name in predictions:
            for alter in (_longer, _deeper, _of_another_type, _infinite):
                wrong = {**predictions, name: alter(predictions[name])}
                with pytest.raises(MalformedError):
                    expect_arrays(wrong, problem, self.count)
                assert defect(problem, wrong, targets), (name, alter)
        for wrong in ({}, {**predictions, "more": predictions[next(iter(predictions))]}):
            with pytest.raises(MalformedError):
                expect_arrays(wrong, problem, self.count)
            assert defect(problem, wrong, targets)

    def test_a_network_is_trained_in_the_sandbox(
        self, network: str, directory: Path | None
    ) -> None:
        """Two steps, scored by this process."""
        recipe = two_steps(self.task, network, self.size, dataset=self.dataset)
        data = prepare(recipe, directory=directory)
        sandbox = choose_sandbox("auto", unsafe=not list(available_sandboxes()))
        with Worker(data.inputs, sandbox=sandbox) as worker:
            report = train_and_score(worker, network, data=data, recipe=recipe)
        assert report.verdict.ok, report.verdict.error
        assert tuple(report.epochs[-1].metrics) == metric_names(self.task)


def _longer(array: np.ndarray) -> np.ndarray:
    return np.concatenate([array, array[:1]])


def _deeper(array: np.ndarray) -> np.ndarray:
    return array[..., None]


def _of_another_type(array: np.ndarray) -> np.ndarray:
    return array.astype(np.float64 if array.dtype == np.float32 else np.int32)


def _infinite(array: np.ndarray) -> np.ndarray:
    """Of integers, floats: they have no infinity."""
    return np.full(array.shape, np.inf, np.float32)
