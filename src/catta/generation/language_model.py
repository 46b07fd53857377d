"""A causal language model made ready to generate: its adapter merged, its end tokens known."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeStubs=false
# The model libraries ship partly typed interfaces; what they leave unknown is not our mistake.

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from transformers import PreTrainedModel, PreTrainedTokenizerBase

from catta.generation.settings import SamplingSettings
from catta.models import load


@dataclass(frozen=True, kw_only=True, slots=True)
class LanguageModel:
    """What decoding needs.

    Attributes:
        model: In evaluation mode, without adapter layers.
        tokenizer: Its tokenizer.
        ends: Ids of the tokens that end an answer.
    """

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    ends: frozenset[int]

    def encode(self, text: str) -> list[int]:
        """Token ids of a text, without special tokens, as in fine-tuning."""
        return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def decode(self, ids: list[int]) -> str:
        """The text of token ids, byte for byte (no prettier spaces, which would change code)."""
        return str(
            self.tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        )

    @property
    def longest(self) -> int:
        """Largest number of tokens, prompt and answer together, that the model was made for."""
        return int(getattr(self.model.config, "max_position_embeddings", None) or 1 << 30)


def open_language_model(
    path: Path, adapter: Path | None, settings: SamplingSettings
) -> LanguageModel:
    """Load a model and merge an adapter into its weights: generation is then as fast as without.

    Args:
        path: Directory of the model.
        adapter: Directory of the adapter, or None.
        settings: Device and dtype.

    Raises:
        GenerationError: Model or adapter cannot be loaded.
    """
    model, tokenizer = load(path, device=settings.device, dtype=settings.dtype, adapter=adapter)
    return LanguageModel(model=model, tokenizer=tokenizer, ends=_ends(model, tokenizer))


def _ends(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> frozenset[int]:
    """The end tokens that the tokenizer and the model name; chat models have more than one."""
    named = getattr(model.generation_config, "eos_token_id", None)
    several = named if isinstance(named, list) else [named]
    return frozenset(
        int(token) for token in (tokenizer.eos_token_id, *several) if isinstance(token, int)
    )
