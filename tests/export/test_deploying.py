"""A folder that works without Catta."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from catta.errors import UsageError
from catta.export.deploying import deploy
from catta.export.exporting import Exported, Reference, export, find_exporter
from catta.export.preprocessing import Preprocessing, preprocessing_of
from catta.export.subjects import Subject
from catta.export.workplace import Workplace
from catta.tasks.preparation import open_source
from catta.tasks.sources import ImageSource
from catta.training import recipe_for

pytest.importorskip("onnxruntime")


@pytest.fixture(scope="module")
def exported(subject: Subject, reference: Reference, workplace: Workplace) -> Exported:
    return export(subject, find_exporter("onnx", "none"), workplace=workplace, reference=reference)


@pytest.fixture(scope="module")
def how(subject: Subject) -> Preprocessing:
    return preprocessing_of(subject.recipe, 1)


@pytest.fixture(scope="module")
def folder(
    exported: Exported, how: Preprocessing, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    place = tmp_path_factory.mktemp("deployed") / "model"
    deploy(place, exported, preprocessing=how, lineage=[], measurements=[], origin="scikit-learn")
    return place


@pytest.fixture(scope="module")
def pictures(subject: Subject, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    source = open_source(subject.recipe.task, subject.recipe.dataset)
    assert isinstance(source, ImageSource)
    place = tmp_path_factory.mktemp("pictures")
    files = [place / f"{number}.png" for number in range(8)]
    for file, pixels in zip(files, source.raw.test_x, strict=False):
        Image.fromarray(pixels[0]).save(file)
    return files


def predicted(python: str, folder: Path, pictures: list[Path]) -> list[dict[str, object]]:
    command = [python, "-I", str(folder / "predict.py"), *map(str, pictures), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd="/")
    return [json.loads(line) for line in done.stdout.splitlines()]


def expected(exported: Exported, count: int) -> np.ndarray:
    import onnxruntime

    inputs = np.load(exported.subject.data.inputs / "test_x.npy")[:count]
    session = onnxruntime.InferenceSession(exported.content, providers=["CPUExecutionProvider"])
    scores = session.run(None, {session.get_inputs()[0].name: inputs})[0]
    shares = np.exp(scores - scores.max(1, keepdims=True))
    return shares / shares.sum(1, keepdims=True)


def test_the_script_says_what_the_network_says_of_the_same_images(
    folder: Path, exported: Exported, pictures: list[Path]
) -> None:
    found = predicted(sys.executable, folder, pictures)
    shares = np.array([one["all"] for one in found])
    np.testing.assert_allclose(shares, expected(exported, len(pictures)), atol=0.02)
    labels = json.loads((folder / "labels.json").read_text())
    assert [one["label"] for one in found] == [labels[n] for n in shares.argmax(1)]


def test_the_script_has_about_thirty_lines_and_needs_what_the_requirements_say(
    folder: Path,
) -> None:
    script = (folder / "predict.py").read_text()
    assert len(script.splitlines()) <= 40
    assert "catta" not in script
    needs = (folder / "requirements.txt").read_text()
    assert [line.split(">=")[0] for line in needs.splitlines()] == [
        "onnxruntime",
        "numpy",
        "pillow",
    ]


def test_the_card_says_what_was_trained_on_what_and_how_well(
    folder: Path, exported: Exported
) -> None:
    card = (folder / "README.md").read_text()
    for said in (
        "digits (scikit-learn)",
        f"{exported.accuracy_after:.4f}",
        exported.subject.network.id,
        exported.sha256,
        "Licence of the network: not stated",
        "Not measured",
    ):
        assert said in card


def test_a_border_is_what_small_images_get() -> None:
    how = preprocessing_of(recipe_for("img-classification", "", dataset="digits", resolution=10), 1)
    assert how.content == (8, 8)
    assert how.border == ((0, 0), (1, 1), (1, 1))


def test_what_cannot_be_deployed_is_refused(tmp_path: Path) -> None:
    text = recipe_for("txt-generation", "", dataset="python-docs")
    with pytest.raises(UsageError, match="img-classification only"):
        preprocessing_of(text, 1)
    transformed = recipe_for("img-classification", "", dataset="digits", transform="echo_32")
    with pytest.raises(UsageError, match="transform echo_32"):
        preprocessing_of(transformed, 1)


def test_nothing_half_written_and_nothing_overwritten(
    tmp_path: Path, exported: Exported, how: Preprocessing, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = tmp_path / "full"
    full.mkdir()
    (full / "mine").touch()
    with pytest.raises(UsageError, match="not empty"):
        deploy(full, exported, preprocessing=how, lineage=[], measurements=[])
    assert [one.name for one in full.iterdir()] == ["mine"]

    def disk_full(self: Path, content: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", disk_full)
    with pytest.raises(OSError, match="No space"):
        deploy(tmp_path / "new", exported, preprocessing=how, lineage=[], measurements=[])
    assert [one.name for one in tmp_path.iterdir()] == ["full"]


@pytest.mark.slow
def test_it_works_in_a_fresh_environment(
    folder: Path, exported: Exported, pictures: list[Path], tmp_path: Path
) -> None:
    venv.create(tmp_path / "fresh", with_pip=True)
    python = tmp_path / "fresh" / "bin" / "python"
    install = [str(python), "-m", "pip", "install", "-q", "-r", str(folder / "requirements.txt")]
    if subprocess.run(install, capture_output=True, check=False).returncode != 0:
        pytest.skip("pip can install nothing here")
    found = predicted(str(python), folder, pictures)
    shares = np.array([one["all"] for one in found])
    np.testing.assert_allclose(shares, expected(exported, len(pictures)), atol=0.02)
