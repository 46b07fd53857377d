"""Networks, and how alike they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True, slots=True)
class Network:
    """One Python module that defines `class Net(torch.nn.Module)`.

    Attributes:
        id: Versioned hash of the canonical source, `n1:<hex>`.
        source: Normalised source text (no comments, one statement a line), except that a
            published network (origin `lemur`, `user`) keeps its own text.
        name: The name it came with (a LEMUR name, a file stem, `run/cycle/index`).
        origin: Where it came from; `architecture` is a published one reduced to what a run
            learns from.
        parent: Id of the network it was adapted or mutated from.
        licence: SPDX identifier of the licence that travels with it.
    """

    id: str
    source: str
    name: str
    origin: Literal["lemur", "architecture", "adapted", "candidate", "user"]
    parent: str | None = None
    licence: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Match:
    """A known network and how alike it is: Jaccard similarity of 10-token shingles, 0..1."""

    network_id: str
    jaccard: float
