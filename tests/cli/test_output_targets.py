"""Where a file cannot be written is said before the work, under the name of the option."""

from __future__ import annotations

from pathlib import Path

import pytest

from catta.cli import output
from catta.cli.output import check_target
from catta.errors import UsageError


def test_a_place_for_a_file_is_fine(tmp_path: Path) -> None:
    check_target(None, "--best")
    check_target(tmp_path / "new.toml", "--best")
    assert list(tmp_path.iterdir()) == []


def test_a_directory_or_one_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"--best: {tmp_path} is a directory; name a file"):
        check_target(tmp_path, "--best")
    with pytest.raises(UsageError, match=f"--output: there is no directory {tmp_path}/nowhere"):
        check_target(tmp_path / "nowhere" / "new.toml", "--output")


def test_a_directory_that_may_not_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output.os, "access", lambda *_: False)  # root may write anywhere
    with pytest.raises(UsageError, match=f"--weights: nothing can be written to {tmp_path}"):
        check_target(tmp_path / "w.safetensors", "--weights")
