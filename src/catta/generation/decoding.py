"""Batched sampling from a causal language model, made for many answers to one prompt on a CPU.

`GenerationMixin.generate` computes the prompt once a row, copies the whole key-value cache at every
token, sorts the whole vocabulary for top-p, and goes on computing rows that have ended. Here the
prompt is computed once, the cache grows in place, only the likeliest tokens are sorted, and rows
that have ended leave the batch.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeStubs=false
# The model libraries ship partly typed interfaces; what they leave unknown is not our mistake.

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from inspect import signature

import torch
from transformers import DynamicCache, PreTrainedModel
from transformers.cache_utils import DynamicLayer

from catta.errors import Interrupted
from catta.generation.settings import SamplingSettings

NUCLEUS = 256
"""Largest number of tokens that are sampled from; a sharp distribution has a smaller nucleus."""

_ROOM = 128
_LEAVE = 1 / 8


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """Token ids that were drawn (without the end token), and whether the end token was drawn."""

    ids: list[int]
    finished: bool


@torch.inference_mode()
def sample_batch(
    model: PreTrainedModel,
    prompt: list[int],
    rows: int,
    settings: SamplingSettings,
    *,
    ends: frozenset[int],
    generator: torch.Generator,
    should_stop: Callable[[], bool] | None = None,
) -> list[Sample]:
    """Draw `rows` answers to one prompt, together.

    Args:
        model: In evaluation mode.
        prompt: Token ids.
        rows: Number of answers.
        settings: Temperature, top-p, top-k and the token limit.
        ends: Ids of the tokens that end an answer.
        generator: Source of randomness, on the model's device.
        should_stop: Asked before each token.

    Raises:
        Interrupted: `should_stop` said so.
    """
    answers: list[list[int]] = [[] for _ in range(rows)]
    finished = [False] * rows
    active = list(range(rows))  # rows still computed, in the order of the cache
    cache = _roomy_cache(model)
    keyword = {_cache_keyword(model): cache}
    inputs = torch.tensor([prompt], device=model.device)
    logits = model(input_ids=inputs, logits_to_keep=1, **keyword).logits[:, -1]
    logits = logits.expand(rows, -1)
    cache.batch_repeat_interleave(rows)
    for position in range(settings.max_new_tokens):
        if should_stop is not None and should_stop():
            raise Interrupted("generation stopped; the completions begun are dropped")
        drawn = draw(logits, settings, generator)
        tokens: list[int] = drawn.tolist()
        for row, token in zip(active, tokens, strict=True):
            if token in ends:
                finished[row] = True
            elif not finished[row]:
                answers[row].append(token)
        alive = [place for place, row in enumerate(active) if not finished[row]]
        if not alive or position + 1 == settings.max_new_tokens:
            break
        if len(active) - len(alive) >= _LEAVE * len(active):
            keep = torch.tensor(alive, device=model.device)
            cache.batch_select_indices(keep)
            drawn, active = drawn[keep], [active[place] for place in alive]
        logits = model(input_ids=drawn[:, None], **keyword).logits[:, -1]
    return [Sample(ids=ids, finished=done) for ids, done in zip(answers, finished, strict=True)]


def draw(
    logits: torch.Tensor, settings: SamplingSettings, generator: torch.Generator
) -> torch.Tensor:
    """One token a row: temperature, then top-k, then top-p.

    Args:
        logits: Shape (rows, vocabulary).
        settings: Temperature (0 takes the likeliest token), top-p, top-k.
        generator: Source of randomness.

    Returns:
        Token ids, shape (rows,).
    """
    if settings.temperature == 0:
        return logits.argmax(-1)
    scaled = logits.float() / settings.temperature
    width = min(settings.top_k or NUCLEUS, NUCLEUS, scaled.shape[-1])
    best, ids = scaled.topk(width, dim=-1)
    total = best if settings.top_k else scaled
    probabilities = (best - total.logsumexp(-1, keepdim=True)).exp()
    before = probabilities.cumsum(-1) - probabilities
    probabilities = probabilities.masked_fill(before >= settings.top_p, 0.0)
    places = torch.multinomial(probabilities, 1, generator=generator)
    return ids.gather(-1, places)[:, 0]


def _cache_keyword(model: PreTrainedModel) -> str:
    """How the model's `forward` calls its cache: transformers 5.24 has begun to rename it."""
    return "cache" if "cache" in signature(model.forward).parameters else "past_key_values"


def _roomy_cache(model: PreTrainedModel) -> DynamicCache:
    cache = DynamicCache(config=model.config)
    # Other kinds of layers (sliding windows, linear attention) keep their own, bounded caches.
    cache.layers = [
        _RoomyLayer() if type(layer) is DynamicLayer else layer for layer in cache.layers
    ]
    return cache


class _RoomyLayer(DynamicLayer):
    """Keys and values of one layer, with room for tokens to come; `keys` and `values` are views."""

    def __init__(self) -> None:
        super().__init__()
        self._rooms: tuple[torch.Tensor, torch.Tensor] | None = None

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: object, **kwargs: object
    ) -> tuple[torch.Tensor, torch.Tensor]:
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        length = self.get_seq_length()
        end = length + key_states.shape[-2]
        rooms = self._rooms
        if rooms is None or rooms[0].shape[-2] < end:
            rooms = (
                self._grown(key_states, self.keys, end),
                self._grown(value_states, self.values, end),
            )
            self._rooms = rooms
        rooms[0][..., length:end, :] = key_states
        rooms[1][..., length:end, :] = value_states
        self.keys, self.values = rooms[0][..., :end, :], rooms[1][..., :end, :]
        return self.keys, self.values

    def batch_repeat_interleave(self, repeats: int) -> None:
        super().batch_repeat_interleave(repeats)
        self._rooms = None

    def batch_select_indices(self, indices: torch.Tensor) -> None:
        length = self.get_seq_length()
        if self._rooms is None:
            super().batch_select_indices(indices)
            return
        keys, values = (room.index_select(0, indices) for room in self._rooms)
        self._rooms = (keys, values)
        self.keys, self.values = keys[..., :length, :], values[..., :length, :]

    @staticmethod
    def _grown(like: torch.Tensor, old: torch.Tensor | None, end: int) -> torch.Tensor:
        rows, heads, _, size = like.shape
        room = like.new_empty((rows, heads, end + _ROOM, size))
        if old is not None and old.numel() > 0:
            room[..., : old.shape[-2], :] = old
        return room
