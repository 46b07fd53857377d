"""The warm-up: teach the language model the contract on the seeds, once, and reuse it.

The first of these that exists is taken: an adapter of the same settings in this corpus, the
warm-start adapter that ships with the package (default model and settings only), and otherwise
a new one is trained.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Sequence
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

from catta.corpus import Corpus
from catta.errors import FetchError
from catta.fetch import sha256_of
from catta.finetune import train_adapter
from catta.generation import build_prompt, training_example
from catta.loop.config import RunConfig
from catta.loop.seeds import seed_list_hash
from catta.loop.session import Session
from catta.models import ADAPTER_WEIGHTS, DEFAULT_MODEL
from catta.paths import cache_dir
from catta.records import Adapter, Example, Network, Problem

CARD_FILE = "card.json"


def shipped_adapter(config: RunConfig) -> Adapter | None:
    """The warm-start adapter inside the package, where the settings are those it was made with.

    Raises:
        FetchError: The weights are not those that the card describes.
    """
    default = RunConfig()
    if (config.model, config.warmup, config.seeds.warmup_examples) != (
        default.model,
        default.warmup,
        default.seeds.warmup_examples,
    ):
        return None
    directory = Path(str(resources.files("catta.loop"))) / "warmstart"
    card_path = directory / CARD_FILE
    if not card_path.is_file():
        return None
    card = json.loads(card_path.read_text(encoding="utf-8"))
    if sha256_of(directory / ADAPTER_WEIGHTS) != card["sha256"]:
        raise FetchError(f"the warm-start adapter in {directory} is damaged; install Catta again")
    return Adapter(
        path=str(directory),
        sha256=card["sha256"],
        base_model=card["base_model"],
        steps=card["steps"],
        tokens=card["tokens"],
        seconds=card["seconds"],
        losses=tuple(card["losses"]),
        details=card,
    )


def stored_adapter(corpus: Corpus, config: RunConfig) -> Adapter | None:
    """An adapter that an earlier warm-up with the same settings left, if its file is intact."""
    adapter = corpus.adapters.get(warmup_key(config))
    if adapter is None:
        return None
    weights = Path(adapter.path) / ADAPTER_WEIGHTS
    if not weights.is_file() or sha256_of(weights) != adapter.sha256:
        return None
    return adapter


def train_warmup(session: Session, output: Path | None = None) -> Adapter:
    """Fine-tune the bare model on the seeds and store the adapter under its settings.

    Args:
        session: `model`, `warmup`, `seeds` and `seed` of its configuration matter.
        output: Directory of the adapter; default: the cache.
    """
    config, observer = session.config, session.observer
    chosen = draw_seeds(session.seeds, config)
    examples = warmup_examples(chosen, config, session.data.problem)
    key = warmup_key(config)
    directory = output or cache_dir() / "adapters" / key.replace(":", "-")
    observer.begin("warm-up", None)

    def progress(step: int, steps: int, loss: float) -> None:
        if step == 1:
            observer.end()
            observer.begin("warm-up", steps)
        observer.advance(note=f"loss {loss:.3f}")

    adapter = train_adapter(
        config.model,
        None,
        examples,
        config.warmup,
        directory,
        progress=progress,
        should_stop=session.stop,
    )
    observer.end()
    card = _card(adapter, chosen, config)
    (directory / CARD_FILE).write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    adapter = replace(adapter, details=card)
    session.corpus.adapters.save(key, adapter)
    return adapter


def draw_seeds(seeds: Sequence[Network], config: RunConfig) -> list[Network]:
    """The seeds a warm-up teaches: a seeded draw, so that families mix."""
    shuffled = list(seeds)
    random.Random(config.seed).shuffle(shuffled)  # noqa: S311 - reproducible, no secret
    return shuffled[: config.seeds.warmup_examples]


def warmup_examples(seeds: Sequence[Network], config: RunConfig, problem: Problem) -> list[Example]:
    """Prompt-completion pairs that teach the form; the score wanted is `any`."""
    prompt = build_prompt(problem, config.caps, accuracy=None, helpers=True)
    return [training_example(prompt, seed.source) for seed in seeds]


def warmup_key(config: RunConfig) -> str:
    """Key of a warm-up: everything that decides what the adapter becomes."""
    settings = {
        "model": config.model,
        "warmup": config.warmup.model_dump(),
        "seeds": config.seeds.model_dump(exclude={"learn_from"}),
        "caps": config.caps.model_dump(),
        "seed": config.seed,
    }
    return "warmup:" + _digest(settings)


def _card(adapter: Adapter, seeds: Sequence[Network], config: RunConfig) -> dict[str, Any]:
    licences: dict[str, int] = {}
    for seed in seeds:
        licences[seed.licence or "unknown"] = licences.get(seed.licence or "unknown", 0) + 1
    return {
        "base_model": adapter.base_model,
        "sha256": adapter.sha256,
        "seed_networks": len(seeds),
        "seed_list_sha256": seed_list_hash(seeds),
        "seed_licences": licences,
        "steps": adapter.steps,
        "tokens": adapter.tokens,
        "seconds": round(adapter.seconds, 1),
        "seed": config.seed,
        "settings": config.warmup.model_dump(),
        "losses": [round(loss, 4) for loss in adapter.losses],
        "rebuild": "catta warmup --force -o DIRECTORY",
        "licence": "MIT (the adapter); Apache-2.0 (SmolLM2, not included)"
        if config.model == DEFAULT_MODEL
        else "see the base model",
        "seeds": [[seed.name, seed.id, seed.licence] for seed in seeds],
    }


def _digest(settings: object) -> str:
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:24]
