"""Which weights are whose, and which format and runtime is meant."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from catta.errors import UsageError
from catta.export import registry
from catta.export.exporting import find_exporter
from catta.export.files import write_file
from catta.export.subjects import Subject, subject_of
from catta.export.weights import read_weights
from catta.records import Network, Recipe
from catta.testing.exporter import NETWORK
from catta.training.subjects import named


def write(path: Path, network: Network, recipe: Recipe, **changed: str) -> Path:
    metadata = {"network": network.id, "name": network.name, "recipe": recipe.model_dump_json()}
    save_file({"w": np.ones((2, 2), np.float32)}, path, metadata={**metadata, **changed})
    return path


def test_weights_say_their_network_and_recipe(
    tmp_path: Path, network: Network, recipe: Recipe
) -> None:
    read = read_weights(write(tmp_path / "w.safetensors", network, recipe), network)
    assert read.recipe == recipe
    assert read.weights["w"].tolist() == [[1, 1], [1, 1]]


def test_weights_of_another_network_are_refused(
    tmp_path: Path, network: Network, recipe: Recipe
) -> None:
    other = named("bigger", NETWORK.replace("16", "24"))
    path = write(tmp_path / "w.safetensors", other, recipe)
    with pytest.raises(UsageError, match="weights of another network, bigger, not of small"):
        read_weights(path, network)


@pytest.mark.parametrize("content", [b"", b"no weights at all", b"\xff" * 100])
def test_a_file_that_is_none_is_refused(tmp_path: Path, content: bytes, network: Network) -> None:
    path = tmp_path / "w.safetensors"
    path.write_bytes(content)
    with pytest.raises(UsageError, match="holds no weights"):
        read_weights(path, network)


def test_a_file_that_is_not_there_is_named(tmp_path: Path, network: Network) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_weights(tmp_path / "none.safetensors", network)


def test_weights_that_do_not_say_whose_they_are_are_refused(
    tmp_path: Path, network: Network
) -> None:
    path = tmp_path / "w.safetensors"
    save_file({"w": np.ones(2, np.float32)}, path)
    with pytest.raises(UsageError, match="does not say which network"):
        read_weights(path, network)


def test_a_network_without_weights_says_how_to_get_them(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(NETWORK)
    with pytest.raises(UsageError, match=r"catta train .*--weights .*or add --untrained"):
        subject_of(path)


def test_images_for_calibration_are_of_the_training_split(subject: Subject) -> None:
    images = subject.images(10)
    every = np.load(subject.data.inputs / "train_x.npy")
    assert images.shape == (10, *subject.data.problem.sample)
    assert all((every == image).all(axis=(1, 2, 3)).any() for image in images)
    assert (subject.images(10) == images).all()
    assert len(subject.images(10**6)) == len(every)


def test_an_unknown_format_names_those_that_there_are() -> None:
    with pytest.raises(UsageError, match=r"format must be one of onnx, pt2.*'tflite9'"):
        registry.exporter("tflite9")
    with pytest.raises(UsageError, match="runtime must be one of"):
        registry.runtime("abacus")
    with pytest.raises(UsageError, match="quantization of pt2 must be one of none, fp16"):
        find_exporter("pt2", "int8-static")


def test_a_missing_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"needs onnx, .*pip install 'catta\[export\]'"):
        registry.exporter("onnx")


def test_the_runtime_of_a_file_is_told_by_its_suffix() -> None:
    assert registry.runtime_of(Path("a.onnx")) == "onnxruntime"
    assert registry.runtime_of(Path("a.pt2")) == "pytorch"
    with pytest.raises(UsageError, match=r"no runtime runs files that end in \.exe"):
        registry.runtime_of(Path("a.exe"))


def test_a_file_appears_when_it_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.onnx"
    write_file(path, b"old")
    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        write_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert [one.name for one in tmp_path.iterdir()] == ["a.onnx"]


def full(self: Path, target: Path) -> Path:
    raise OSError(28, "No space left on device")
