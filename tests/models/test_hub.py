"""The hub that cannot be asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from catta.models import hub


class ClientError(Exception):
    """An error of an HTTP library that nobody has heard of yet."""


def test_whatever_the_client_raises_means_unreachable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def no_cache(*arguments: object, **keywords: object) -> Path:
        return tmp_path

    class Api:
        def model_info(self, name: str, timeout: float) -> None:
            raise ClientError("Name or service not known\nand more")

    monkeypatch.setattr(hub, "snapshot_download", no_cache)
    monkeypatch.setattr(hub, "HfApi", Api)

    with pytest.raises(hub.Unavailable, match=r"^unreachable: Name or service not known$"):
        hub.snapshot("owner/model")
