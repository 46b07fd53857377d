"""Small wheels of LEMUR, made here: what a test of their import needs."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

NET = (
    "import torch\nclass Net(torch.nn.Module):\n    def forward(self, x):\n        return x * {n}\n"
)
CIFAR = "img-classification_cifar-10_acc_"
MNIST = "img-classification_mnist_acc_"


def net(number: int) -> str:
    """Source of a network; another number makes another network."""
    return NET.format(n=number)


def trial(accuracy: object, uid: str = "u1", **others: object) -> dict[str, object]:
    """A trial as it stands in a file; other fields replace the usual ones."""
    values: dict[str, object] = {"accuracy": accuracy, "uid": uid, "transform": "norm_32"}
    return values | {"batch": 16, "lr": 0.01, "duration": 1_000} | others


def members(version: str = "9.9.1") -> dict[str, str | bytes]:
    """Two networks under three names, a fourth name without code, modules, a measurement."""
    stat = "ab/nn/stat/train/"
    run = {"model_name": "Alpha", "device_type": "phone", "os_version": "15", "valid": True}
    return {
        f"nn_dataset-{version}.dist-info/METADATA": f"Name: nn-dataset\nVersion: {version}\n\n",
        "ab/nn/nn/__init__.py": "",
        "ab/nn/nn/Alpha.py": net(1),
        "ab/nn/nn/Alpha-twin_2.0.py": "# the same network\n" + net(1),
        "ab/nn/nn/ga-beta.py": net(2),
        "ab/nn/transform/norm_32.py": "def transform(norm): ...\n",
        "ab/nn/transform/__init__.py": "",
        "ab/nn/metric/acc.py": "def create_metric(out_shape): ...\n",
        "ab/nn/loader/cifar-10.py": "raise SystemExit('executed')\n",
        "ab/nn/loader/coco_/Caption.py": "raise SystemExit('executed')\n",
        f"{stat}{CIFAR}Alpha/1.json": json.dumps([trial(0.5), trial(0.7, "u2", momentum=0.9)]),
        f"{stat}{CIFAR}Alpha/2.json": json.dumps([trial(0.6, duration=2_000)]),
        f"{stat}{CIFAR}Alpha-twin_2.0/1.json": json.dumps([trial(0.55)]),
        f"{stat}{MNIST}ga-beta/1.json": json.dumps([trial(0.9, duration=None)]),
        f"{stat}{MNIST}no_code/1.json": json.dumps([trial(0.8)]),
        "ab/nn/stat/run/img-classification_Alpha/android.json": json.dumps(
            {**run, "emulator": False, "duration": 155, "device_analytics": {"cpu": [1, 2]}}
        ),
    }


def write_wheel(path: Path, content: Mapping[str, str | bytes]) -> Path:
    """Write a wheel with these members."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in content.items():
            archive.writestr(name, text)
    return path


def write_directory(path: Path, content: Mapping[str, str | bytes]) -> Path:
    """Write a directory with these files."""
    for name, text in content.items():
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode() if isinstance(text, str) else text)
    return path
