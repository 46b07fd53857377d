"""Runs of the loop, their cycles and candidates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from catta.records.building import BuildFacts
from catta.records.generation import Adapter, Completion, Prompt
from catta.records.networks import Match
from catta.records.outcomes import Stage, Verdict


class Phase(StrEnum):
    """How far a candidate has come; it only moves forward."""

    GENERATED = "generated"
    SCREENED = "screened"
    DONE = "done"


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """One completion of a generator, in one cycle of one run, and all that became of it.

    Attributes:
        index: Position in the cycle, from 0.
        phase: How far it has come.
        seed: Seed of the batch in which it was generated.
        generator: Identity of what generated it: the adapter's SHA-256, or the backend's name.
        source: Normalised source, once it parsed.
        network_id: Identity of the network, once it parsed.
        nearest: The most similar network known when it was screened.
        verdict: How it ended; None until phase DONE.
        accuracy: Validation accuracy in 0..1 if it was trained.
        admitted: Whether it was selected as an example for the following cycles.
        timings: Wall-clock seconds by stage.
    """

    run: str
    cycle: int
    index: int
    phase: Phase
    prompt: Prompt
    completion: Completion
    seed: int
    generator: str
    source: str | None = None
    network_id: str | None = None
    nearest: Match | None = None
    facts: BuildFacts | None = None
    verdict: Verdict | None = None
    accuracy: float | None = None
    admitted: bool = False
    timings: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def builds(self) -> bool:
        """Whether the network builds, runs forward and backward and keeps the caps."""
        return self.facts is not None and (
            self.verdict is None or self.verdict.stage is not Stage.BUILD
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Cycle:
    """One turn of a run. `closed` cycles have their selection made and their metrics stored.

    Attributes:
        generator: Identity of what generates in this cycle (adapter SHA-256 or backend name).
        adapter: Adapter that fine-tuning on this cycle produced, if it did.
        timings: Wall-clock seconds by stage (`generate`, `screen`, `train`, `finetune`, ...).
        metrics: What the table of cycles shows, by name.
    """

    run: str
    number: int
    generator: str
    closed: bool = False
    adapter: Adapter | None = None
    timings: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    metrics: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One closed loop.

    Attributes:
        id: Short name, unique in its corpus.
        arm: Generator the run uses: `lora`, `frozen` or `mutation`.
        config: The resolved configuration, as plain data.
        commit: Git commit of the code that ran, where it is known.
        created: UTC, ISO 8601.
        finished: UTC, ISO 8601, or None while there is something left to do.
        assessment: The final assessment on the test split, by name.
    """

    id: str
    arm: str
    config: Mapping[str, object]
    commit: str | None
    created: str
    finished: str | None = None
    assessment: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
