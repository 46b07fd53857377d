"""What becomes a file: a network with trained weights, and the data that it is judged on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catta.corpus import Corpus
from catta.errors import UsageError
from catta.export.weights import read_weights
from catta.records import Network, Recipe
from catta.tasks import PreparedData, prepare
from catta.tasks.known_tasks import find_task
from catta.training.recipes import recipe_for
from catta.training.subjects import find_subject
from catta.training.transforms import find_transform

_PREFIX = "weights."
_BOXES = "obj-detection"


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """A network that becomes a file.

    Attributes:
        network: Its text and identity.
        recipe: What it was trained under, with the dataset that was really used.
        data: What its predictions are scored with.
        weights: Parameters and buffers by name; none where it was not trained.
        transform: Text of the recipe's transform, if there is one.
    """

    network: Network
    recipe: Recipe
    data: PreparedData
    weights: Mapping[str, NDArray[Any]] = field(default_factory=dict[str, NDArray[Any]])
    transform: str | None = None

    @property
    def trained(self) -> bool:
        """Whether it has weights of a training."""
        return bool(self.weights)

    def job(self) -> dict[str, Any]:
        """What a job in the sandbox is told of it."""
        told = {
            "source": self.network.source,
            "problem": self.data.problem.model_dump(),
            "recipe": self.recipe.model_dump(),
        }
        return told if self.transform is None else {**told, "transform": self.transform}

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Its weights as a job gets them."""
        return {f"{_PREFIX}{name}": array for name, array in self.weights.items()}

    def images(self, count: int, seed: int = 0) -> NDArray[Any]:
        """Inputs of its training split, drawn at random: for ranges of activations."""
        inputs = np.load(self.data.inputs / "train_x.npy", mmap_mode="r", allow_pickle=False)
        chosen = np.random.default_rng(seed).permutation(len(inputs))[:count]
        return np.array(inputs[np.sort(chosen)])


def expect_exportable(task: str) -> None:
    """Raise UsageError where networks for a task have no file."""
    _expect_built_in(task)
    if task == _BOXES:
        raise UsageError(
            f"networks for {task} return a list of boxes an image, which no file holds; "
            "export a network for another task"
        )


def subject_of(
    name: str | Path,
    *,
    corpus: Corpus | None = None,
    weights: Path | None = None,
    untrained: bool = False,
    task: str = "img-classification",
    directory: Path | None = None,
    transform_dir: Path | None = None,
) -> Subject:
    """A network and its weights.

    Args:
        name: See `find_subject`.
        corpus: Where it is looked up.
        weights: What `catta train --weights` wrote; it says the recipe too.
        untrained: Take the weights it is born with, under the task's own recipe.
        task: What an untrained one is for.
        directory: Where the files of the dataset are; None to find or fetch them.
        transform_dir: Where the recipe's transform is looked for before the corpus.

    Raises:
        UsageError: There is no such network, no weights, or weights of another network.
        FetchError: The dataset cannot be obtained.
    """
    network = find_subject(name, corpus)
    if weights is not None:
        read = read_weights(weights, network)
        return prepared(
            network,
            read.recipe,
            weights=read.weights,
            corpus=corpus,
            directory=directory,
            transform_dir=transform_dir,
        )
    if not untrained:
        raise UsageError(
            f"{network.name} has no trained weights here: train it with `catta train {name} "
            "--weights FILE.safetensors` and give that file, or add --untrained"
        )
    recipe = recipe_for(task, network.source)
    return prepared(network, recipe, corpus=corpus, directory=directory)


def prepared(
    network: Network,
    recipe: Recipe,
    *,
    weights: Mapping[str, NDArray[Any]] | None = None,
    corpus: Corpus | None = None,
    directory: Path | None = None,
    transform_dir: Path | None = None,
) -> Subject:
    """A network under a recipe, with the recipe's data; see `subject_of` for the errors."""
    _expect_built_in(recipe.task)
    transform = None
    if recipe.transform is not None:
        transform = find_transform(recipe.transform, corpus, transform_dir).source
    data = prepare(recipe, directory=directory)
    return Subject(
        network=network,
        recipe=recipe.model_copy(update={"dataset": data.dataset}),
        data=data,
        weights=weights or {},
        transform=transform,
    )


def _expect_built_in(task: str) -> None:
    if find_task(task).objective is not None:
        raise UsageError(f"networks for {task}, a task of your own, cannot be exported")
