"""Jobs for tests of workers: `Worker(..., perform="catta.testing.jobs:echo")`."""

from __future__ import annotations

import errno
import os
import signal
import time
from collections.abc import Generator, Mapping
from typing import Any

import numpy as np
import torch

Result = tuple[dict[str, Any], dict[str, np.ndarray]]


def echo(job: Mapping[str, Any], data: Mapping[str, np.ndarray]) -> Result:
    """Return the job, and the data as they are."""
    return {"job": dict(job), "process": os.getpid()}, {k: np.array(v) for k, v in data.items()}


def fail(job: Mapping[str, Any], data: Mapping[str, np.ndarray]) -> Result:
    """Raise the text of the job."""
    raise RuntimeError(job["text"])


def sleep(job: Mapping[str, Any], data: Mapping[str, np.ndarray]) -> Result:
    """Sleep as many seconds as the job says."""
    time.sleep(job["sleep"])
    return {"slept": job["sleep"]}, {}


def tick(job: Mapping[str, Any], data: Mapping[str, np.ndarray]) -> Generator[Result, None, Result]:
    """Count up to `ticks`, a part each, with `sleep` seconds after each."""
    for number in range(int(job["ticks"])):
        yield {"number": number}, {}
        time.sleep(job["sleep"])
    return {"ticks": job["ticks"]}, {}


def compute(job: Mapping[str, Any], data: Mapping[str, np.ndarray]) -> Result:
    """Multiply matrices, which uses all threads."""
    product = torch.ones(512, 512) @ torch.ones(512, 512)
    return {"threads": torch.get_num_threads(), "mean": float(product.mean())}, {}


def write(job: Mapping[str, Any], data: Mapping[str, np.ndarray]) -> Result:
    """Write a byte to a file that has to be there; the name of the error, or None."""
    try:
        os.write(os.open(job["path"], os.O_RDWR), b"x")
    except OSError as error:
        return {"error": errno.errorcode[error.errno or 0]}, {}
    return {"error": None}, {}


def kill_zygote(job: Mapping[str, Any], data: Mapping[str, np.ndarray]) -> Result:
    """Kill the zygote, which only works without a sandbox."""
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(60)
    return {}, {}


def leave_processes(job: Mapping[str, Any], data: Mapping[str, np.ndarray]) -> Result:
    """Leave a sleeping process behind, which only works without a sandbox."""
    child = os.fork()
    if child == 0:
        time.sleep(60)
        os._exit(0)
    return {"left": child}, {}


def unpackable(job: Mapping[str, Any], data: Mapping[str, np.ndarray]) -> Result:
    """Return what cannot travel."""
    return {"value": object()}, {}
