"""A folder with everything that using a network takes, and nothing of Catta's."""

from __future__ import annotations

import importlib.metadata
import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path

from catta.corpus.edge import EdgeMeasurement
from catta.errors import UsageError
from catta.export.deploy_card import card
from catta.export.exporting import Exported
from catta.export.preprocessing import Preprocessing
from catta.records import Network

MODEL = "model.onnx"
_NEEDS = ("onnxruntime", "numpy", "pillow")


def check_folder(path: Path) -> None:
    """Raise UsageError, before any work, where no folder can be made."""
    if path.is_dir():
        if any(path.iterdir()):
            raise UsageError(f"--output: {path} is not empty: name a directory that is not there")
    elif path.exists():
        raise UsageError(f"--output: {path} is a file: name a directory that is not there")
    elif not path.absolute().parent.is_dir():
        raise UsageError(f"--output: {path.absolute().parent} is no directory")


def deploy(
    folder: Path,
    exported: Exported,
    *,
    preprocessing: Preprocessing,
    lineage: list[Network],
    measurements: list[EdgeMeasurement],
    origin: str = "",
) -> Mapping[str, int]:
    """Write the folder, whole or not at all.

    Args:
        folder: Where; see `check_folder`.
        exported: The model.
        preprocessing: How images become inputs.
        lineage: The networks that it was made from, its parent first.
        measurements: What running the model takes.
        origin: Where the dataset comes from.

    Returns:
        The sizes of the files by name.

    Raises:
        UsageError: It is no classification, or the folder is not empty.
        OSError: The disk is full, or the directory may not be written.
    """
    check_folder(folder)
    contents = {
        MODEL: exported.content,
        "labels.json": _json(_labels(exported)),
        "normalisation.json": _json(asdict(preprocessing)),
        "predict.py": (files("catta.export") / "assets" / "predict.py.txt").read_bytes(),
        "requirements.txt": _requirements().encode(),
        "README.md": card(
            exported, preprocessing, lineage=lineage, measurements=measurements, origin=origin
        ).encode(),
    }
    draft = Path(tempfile.mkdtemp(dir=folder.absolute().parent, prefix=".catta-"))
    try:
        for name, content in contents.items():
            (draft / name).write_bytes(content)
        draft.chmod(0o755)  # mkdtemp makes it private; this folder is meant to be shared
        draft.replace(folder)  # takes the place of an empty directory too
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return {name: len(content) for name, content in contents.items()}


def _labels(exported: Exported) -> list[str]:
    data = exported.subject.data
    return list(data.words) or [str(number) for number in range(data.problem.outputs)]


def _requirements() -> str:
    """What it was tested with, or later."""
    return "".join(f"{name}>={importlib.metadata.version(name)}\n" for name in _NEEDS)


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()
