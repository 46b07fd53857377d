"""A generator that replays given completions: for tests, and to repeat a run without a model."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence

from catta.errors import UsageError
from catta.records import Completion, Prompt


class ScriptedGenerator:
    """Replays completions.

    Which one is chosen depends on the seed and the position in the batch alone, not on what was
    asked before, so that a run that was killed and resumed gets the same ones. One batch goes
    through all of them before any comes twice.

    Args:
        completions: Texts to replay, at least one.

    Raises:
        UsageError: If there is none.
    """

    def __init__(self, completions: Sequence[str]) -> None:
        if not completions:
            raise UsageError("script: holds no completions; at least one is needed")
        self._completions = tuple(completions)
        digest = hashlib.sha256("\0".join(completions).encode("utf-8", "surrogatepass"))
        self.name = f"scripted:{digest.hexdigest()[:16]}"

    def generate(self, prompt: Prompt, n: int, seed: int) -> list[Completion]:
        """Replay `n` completions; the prompt is ignored."""
        del prompt
        return [Completion(text=self._choose(seed, i)) for i in range(n)]

    def close(self) -> None:
        """Nothing is held."""

    def _choose(self, seed: int, position: int) -> str:
        turn, place = divmod(position, len(self._completions))
        order = list(self._completions)
        random.Random(f"{seed}/{turn}").shuffle(order)  # noqa: S311 - not a secret
        return order[place]
