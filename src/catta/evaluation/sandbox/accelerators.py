"""GPUs in a sandbox: their device files, and what their drivers read.

Sources: NVIDIA's driver README, chapter "Device files"; ROCm, "Running containers: restricting GPU
access"; Microsoft, "CUDA on WSL". A driver is a large interface to the kernel, which networks reach
where there is a GPU; an empty `CUDA_VISIBLE_DEVICES` keeps it closed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

VARIABLES = (
    "CUDA_VISIBLE_DEVICES",
    "CUDA_DEVICE_ORDER",
    "HIP_VISIBLE_DEVICES",
    "ROCR_VISIBLE_DEVICES",
)
"""Of the user's environment, what says which GPUs are to be used."""

_NONE = {"", "-1"}
_NVIDIA = ("nvidiactl", "nvidia[0-9]*", "nvidia-uvm", "nvidia-uvm-tools", "nvidia-caps/*")
_AMD = ("kfd", "dri/renderD*")
_WINDOWS = ("dxg",)
# Where the first file of a list is not there, the others are no GPU to compute on.
_DEVICES = (_NVIDIA, _AMD, _WINDOWS)
_READ = (
    *("/proc/driver/nvidia", "/proc/devices", "/proc/modules"),
    *("/sys/module/nvidia", "/sys/module/nvidia_uvm", "/sys/module/amdgpu"),
    *("/sys/bus/pci/devices", "/sys/class/kfd", "/sys/devices/virtual/kfd", "/sys/class/drm"),
)


def accelerators(
    devices: Path = Path("/dev"), environment: Mapping[str, str] = os.environ
) -> list[Path]:
    """Device files that computing on a GPU needs and this user may open."""
    if environment.get("CUDA_VISIBLE_DEVICES") in _NONE:
        return []
    found: list[Path] = []
    for first, *others in _DEVICES:
        if (devices / first).exists():
            found += [path for name in (first, *others) for path in sorted(devices.glob(name))]
    return [path for path in found if os.access(path, os.R_OK | os.W_OK)]


def files_of_drivers() -> list[Path]:
    """Files and directories that drivers read beside their device files."""
    return [path for path in map(Path, _READ) if path.exists()]
