"""The job `train` of the sandboxed child: train a network and predict, epoch by epoch."""

# torch ships partly typed: what it leaves unknown is not our mistake.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import io
import os
import random
import resource
import tempfile
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from importlib import import_module
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from catta.evaluation import wire
from catta.evaluation.inspect_pretrained import random_weights
from catta.evaluation.instance import instantiate, load_state
from catta.evaluation.objectives import Objective, maker_of
from catta.evaluation.objectives.objective import Samples
from catta.evaluation.own_recipe import OwnRecipe
from catta.evaluation.training import FixedRecipe, fastest_layout, predict, seed_everything
from catta.records import Problem, Recipe

Arrays = dict[str, np.ndarray]
Part = tuple[dict[str, Any], Arrays]

CHECKPOINT = "checkpoint"
WEIGHTS = "weights"
INITIAL = "initial."
"""How the names of arrays begin that are weights to begin with."""

_PREFIX = "train_"
_TRANSFORMS = "catta.evaluation.transforms.applied"
"""Takes 1.5 s to import, with torchvision, which few trainings need."""


def train_job(
    job: Mapping[str, Any], data: Mapping[str, np.ndarray], *, name: str
) -> Generator[Part, None, Part]:
    """Train under the recipe of a job.

    Args:
        job: `source`, `problem`, `recipe`; `transform` is the text of a transform module where the
            images are bytes, or None; `objective` says where the objective of a task is that is
            not Catta's; `predict` names the split: `validation` after each epoch,
            `test` after the last one; `keep` names what else is sent: `checkpoint` after each
            epoch, `weights` after the last.
        data: Arrays of the dataset, the `checkpoint` to go on from, if there is one, and weights
            to begin with instead of random ones, as `initial.<name>`.
        name: What the module is called.

    Yields:
        After each epoch its measurements, and the predictions.

    Returns:
        Whether the network asked for `pretrained` weights (it got random ones), and the weights if
        they are wanted and not too many: an array each, as `weights.<name>`.

    Raises:
        Exception: Whatever the network raises.
    """
    with ExitStack() as stack:
        asked = stack.enter_context(random_weights())
        if job["recipe"].get("compile"):
            _give_compiler_a_place(stack)
        weights = yield from _train(job, data, name)
        return {"pretrained": asked.requested}, weights


def _train(
    job: Mapping[str, Any], data: Mapping[str, np.ndarray], name: str
) -> Generator[Part, None, Arrays]:
    recipe = Recipe.model_validate(job["recipe"])
    keep, split = job.get("keep", ()), job["predict"]
    work = work_of(job, data, recipe)
    problem, objective, samples = work.problem, work.objective, work.samples
    device = _device()
    layout = _layout(job["source"], problem, recipe, samples, objective, name)

    def begin() -> tuple[nn.Module, OwnRecipe | FixedRecipe]:
        network = _network(job["source"], problem, recipe, device, name)
        _begin_with(network, data)
        if recipe.track == "own":
            return network, OwnRecipe(network, samples, objective, recipe)
        # torch types what it compiles as a function, though it is a module still.
        compiled: Any = torch.compile(network) if recipe.compile else network
        return network, FixedRecipe(
            compiled, samples, objective, recipe, layout=layout, device=_moved(device)
        )

    network, trainer = begin()
    state, done = _State(network, trainer), 0
    if CHECKPOINT in data:
        try:
            done = state.restore(data[CHECKPOINT])
        except Exception:  # noqa: BLE001 - of another version of torch, say: no fault of the network
            network, trainer = begin()
            state = _State(network, trainer)
    for epoch in range(done + 1, recipe.epochs + 1):
        report = trainer.epoch()
        arrays: Arrays = {}
        if split == "validation" or epoch == recipe.epochs:
            found = predict(
                network,
                work.inputs,
                objective,
                layout=layout,
                device=_moved(device),
                transformed=work.transformed,
            )
            arrays |= {key: _plain(value) for key, value in found.items()}
        if CHECKPOINT in keep:
            arrays = _if_it_fits({**arrays, CHECKPOINT: state.save(epoch)}, arrays)
        header = {"epoch": epoch, "peak_memory_mb": _peak_mb(), "image_by_image": work.slow}
        yield {**header, "device": device.type, **asdict(report)}, arrays
    return _if_it_fits(_weights(network), {}) if WEIGHTS in keep else {}


def _begin_with(network: nn.Module, data: Mapping[str, np.ndarray]) -> None:
    """Load the weights that a job gives, if it gives some."""
    initial = {
        name.removeprefix(INITIAL): torch.from_numpy(array)
        for name, array in data.items()
        if name.startswith(INITIAL)
    }
    if initial:
        load_state(network, initial)


def _if_it_fits(arrays: Arrays, otherwise: Arrays) -> Arrays:
    """The arrays, unless they are more than a message may hold."""
    size = sum(array.nbytes for array in arrays.values())
    return arrays if size <= wire.MAX_ARRAYS and len(arrays) <= wire.MAX_COUNT else otherwise


def _give_compiler_a_place(stack: ExitStack) -> None:
    """A directory for what torch.compile makes, until the stack ends; no further processes."""
    place = stack.enter_context(tempfile.TemporaryDirectory(prefix="catta-compile-"))
    os.environ |= {"TORCHINDUCTOR_CACHE_DIR": place, "TORCHINDUCTOR_COMPILE_THREADS": "1"}


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
        kind, words, *rest = np.random.get_state(legacy=True)
        randomness = {
            "order": self._generator.get_state(),
            "torch": torch.get_rng_state(),
            "python": random.getstate(),
            "numpy": (kind, np.asarray(words).tolist(), *rest),
        }
        torch.save({"epoch": epoch, "states": states, "random": randomness}, buffer)
        return np.frombuffer(buffer.getbuffer(), dtype=np.uint8)

    def restore(self, data: np.ndarray) -> int:
        """Go back to a state; returns the number of epochs that are done."""
        saved = torch.load(io.BytesIO(data.tobytes()), weights_only=True)
        for key, part in self._parts.items():
            part.load_state_dict(saved["states"][key])
        self._generator.set_state(saved["random"]["order"])
        torch.set_rng_state(saved["random"]["torch"])
        random.setstate(saved["random"]["python"])
        np.random.set_state(saved["random"]["numpy"])
        return int(saved["epoch"])


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """What is trained on and predicted for, as it is or as a transform makes it."""

    problem: Problem
    objective: Objective
    samples: Samples
    inputs: Tensor
    transformed: Callable[[Tensor], Tensor] | None = None
    slow: tuple[str, ...] = ()


def work_of(job: Mapping[str, Any], data: Mapping[str, np.ndarray], recipe: Recipe) -> Work:
    """What a job is about; the transform and the objective that it brings are executed."""
    problem, samples = Problem.model_validate(job["problem"]), _samples(data)
    inputs = torch.from_numpy(data[f"{job['predict']}_x"])
    transform, make = job.get("transform"), maker_of(job)
    if transform is None:
        objective = make(problem)
        return Work(problem=problem, objective=objective, samples=samples, inputs=inputs)
    seed_everything(recipe.seed)
    applied = import_module(_TRANSFORMS).apply(
        transform, problem, samples, inputs, data["norm"], memory_mb=recipe.memory_mb, make=make
    )
    return Work(
        problem=applied.problem,
        objective=applied.objective,
        samples=applied.samples,
        inputs=applied.inputs,
        transformed=applied.rest if applied.rest.stages else None,
        slow=applied.slow,
    )


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
    """CUDA or MPS where it is there and the sandbox lets it be used, else the CPU."""
    for kind, backend in (("cuda", torch.cuda), ("mps", torch.backends.mps)):
        if backend.is_available():
            # What a driver says it has and then does not give costs the speed, not the training.
            with suppress(RuntimeError):
                return torch.zeros(1, device=kind).device
    return torch.device("cpu")


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
