"""Downloads by torchvision, made safe: never hanging, never leaving a half-written dataset."""

from __future__ import annotations

import contextlib
import shutil
import socket
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Generator
from pathlib import Path
from urllib.parse import urlsplit

from catta.errors import FetchError
from catta.fetch import Progress, locked, scratch_directory, storing
from catta.paths import cache_dir

REACH_SECONDS = 4.0
"""How long a server may take to answer before it counts as unreachable."""

_STALL_SECONDS = 30.0


def download_directory() -> Path:
    """Where downloaded datasets lie, in torchvision's own layout."""
    return cache_dir() / "datasets"


def download(build: Callable[[Path], object], *, url: str, progress: Progress | None) -> None:
    """Have `build` download into a temporary directory, then move all into `download_directory()`.

    Args:
        build: Downloads with torchvision into the directory it is given.
        url: One of the files that it will ask for; a server that does not answer is given up soon.
        progress: Told in one line what is going on.

    Raises:
        FetchError: The server cannot be reached, the download fails or the disk is full.
    """
    server = urlsplit(url).hostname
    if not _reachable(url):
        raise FetchError(f"{server} cannot be reached")
    root = download_directory()
    with locked(root, progress), storing(root), scratch_directory(root) as scratch:
        if progress is not None:
            progress(f"Downloading from {server}")
        try:
            # What torchvision prints must not get into the output of a command.
            with _socket_timeout(_STALL_SECONDS), contextlib.redirect_stdout(sys.stderr):
                build(scratch)
        except (OSError, RuntimeError, EOFError) as error:
            raise FetchError(f"the download from {server} failed: {error}") from error
        for entry in scratch.iterdir():
            target = root / entry.name
            if target.is_dir():
                shutil.rmtree(target)
            if not entry.name.endswith(".tar.gz"):  # it was unpacked beside itself
                entry.replace(target)


def _reachable(url: str) -> bool:
    """Whether the server of a URL answers, directly or through the proxy of the environment.

    Resolving a name knows no time limit of its own, so a thread does it that is left behind.
    """
    answers: list[bool] = []

    def ask() -> None:
        request = urllib.request.Request(url, method="HEAD")  # noqa: S310 - our own http(s) URLs
        try:
            with urllib.request.urlopen(request, timeout=REACH_SECONDS):  # noqa: S310
                answers.append(True)
        except urllib.error.HTTPError as error:
            answers.append(error.code < 400 or error.code == 405)
        except (OSError, ValueError):
            answers.append(False)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(REACH_SECONDS)
    return answers[:1] == [True]


@contextlib.contextmanager
def _socket_timeout(seconds: float) -> Generator[None]:
    """Let connections that stall fail; torchvision sets no time limit."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
