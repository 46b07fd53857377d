"""A training told line by line, on stderr."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from catta.records import EpochMeasurement


@dataclass(frozen=True, slots=True)
class EpochLines:
    """Tells a training line by line, on stderr."""

    metric: str

    def message(self, text: str) -> None:
        """Print it."""
        typer.echo(text, err=True)

    def epoch(self, measured: EpochMeasurement, total: int) -> None:
        """One line."""
        parts = [f"loss {measured.loss:.4f}", f"{self.metric} {measured.accuracy:.4f}"]
        if measured.samples_per_second is not None:
            parts.append(f"{measured.samples_per_second:,.0f} samples/s")
        self.message(
            f"Epoch {measured.epoch} of {total}: {', '.join(parts)} ({measured.seconds:.1f} s)"
        )
