"""BLEU-4, ROUGE-L, CIDEr and METEOR of captions.

Sentences are compared token by token; a token is a word of the vocabulary, and the unknown word of
a prediction equals no other, not even an unknown word of a reference.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from torchmetrics.functional.text import bleu_score
from torchmetrics.functional.text.rouge import rouge_score

from catta.records import Problem
from catta.tasks.metric import Arrays
from catta.tasks.metrics.cider import cider
from catta.tasks.metrics.meteor import meteor
from catta.tasks.metrics.meteor_presence import has_meteor
from catta.tasks.targets import END, PADDING, START, UNKNOWN

Sentence = tuple[int, ...]


def compute_all(
    problem: Problem, predictions: Arrays, targets: Arrays, words: Sequence[str]
) -> dict[str, float]:
    """`bleu` and `rouge` in 0..1, `cider` in 0..10, `meteor` in 0..1 where it can be had.

    `bleu` is of the whole corpus, not smoothed: without a single common sequence of four words it
    is 0. `rouge` is the mean of the F measures with the most similar reference.
    """
    candidates = [sentence(tokens, problem.outputs) for tokens in predictions["captions"]]
    references = [_references(tokens) for tokens in targets["captions"]]
    texts = [_text(candidate) for candidate in candidates]
    reference_texts = [[_text(reference) for reference in some] for some in references]
    rouge = rouge_score(texts, reference_texts, rouge_keys="rougeL", accumulate="best")
    values = {
        "bleu": float(bleu_score(texts, reference_texts, n_gram=4)),
        "rouge": float(rouge["rougeL_fmeasure"]),
        "cider": cider(candidates, references),
    }
    if has_meteor():
        values["meteor"] = meteor(candidates, references, words)
    return values


def sentence(tokens: NDArray[np.int64], unknown: int = UNKNOWN) -> Sentence:
    """The words of a caption (L,): what stands before its end, without its start.

    Args:
        tokens: The caption.
        unknown: What the unknown word becomes.
    """
    ends = np.flatnonzero(tokens == END)
    inside = tokens[: ends[0]] if len(ends) else tokens
    kept = inside[(inside != PADDING) & (inside != START)]
    return tuple(np.where(kept == UNKNOWN, unknown, kept).tolist())


def _references(captions: NDArray[np.int64]) -> list[Sentence]:
    """Those of (R, L) that are not empty; an image that has none should be given no caption."""
    found = [sentence(tokens) for tokens in captions]
    return [reference for reference in found if reference] or [()]


def _text(tokens: Sentence) -> str:
    return " ".join(map(str, tokens))
