"""Numbers and names of targets that stand for something else."""

from __future__ import annotations

PROBES = "probes"
"""Kept with the targets of a text: where its probes part from their originals."""

UNJUDGED = 255
"""A pixel that belongs to no class and is not scored."""

PADDING, START, END, UNKNOWN = range(4)
"""The first tokens of a vocabulary of captions."""
