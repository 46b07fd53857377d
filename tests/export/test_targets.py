"""What a user names, and which runtime it is for."""

from __future__ import annotations

from pathlib import Path

import pytest

from catta.errors import UsageError
from catta.export.targets import is_file, runtime_for


@pytest.mark.parametrize("name", ["gone.onnx", "gone.pt2", "gone.pte", "gone.tflite"])
def test_a_suffix_of_a_runtime_means_a_file_that_may_be_missing(name: str) -> None:
    assert is_file(name)


def test_a_module_or_a_name_means_a_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text("")
    Path("model.bin").write_text("")
    assert not is_file("mine.py")
    assert not is_file("residual")
    assert is_file("model.bin")


def test_a_network_runs_in_pytorch_and_a_file_by_its_suffix(tmp_path: Path) -> None:
    assert runtime_for("residual").name == "pytorch"
    assert runtime_for("gone.pt2").name == "pytorch"
    other = tmp_path / "model.bin"
    other.write_text("")
    with pytest.raises(UsageError, match=r"no runtime runs files that end in \.bin"):
        runtime_for(str(other))
