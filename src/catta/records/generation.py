"""What language models are asked, answer and learn from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, kw_only=True, slots=True)
class Prompt:
    """What a language model is asked: an instruction and the forced beginning of its answer."""

    text: str
    prefix: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Completion:
    """What a generator answered.

    Attributes:
        text: The whole module, forced prefix included.
        tokens: Tokens generated (0 where none are).
        finished: Whether the generator ended by itself, before its token limit.
        parent: Id of the network it was made from (mutation).
    """

    text: str
    tokens: int = 0
    finished: bool = True
    parent: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """One prompt-completion pair for fine-tuning; the completion includes the forced prefix."""

    prompt: str
    completion: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Adapter:
    """A LoRA adapter on disk (a directory as peft writes it) with the hash of its weights."""

    path: str
    sha256: str
    base_model: str
    steps: int = 0
    tokens: int = 0
    seconds: float = 0.0
    losses: tuple[float, ...] = ()
    details: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
