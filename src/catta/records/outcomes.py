"""How candidates end."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """How a candidate ended. A failure is data and never a score."""

    OK = "OK"
    INVALID = "INVALID"
    DUPLICATE = "DUPLICATE"
    TIMEOUT = "TIMEOUT"
    OUT_OF_MEMORY = "OUT_OF_MEMORY"
    CRASHED = "CRASHED"


class Stage(StrEnum):
    """The steps of a candidate's way, cheapest first; a failure records which one decided."""

    EXTRACT = "extract"
    PARSE = "parse"
    POLICY = "policy"
    CONTRACT = "contract"
    NOVELTY = "novelty"
    BUILD = "build"
    EDGE = "edge"
    TRAIN = "train"
    SCORE = "score"


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """The outcome of one candidate, with the stage that decided it and one sentence of reason."""

    outcome: Outcome
    stage: Stage
    error: str | None = None

    @property
    def ok(self) -> bool:
        """Whether the network was trained and scored."""
        return self.outcome is Outcome.OK
