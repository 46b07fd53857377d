"""What a published collection brings along with its networks, as plain records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Trial(NamedTuple):
    """One training as somebody published it; a tuple, since there are half a million.

    Attributes:
        uid: The publisher's identity of the hyperparameters.
        transform: Name of the transform of the inputs.
        prm: The other hyperparameters as a JSON object, keys sorted, in UTF-8.
        accuracy: Value of the problem's metric.
        duration: Nanoseconds since the training began, or None where it was not measured.
    """

    uid: str
    transform: str
    prm: bytes
    accuracy: float
    duration: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class TrialFile:
    """Trials of one network, by the name they were recorded under, after one epoch (from 1)."""

    task: str
    dataset: str
    metric: str
    name: str
    epoch: int
    trials: Sequence[Trial]

    @property
    def problem(self) -> tuple[str, str, str]:
        """Task, dataset, metric."""
        return (self.task, self.dataset, self.metric)


@dataclass(frozen=True, kw_only=True, slots=True)
class Module:
    """Source of a `transform`, a `metric` or a `loader`, by name."""

    kind: str
    name: str
    source: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Measurement:
    """One run of a network on a device.

    Attributes:
        subject: Name of the network as it was recorded.
        task: What it was run for.
        name: What the publisher calls the device.
        sha256: Hash of the published file.
        device: Kind of device.
        os: Version of its system.
        valid: Whether the run succeeded.
        emulator: Whether the device was emulated.
        error: What went wrong.
        duration: As published; the publisher does not state the unit.
        analytics: Everything else about the device, as JSON.
    """

    subject: str
    task: str
    name: str
    sha256: str
    device: str | None
    os: str | None
    valid: bool | None
    emulator: bool | None
    error: str | None
    duration: float | None
    analytics: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Traits:
    """What the text of a network shows without running it.

    Attributes:
        family: How its name begins.
        imports: Top-level names of all modules it imports, sorted; `.` for a relative import.
        pretrained: Whether it fetches or loads weights that somebody trained before.
        classes: Number of classes it defines.
        functions: Number of functions and methods it defines.
        sequential: Whether it mentions `Sequential`.
        module_list: Whether it mentions `ModuleList`.
        module_dict: Whether it mentions `ModuleDict`.
    """

    family: str
    imports: tuple[str, ...]
    pretrained: bool
    classes: int
    functions: int
    sequential: bool
    module_list: bool
    module_dict: bool
