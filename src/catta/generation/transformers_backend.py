"""A local language model, with or without a LoRA adapter, as a generator.

This module is light: transformers and torch are imported when the first completion is wanted.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from catta.errors import GenerationError
from catta.fetch import sha256_of
from catta.generation.settings import SamplingSettings
from catta.models import ADAPTER_WEIGHTS, resolve
from catta.records import Completion, Prompt

if TYPE_CHECKING:
    from catta.generation.language_model import LanguageModel


class TransformersGenerator:
    """Samples from a causal language model of `transformers`, many answers at a time.

    The same prompt, number and seed give the same completions on the same machine.
    """

    def __init__(
        self,
        model: str,
        adapter: Path | None = None,
        *,
        settings: SamplingSettings | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> None:
        """Find the model and the adapter; they are loaded when the first completion is wanted.

        Args:
            model: See `catta.models.resolve`.
            adapter: Directory of a LoRA adapter for it.
            settings: Sampling, batch size, device, dtype.
            should_stop: Asked before each token; True ends the generation with `Interrupted`.

        Raises:
            UsageError: There is no such model.
            GenerationError: There is no such adapter.
        """
        self._path = resolve(model)
        self._adapter = adapter
        self._settings = settings or SamplingSettings()
        self._should_stop = should_stop
        self._loaded: LanguageModel | None = None
        if adapter is None:
            self._name = model
        elif (adapter / ADAPTER_WEIGHTS).is_file():
            self._name = sha256_of(adapter / ADAPTER_WEIGHTS)
        else:
            raise GenerationError(
                f"{adapter} is not a directory of an adapter: no {ADAPTER_WEIGHTS}"
            )

    @property
    def name(self) -> str:
        """SHA-256 of the adapter's weights, or the model's name without one."""
        return self._name

    def generate(self, prompt: Prompt, n: int, seed: int) -> list[Completion]:
        """Answer a prompt `n` times; see `Generator`.

        Raises:
            Interrupted: `should_stop` said so; nothing is returned.
            GenerationError: The model cannot be loaded or computed.
        """
        import torch

        from catta.generation.decoding import sample_batch

        loaded = self._load()
        ids = [*loaded.encode(prompt.text), *loaded.encode(prompt.prefix)]
        settings = self._settings
        limit = min(settings.max_new_tokens, loaded.longest - len(ids))
        if limit < 1:
            raise GenerationError(
                f"the prompt has {len(ids)} tokens; the model takes {loaded.longest}"
            )
        settings = settings.model_copy(update={"max_new_tokens": limit})
        randomness = torch.Generator(device=loaded.model.device).manual_seed(seed)
        completions: list[Completion] = []
        while len(completions) < n:
            try:
                samples = sample_batch(
                    loaded.model,
                    ids,
                    min(settings.batch, n - len(completions)),
                    settings,
                    ends=loaded.ends,
                    generator=randomness,
                    should_stop=self._should_stop,
                )
            except RuntimeError as error:  # torch's, such as no memory left
                raise GenerationError(f"the language model failed: {error}") from error
            completions += [
                Completion(
                    text=prompt.prefix + loaded.decode(sample.ids),
                    tokens=len(sample.ids),
                    finished=sample.finished,
                )
                for sample in samples
            ]
        return completions

    def close(self) -> None:
        """Give back the model's memory; the next call of `generate` would load it again."""
        self._loaded = None

    def _load(self) -> LanguageModel:
        if self._loaded is None:
            from catta.generation.language_model import open_language_model

            self._loaded = open_language_model(self._path, self._adapter, self._settings)
        return self._loaded
