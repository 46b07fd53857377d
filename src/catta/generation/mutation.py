"""The control that needs no language model: mutate the syntax trees of known networks.

Whatever a language model reaches in a run, this reaches something too, for a thousandth of the
cost; every result is compared with it.
"""

from __future__ import annotations

import ast
import hashlib
import math
from collections.abc import Mapping, Sequence
from random import Random
from types import MappingProxyType

from catta.errors import UsageError
from catta.generation.mutation_blocks import (
    add_skip,
    deepen,
    flatten_out,
    mutate_count,
    repeat_unit,
    swap_units,
)
from catta.generation.mutation_layers import (
    mutate_activation,
    mutate_dropout,
    mutate_kernel,
    mutate_norm,
    mutate_order,
    mutate_pooling,
)
from catta.generation.mutation_syntax import Mutation
from catta.generation.mutation_width import mutate_width
from catta.novelty import (
    THRESHOLD,
    InvalidSource,
    Signature,
    jaccard,
    normalize,
    parse,
    signature,
    unparse,
)
from catta.records import Completion, Prompt

MUTATIONS: Mapping[str, Mutation] = MappingProxyType(
    {
        "width": mutate_width,
        "kernel": mutate_kernel,
        "activation": mutate_activation,
        "norm": mutate_norm,
        "dropout": mutate_dropout,
        "pooling": mutate_pooling,
        "order": mutate_order,
        "deepen": deepen,
        "flatten": flatten_out,
        "repeat": repeat_unit,
        "swap": swap_units,
        "count": mutate_count,
        "skip": add_skip,
    }
)
"""All mutations by name; each is as likely as any other that finds a place in the parent."""

_TRIES = 20


class MutationGenerator:
    """Makes children of known networks.

    A child has `mutations_per_child` mutations, and more, up to three times as many, while it
    would count as a near-duplicate of its parent.

    Args:
        parents: Id, source and weight (how often to choose it, relative to the others) of each.
        mutations_per_child: Least number of mutations.

    Raises:
        UsageError: If there is no parent, or a weight or the number of mutations is not positive.
    """

    def __init__(
        self, parents: Sequence[tuple[str, str, float]], mutations_per_child: int = 2
    ) -> None:
        if not parents:
            raise UsageError("arm: mutation needs at least one network to start from")
        if mutations_per_child < 1:
            raise UsageError("mutations_per_child: must be at least 1")
        if not all(math.isfinite(w) and w > 0 for _, _, w in parents):
            raise UsageError("arm: mutation needs a positive weight for each parent")
        self._parents = tuple(parents)
        self._weights = [weight for _, _, weight in parents]
        self._least = mutations_per_child
        text = repr([(i, w) for i, _, w in parents] + [mutations_per_child])
        self.name = f"mutation:{hashlib.sha256(text.encode()).hexdigest()[:16]}"

    def generate(self, prompt: Prompt, n: int, seed: int) -> list[Completion]:
        """Make `n` children; each depends on the seed and its position alone, not on the prompt."""
        del prompt
        return [self._child(Random(f"{seed}/{i}")) for i in range(n)]  # noqa: S311 - not a secret

    def close(self) -> None:
        """Nothing is held."""

    def _child(self, rng: Random) -> Completion:
        for _ in range(_TRIES):
            identity, source, _ = rng.choices(self._parents, self._weights)[0]
            try:
                text = mutate(source, rng, self._least)
            except InvalidSource:
                continue
            if text is not None:
                return Completion(text=text + "\n", parent=identity)
        # Nothing to mutate in any parent drawn: a copy, which the novelty filter will refuse.
        identity, source, _ = rng.choices(self._parents, self._weights)[0]
        return Completion(text=source, parent=identity)


def mutate(source: str, rng: Random, least: int = 2) -> str | None:
    """A mutated copy of a network.

    Args:
        source: Text of a network.
        rng: Where all choices come from.
        least: Least number of mutations; up to three times as many are made while the result is a
            near-duplicate of the source.

    Returns:
        Canonical text that differs from the source and parses, or None where nothing applies.

    Raises:
        InvalidSource: If the source does not parse.
    """
    tree = parse(source)
    original = signature(source)
    text: str | None = None
    for count in range(3 * least):
        if not _apply_any(tree, rng):
            break
        text = normalize(unparse(ast.fix_missing_locations(tree)))
        tree = parse(text)  # every step starts from what it would be written as
        if count + 1 >= least and _similarity(original, text) < THRESHOLD:
            break
    return None if text == normalize(source) else text


def _similarity(original: Signature, text: str) -> float:
    return jaccard(original, signature(text))


def _apply_any(tree: ast.Module, rng: Random) -> bool:
    """Apply one mutation that finds a place, tried in random order."""
    names = list(MUTATIONS)
    rng.shuffle(names)
    return any(MUTATIONS[name](tree, rng) for name in names)
