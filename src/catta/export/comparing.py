"""What a file says beside what PyTorch says of the same inputs: outputs, and the task's metric."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catta.errors import ExportError
from catta.evaluation.expected import PROBES, MalformedError, expect_arrays
from catta.evaluation.wire import MAX_ARRAYS
from catta.export.protocols import Runtime
from catta.export.subjects import Subject
from catta.export.workplace import Workplace
from catta.tasks.metrics import score

COMPARED = 500
"""Inputs that outputs are compared on: of the validation split and, to fill up, of training."""

_LARGEST = MAX_ARRAYS // 4
_FILE = "file"


@dataclass(frozen=True, kw_only=True, slots=True)
class Agreement:
    """How far outputs lie apart.

    Attributes:
        samples: Of how many inputs.
        max_abs: Largest difference of two scores.
        scale: Largest magnitude of a score of PyTorch's.
        top1: Share of the inputs (of their pixels or tokens) whose highest score is of the same
            class.
    """

    samples: int
    max_abs: float
    scale: float
    top1: float


def agreement(reference: NDArray[np.float32], outputs: NDArray[np.float32]) -> Agreement:
    """Compare outputs, (N, classes), (N, classes, H, W) or of texts (N, ..., words).

    Raises:
        ExportError: They are not of one shape, or not finite.
    """
    if reference.shape != outputs.shape:
        raise ExportError(f"its outputs are of shape {outputs.shape}, expected {reference.shape}")
    if not np.isfinite(outputs).all():
        raise ExportError("its outputs are not finite")
    axis = 1 if reference.ndim in (2, 4) else -1
    same = reference.argmax(axis) == outputs.argmax(axis)
    return Agreement(
        samples=len(reference),
        max_abs=float(np.abs(reference - outputs).max(initial=0.0)),
        scale=float(np.abs(reference).max(initial=0.0)),
        top1=float(same.mean()),
    )


class Judge:
    """Asks runtimes for outputs and predictions of a subject, and scores them.

    Args:
        subject: Whose predictions.
        workplace: Where runtimes run.
        threads: Threads of a runtime.
    """

    def __init__(self, subject: Subject, workplace: Workplace, *, threads: int = 1) -> None:
        self._subject = subject
        self._workplace = workplace
        self._threads = threads

    def outputs(
        self, runtime: Runtime, content: bytes | None = None, *, count: int = COMPARED
    ) -> NDArray[np.float32]:
        """Scores of inputs that training did not see, as far as there are enough.

        Args:
            runtime: What computes them.
            content: A file that was checked; None for the network itself.
            count: Of how many, at most; of large outputs fewer.

        Raises:
            ExportError: It fails, or gives something else than finite numbers.
        """
        count = min(count, max(1, _LARGEST // self._output_bytes()))
        found = self._ask(runtime, content, {"kind": "outputs", "count": count})
        array = found.get("outputs")
        if array is None or array.dtype != np.float32 or array.ndim < 2:
            raise ExportError(f"{runtime.name} gave no outputs")
        if not np.isfinite(array).all():
            raise ExportError(f"{runtime.name} gave outputs that are not finite")
        return array

    def accuracy(self, runtime: Runtime, content: bytes | None = None) -> float:
        """The recipe's metric on the whole validation split.

        Raises:
            ExportError: It fails, or predicts something else than the task asks for.
        """
        data = self._subject.data
        arrays = dict(self._ask(runtime, content, {"kind": "predict"}))
        targets = {name: t for name, t in data.validation.items() if name != PROBES}
        count = self._samples()
        probes = data.validation.get(PROBES)
        try:
            expect_arrays(arrays, data.problem, count + (0 if probes is None else len(probes)))
        except MalformedError as error:
            raise ExportError(f"{runtime.name}: {error}") from error
        if probes is not None:
            arrays = {"scores": arrays["scores"][:count]}
        return score(data.problem, arrays, targets, data.words)[self._subject.recipe.metric]

    def _samples(self) -> int:
        validation = self._subject.data.validation
        return len(next(t for name, t in validation.items() if name != PROBES))

    def _output_bytes(self) -> int:
        """Size of the scores of one sample, at most."""
        problem = self._subject.data.problem
        places = int(np.prod(problem.sample[-2:])) if problem.task != "img-classification" else 1
        return 4 * problem.outputs * max(places, 1)

    def _ask(
        self, runtime: Runtime, content: bytes | None, job: Mapping[str, Any]
    ) -> Mapping[str, NDArray[Any]]:
        subject = self._subject
        arrays = (
            subject.arrays() if content is None else {_FILE: np.frombuffer(content, dtype=np.uint8)}
        )
        try:
            reply = self._workplace.run(
                runtime.perform,
                {**subject.job(), **job, "threads": self._threads},
                inputs=subject.data.inputs,
                arrays=arrays,
            )
        except ExportError as error:
            raise ExportError(
                f"{runtime.name} cannot run {subject.network.name}: {error}"
            ) from error
        return reply.arrays
