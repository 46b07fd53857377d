from __future__ import annotations

from pathlib import Path

import pytest

from catta.evaluation import available_sandboxes


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def cache(shared_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One cache for all: the digits are prepared once."""
    monkeypatch.setenv("CATTA_CACHE", str(shared_cache))
    return shared_cache


@pytest.fixture(scope="session")
def unsafe() -> bool:
    """These tests are not about the sandbox: any will do, and where there is none, none."""
    return not list(available_sandboxes())
