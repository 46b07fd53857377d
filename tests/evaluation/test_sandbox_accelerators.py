"""Device files of GPUs are found, and a sandbox gives those that it is told, and no others."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from catta.evaluation import Sandbox, Worker, available_sandboxes
from catta.evaluation.sandbox import accelerators

FULL = Path("/dev/full")
"""Everybody may write to it, though it is always full; in a sandbox nobody may."""


def files(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def found(root: Path, environment: dict[str, str] | None = None) -> set[str]:
    return {str(p.relative_to(root)) for p in accelerators(root, environment or {})}


def test_a_machine_without_a_gpu_has_none(tmp_path: Path) -> None:
    files(tmp_path, "null", "dri/card0", "dri/renderD128", "nvidia-uvm")  # a screen, a driver
    assert found(tmp_path) == set()


def test_cuda(tmp_path: Path) -> None:
    names = {"nvidiactl", "nvidia0", "nvidia1", "nvidia-uvm", "nvidia-caps/nvidia-cap1"}
    files(tmp_path, *names, "nvidia-modeset", "dri/renderD128")
    assert found(tmp_path) == names


def test_rocm_and_windows(tmp_path: Path) -> None:
    files(tmp_path, "kfd", "dri/card0", "dri/renderD128", "dxg")
    assert found(tmp_path) == {"kfd", "dri/renderD128", "dxg"}


@pytest.mark.parametrize("none", ["", "-1"])
def test_the_user_wants_none(tmp_path: Path, none: str) -> None:
    files(tmp_path, "nvidiactl", "nvidia0")
    assert found(tmp_path, {"CUDA_VISIBLE_DEVICES": none}) == set()
    assert found(tmp_path, {"CUDA_VISIBLE_DEVICES": "0"}) == {"nvidiactl", "nvidia0"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open anything")
def test_what_the_user_may_not_open_is_left_out(tmp_path: Path) -> None:
    files(tmp_path, "nvidiactl", "nvidia0")
    (tmp_path / "nvidia0").chmod(0)
    assert found(tmp_path) == {"nvidiactl"}


@pytest.mark.parametrize("sandbox", available_sandboxes(), ids=lambda s: s.name)
@pytest.mark.parametrize(("devices", "expected"), [([], "EACCES"), ([FULL], "ENOSPC")])
def test_a_device_is_reached_only_if_it_is_given(
    sandbox: Sandbox, devices: list[Path], expected: str
) -> None:
    with Worker(
        None, sandbox=sandbox, devices=devices, perform="catta.testing.jobs:write"
    ) as worker:
        reply = worker.run({"path": str(FULL)}, seconds=60.0, memory_mb=1_024)
    assert reply.error is None
    assert reply.header == {"error": expected}
