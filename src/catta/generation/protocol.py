"""What every generator can do."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from catta.records import Completion, Prompt


@runtime_checkable
class Generator(Protocol):
    """Writes networks: a language model, or one of the controls.

    Attributes:
        name: Identity stored with each candidate, such as the SHA-256 of an adapter.
    """

    @property
    def name(self) -> str:
        """Identity of what generates; equal names mean equal behaviour."""
        ...

    def generate(self, prompt: Prompt, n: int, seed: int) -> list[Completion]:
        """Answer a prompt `n` times.

        Args:
            prompt: What is asked, and the forced beginning of each answer.
            n: Number of completions.
            seed: Seed of all sampling; equal arguments give equal completions where the backend
                allows it.

        Returns:
            `n` completions, in an order that the seed decides.

        Raises:
            GenerationError: If the backend fails.
        """
        ...

    def close(self) -> None:
        """Give back what the generator holds (memory, connections); closing twice is fine."""
        ...
