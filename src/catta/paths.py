"""Where Catta keeps things on this machine."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def cache_dir() -> Path:
    """Directory of what can be fetched or computed again (`CATTA_CACHE` overrides it)."""
    override = os.environ.get("CATTA_CACHE")
    return Path(override) if override else Path(platformdirs.user_cache_dir("catta"))


def default_corpus() -> str:
    """Path or URL of the corpus: `CATTA_CORPUS`, else a file in the user's data directory."""
    override = os.environ.get("CATTA_CORPUS")
    return override or str(Path(platformdirs.user_data_dir("catta")) / "corpus.sqlite")
