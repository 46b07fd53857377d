"""Next-token accuracy and perplexity of a language model."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch.nn.functional import cross_entropy

from catta.records import Problem
from catta.tasks.metric import Arrays

_LOGITS = 1 << 22
"""Logits that are looked at at once: of a long text there are more than fit into memory twice."""

_LARGEST_LOSS = 700.0
"""Nats a token; the exponential of more would be infinite."""

_WORST = 1_000.0
"""The perplexity at and above which LEMUR's score is 0."""


def compute_all(
    problem: Problem, predictions: Arrays, targets: Arrays, words: Sequence[str]
) -> dict[str, float]:
    """`acc` in 0..1, `perplexity` from 1 on (lower is better), and `ppl` in 0..1, its score.

    `ppl` is LEMUR's: 1 for a perplexity of 1, 0 for one of 1,000 or more, linear in log(1 + p).
    """
    logits, wanted = predictions["scores"], targets["y"]
    step = max(1, _LOGITS // logits[0].size)
    loss, right = 0.0, 0
    for start in range(0, len(wanted), step):
        some = torch.tensor(logits[start : start + step]).flatten(0, 1)
        tokens = torch.tensor(wanted[start : start + step]).flatten()
        # in double precision the sum, not the logits
        loss += float(cross_entropy(some, tokens, reduction="none").double().sum())
        right += int((some.argmax(1) == tokens).sum())
    perplexity = math.exp(min(loss / wanted.size, _LARGEST_LOSS))
    return {"acc": right / wanted.size, "perplexity": perplexity, "ppl": _score(perplexity)}


def _score(perplexity: float) -> float:
    best, worst = math.log1p(1.0), math.log1p(_WORST)
    return min(1.0, max(0.0, 1.0 - (math.log1p(perplexity) - best) / (worst - best)))
