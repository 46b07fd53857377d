"""Whether METEOR can be computed: it needs NLTK and its copy of WordNet."""

from __future__ import annotations

import importlib.util
from functools import cache
from importlib import import_module
from typing import Any


@cache
def has_meteor() -> bool:
    """Whether both are on this machine; nothing is downloaded."""
    if importlib.util.find_spec("nltk") is None:
        return False
    data: Any = import_module("nltk.data")
    for place in ("corpora/wordnet", "corpora/wordnet.zip"):
        try:
            data.find(place)
        except LookupError:
            continue
        return True
    return False
