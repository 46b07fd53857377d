"""What a format and a runtime are to the rest: one file each, found by name in the registry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from catta.export.subjects import Subject
from catta.export.workplace import Workplace

NONE, FP16, INT8_DYNAMIC, INT8_STATIC = QUANTIZATIONS = (
    "none",
    "fp16",
    "int8-dynamic",
    "int8-static",
)
"""What weights and activations become: nothing else, 16 bits, 8-bit weights with activations
measured while running, 8 bits with ranges of activations that were measured before."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Converted:
    """A network as a file.

    Attributes:
        content: Its bytes; they came out of a sandbox and were checked.
        dynamic: Whether it takes batches of any size; else one sample at a time.
        details: What the format has to tell, such as the operator set; plain data.
    """

    content: bytes
    dynamic: bool
    details: Mapping[str, Any] = field(default_factory=dict[str, Any])


class Exporter(Protocol):
    """A format that networks become files of."""

    @property
    def name(self) -> str:
        """What users call it."""
        ...

    @property
    def suffix(self) -> str:
        """How its files end, with the dot."""
        ...

    @property
    def quantizations(self) -> tuple[str, ...]:
        """Those of `QUANTIZATIONS` that it has."""
        ...

    @property
    def runtime(self) -> str:
        """Name of the runtime that runs its files."""
        ...

    def convert(
        self, subject: Subject, quantization: str, *, calibrate: int, workplace: Workplace
    ) -> Converted:
        """Make a file of a network.

        Args:
            subject: The network and its weights; its code runs in the workplace only.
            quantization: One of `quantizations`.
            calibrate: How many images of the training split static ranges are measured with.
            workplace: Where its code runs.

        Raises:
            ExportError: The format has no operator for what it does, or what came back is no file.
        """
        ...


class Runtime(Protocol):
    """What runs files."""

    @property
    def name(self) -> str:
        """What users call it."""
        ...

    @property
    def suffixes(self) -> tuple[str, ...]:
        """How the files end that it runs."""
        ...

    @property
    def perform(self) -> str:
        """`module:function` of its jobs, for a worker; see `catta.export.jobs.running`."""
        ...

    @property
    def runs_networks(self) -> bool:
        """Whether it runs a network itself too, without a file."""
        ...

    def check(self, content: bytes) -> None:
        """Refuse what is no file of its own, before the runtime sees it.

        Raises:
            ExportError: It is none.
        """
        ...
