"""The arms: what generates in a cycle, and what it has learnt by then."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean, pstdev

from catta.errors import CorpusError, UsageError
from catta.fetch import sha256_of
from catta.generation import (
    Generator,
    MutationGenerator,
    OpenAIGenerator,
    ScriptedGenerator,
    TransformersGenerator,
)
from catta.loop.selection import Winner
from catta.loop.session import Session
from catta.models import ADAPTER_WEIGHTS
from catta.records import Adapter


def make_generator(session: Session, adapter: Adapter | None, pool: Sequence[Winner]) -> Generator:
    """The generator of one cycle.

    Args:
        session: Its configuration names the arm and the backend.
        adapter: What the language model has learnt (arms lora and frozen).
        pool: Networks to mutate, with their accuracies (arm mutation).
    """
    config = session.config
    if config.arm == "mutation":
        return MutationGenerator(weigh(pool))
    if config.backend == "scripted":
        return ScriptedGenerator(read_script(config.script))
    if config.backend == "openai":
        return OpenAIGenerator(config.model, settings=config.server, sampling=config.sampling)
    path = verified(adapter) if adapter else None
    return TransformersGenerator(
        config.model, path, settings=config.sampling, should_stop=session.stop
    )


def verified(adapter: Adapter) -> Path:
    """The directory of an adapter whose weights are those that were stored.

    Raises:
        CorpusError: The file is gone or altered.
    """
    weights = Path(adapter.path) / ADAPTER_WEIGHTS
    if not weights.is_file():
        raise CorpusError(f"adapter {weights} is gone; the run cannot go on without it")
    if sha256_of(weights) != adapter.sha256:
        raise CorpusError(f"adapter {weights} is not the file that was stored (SHA-256 differs)")
    return Path(adapter.path)


def weigh(pool: Sequence[Winner]) -> list[tuple[str, str, float]]:
    """Parents with sampling weights that double for each standard deviation of accuracy."""
    if not pool:
        raise UsageError("arm: mutation has no network to start from; raise seeds.learn_from")
    accuracies = [winner.accuracy for winner in pool]
    mean, deviation = fmean(accuracies), pstdev(accuracies) or 1.0
    return [(w.network_id, w.source, math.exp2((w.accuracy - mean) / deviation)) for w in pool]


def read_script(path: Path | None) -> list[str]:
    """The completions of backend `scripted`: a JSON list of strings."""
    try:
        texts = json.loads(Path(path or "").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"script: {path} cannot be read as JSON ({error})") from error
    if not isinstance(texts, list) or not texts or not all(isinstance(t, str) for t in texts):
        raise UsageError(f"script: {path} must be a JSON list of strings")
    return [str(text) for text in texts]
