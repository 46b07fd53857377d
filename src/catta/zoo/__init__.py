"""Reference networks of Catta's own, one for each idea, and files to start a network from.

Both are package data: importing this package loads no torch, and runs none of them.
"""

from __future__ import annotations

from catta.zoo.cards import ZooCard, card, names, source, stated_task
from catta.zoo.starting import starting_file, tasks

__all__ = ["ZooCard", "card", "names", "source", "starting_file", "stated_task", "tasks"]
