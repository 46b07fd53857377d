"""What a network is to give, by task, and the numbers that stand for something else."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

TARGETS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "img-classification": ("y",),
        "img-segmentation": ("y",),
        "obj-detection": ("boxes", "labels"),
        "img-captioning": ("captions",),
        "txt-generation": ("y",),
    }
)
"""The tasks, and the names of what a network is to give for each."""

PROBES = "probes"
"""Kept with the targets of a text: where its probes part from their originals."""

UNJUDGED = 255
"""A pixel that belongs to no class and is not scored."""

PADDING, START, END, UNKNOWN = range(4)
"""The first tokens of a vocabulary of captions."""
