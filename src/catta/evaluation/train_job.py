"""The job `train` of the sandboxed child: train a network and predict, epoch by epoch."""

# torch ships partly typed: what it leaves unknown is not our mistake.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import io
import resource
from collections.abc import Generator, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from catta.evaluation.instance import instantiate
from catta.evaluation.objectives import Objective, objective_of
from catta.evaluation.objectives.objective import Samples
from catta.evaluation.own_recipe import OwnRecipe
from catta.evaluation.training import FixedRecipe, fastest_layout, predict, seed_everything
from catta.records import Problem, Recipe

Arrays = dict[str, np.ndarray]
Part = tuple[dict[str, Any], Arrays]

CHECKPOINT = "checkpoint"
WEIGHTS = "weights"
_PREFIX = "train_"


def train_job(
    job: Mapping[str, Any], data: Mapping[str, np.ndarray], *, name: str
) -> Generator[Part, None, Part]:
    """Train under the recipe of a job.

    Args:
        job: `source`, `problem`, `recipe`; `predict` names the split: `validation` after each
            epoch, `test` after the last one; `keep` names what else is sent: `checkpoint` after
            each epoch, `weights` after the last.
        data: Arrays of the dataset, and the `checkpoint` to go on from, if there is one.
        name: What the module is called.

    Yields:
        After each epoch its measurements, and the predictions.

    Returns:
        Nothing, and the weights if they are wanted: an array each, as `weights.<name>`.

    Raises:
        Exception: Whatever the network raises.
    """
    problem = Problem.model_validate(job["problem"])
    recipe = Recipe.model_validate(job["recipe"])
    keep, split = job.get("keep", ()), job["predict"]
    objective = objective_of(problem)
    samples = _samples(data)
    inputs = torch.from_numpy(data[f"{split}_x"])
    device = _device()
    layout = _layout(job["source"], problem, recipe, samples, objective, name)
    network = _network(job["source"], problem, recipe, device, name)
    trainer: OwnRecipe | FixedRecipe
    if recipe.track == "own":
        trainer = OwnRecipe(network, samples, objective, recipe)
    else:
        # torch types what it compiles as a function, though it is a module still.
        compiled: Any = torch.compile(network) if recipe.compile else network
        trainer = FixedRecipe(
            compiled, samples, objective, recipe, layout=layout, device=_moved(device)
        )
    state = _State(network, trainer)
    done = state.restore(data[CHECKPOINT]) if CHECKPOINT in data else 0
    for epoch in range(done + 1, recipe.epochs + 1):
        report = trainer.epoch()
        arrays: Arrays = {}
        if split == "validation" or epoch == recipe.epochs:
            found = predict(network, inputs, objective, layout=layout, device=_moved(device))
            arrays |= {key: _plain(value) for key, value in found.items()}
        if CHECKPOINT in keep:
            arrays[CHECKPOINT] = state.save(epoch)
        yield {"epoch": epoch, "peak_memory_mb": _peak_mb(), **asdict(report)}, arrays
    return {}, _weights(network) if WEIGHTS in keep else {}


class _State:
    """All that a training needs to go on where it stopped."""

    def __init__(self, network: nn.Module, trainer: OwnRecipe | FixedRecipe) -> None:
        self._parts: dict[str, Any] = {"network": network}
        holder = network if isinstance(trainer, OwnRecipe) else trainer
        kinds = (Optimizer, LRScheduler, torch.amp.GradScaler)
        for key, value in vars(holder).items():
            if isinstance(value, kinds):
                self._parts[f"own.{key}"] = value
        self._generator = trainer.generator

    def save(self, epoch: int) -> np.ndarray:
        """Bytes of the state after an epoch."""
        buffer = io.BytesIO()
        states = {key: part.state_dict() for key, part in self._parts.items()}
        randomness = {"order": self._generator.get_state(), "torch": torch.get_rng_state()}
        torch.save({"epoch": epoch, "states": states, "random": randomness}, buffer)
        return np.frombuffer(buffer.getbuffer(), dtype=np.uint8)

    def restore(self, data: np.ndarray) -> int:
        """Go back to a state; returns the number of epochs that are done."""
        saved = torch.load(io.BytesIO(data.tobytes()), weights_only=True)
        for key, part in self._parts.items():
            part.load_state_dict(saved["states"][key])
        self._generator.set_state(saved["random"]["order"])
        torch.set_rng_state(saved["random"]["torch"])
        return int(saved["epoch"])


def _samples(data: Mapping[str, np.ndarray]) -> Samples:
    return {
        key.removeprefix(_PREFIX): torch.from_numpy(array)
        for key, array in data.items()
        if key.startswith(_PREFIX)
    }


def _network(
    source: str, problem: Problem, recipe: Recipe, device: torch.device, name: str
) -> nn.Module:
    seed_everything(recipe.seed)
    # LEMUR tells its networks the size of a batch; under the fixed recipe none may depend on it.
    batch = recipe.batch if recipe.track == "own" else 2
    in_shape = (batch, *problem.sample)
    prm = recipe.hyperparameters
    return instantiate(source, in_shape, problem.out_shape, prm, device, name=name).to(device)


def _layout(
    source: str,
    problem: Problem,
    recipe: Recipe,
    samples: Samples,
    objective: Objective,
    name: str,
) -> torch.memory_format:
    """The layout that the recipe says; a network that trains itself makes its own of it."""
    if recipe.layout == "channels-last":
        return torch.channels_last
    if recipe.layout == "contiguous" or recipe.track == "own" or len(problem.sample) != 3:
        return torch.contiguous_format
    tried = _network(source, problem, recipe, torch.device("cpu"), name)
    two = torch.arange(min(2, len(samples["x"])))
    return fastest_layout(tried, *objective.batch(samples, two), objective)


def _device() -> torch.device:
    """CUDA or MPS where it is there and the sandbox lets it be used, else the processor."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def _moved(device: torch.device) -> torch.device | None:
    return None if device.type == "cpu" else device


def _plain(value: torch.Tensor) -> np.ndarray:
    return np.ascontiguousarray(value.numpy())


def _weights(network: nn.Module) -> Arrays:
    found: Arrays = {}
    for key, value in network.state_dict().items():
        plain = value.detach().cpu()
        plain = plain.float() if plain.is_floating_point() else plain.long()
        found[f"{WEIGHTS}.{key}"] = _plain(plain)
    return found


def _peak_mb() -> float:
    """Largest resident memory of this process so far, in MiB, with what it shares."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
