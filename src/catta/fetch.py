"""Files that Catta obtains through the package managers a machine already has: pip and apt.

Both are used through their ordinary clients, so that the user's mirrors, proxies and certificates
hold. Nothing that is fetched is executed or installed. A file appears in its directory only when it
is whole, and one process at a time fetches into one directory.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import importlib.metadata
import importlib.util
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from catta.errors import FetchError

Progress = Callable[[str], None]
"""Takes one line that says what is going on."""

_PINNED = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)==([A-Za-z0-9][A-Za-z0-9.!+_-]*)")
_PACKAGE = re.compile(r"[a-z0-9][a-z0-9.+-]+")
_PIP_PROGRESS = re.compile(r"Progress (\d+) of (\d+)")
_TEMPORARY = ".fetch-"
_APT_OPTIONS = ("-o", "Acquire::http::Timeout=10", "-o", "Acquire::Retries=0")
_APT_SECONDS = 600
_OFFLINE = re.compile(r"resolv|connect|timed out|unreachable|disk is full", re.IGNORECASE)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's content, in lower-case hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def pip_download(
    requirement: str,
    directory: Path,
    *,
    sha256: str | None = None,
    progress: Progress | None = None,
) -> Path:
    """Return the wheel of a pinned requirement, from `directory` or downloaded into it by pip.

    A wheel that lies in `directory` already is used without the network if it is intact: if it has
    the expected hash or, where no hash is known, if every member passes the zip checksum.

    Args:
        requirement: `name==version`.
        directory: Where wheels are kept; made if it is not there.
        sha256: Expected SHA-256 of the wheel.
        progress: Told in one line what is going on.

    Returns:
        Path of the verified wheel.

    Raises:
        FetchError: pip is missing or fails, the disk is full, or the wheel is not as expected.
    """
    pinned = _PINNED.fullmatch(requirement)
    if pinned is None:
        raise FetchError(f"{requirement!r} is not a requirement of the form name==version")
    with locked(directory, progress), storing(directory):
        for path in sorted(directory.glob("*.whl")):
            if _is_wheel_of(path, pinned[1], pinned[2]) and _defect(path, sha256) is None:
                return path
        with scratch_directory(directory) as scratch:
            _run_pip(requirement, scratch, progress)
            wheels = sorted(scratch.glob("*.whl"))
            if len(wheels) != 1:
                raise FetchError(f"pip did not download a wheel for {requirement}")
            defect = _defect(wheels[0], sha256)
            if defect is not None:
                raise FetchError(f"the wheel downloaded for {requirement} {defect}")
            target = directory / wheels[0].name
            wheels[0].replace(target)
            return target


def debian_package(name: str, directory: Path, *, progress: Progress | None = None) -> Path:
    """Return the unpacked files of a Debian package; no root needed, nothing is installed.

    Args:
        name: Name of the package.
        directory: Where unpacked packages are kept; made if it is not there.
        progress: Told in one line what is going on.

    Returns:
        The root of the unpacked package, `directory/name`.

    Raises:
        FetchError: This is no Debian system, the package cannot be had, or the disk is full.
    """
    if not _PACKAGE.fullmatch(name):
        raise FetchError(f"{name!r} is not a name of a Debian package")
    root = directory / name
    with locked(directory, progress), storing(directory):
        if root.is_dir():
            return root
        for program in ("apt-get", "dpkg-deb"):
            if shutil.which(program) is None:
                raise FetchError(
                    f"the Debian package {name} cannot be fetched: {program} is not on this system"
                )
        with scratch_directory(directory) as scratch:
            _tell(progress, f"Downloading the Debian package {name}")
            archive = _apt_download(name, scratch)
            unpacked = scratch / "root"
            _run(["dpkg-deb", "-x", str(archive), str(unpacked)], scratch, f"unpacking {name}")
            unpacked.replace(root)
            return root


@contextmanager
def locked(directory: Path, progress: Progress | None = None) -> Generator[None]:
    """Hold the lock of a cache directory, made if it is not there; wait while another holds it.

    The kernel releases the lock when its holder ends, however it ends.

    Raises:
        FetchError: The directory cannot be made or written, or the disk is full.
    """
    with storing(directory):
        directory.mkdir(parents=True, exist_ok=True)
        file = (directory / ".lock").open("a")
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _tell(progress, f"Waiting for another process that fetches into {directory}")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def storing(directory: Path) -> Generator[None]:
    """Turn an `OSError` of the file system into a `FetchError` that names the directory."""
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        reason = "the disk is full" if full else error.strerror or str(error)
        raise FetchError(f"cannot write to {directory}: {reason}") from error


@contextmanager
def scratch_directory(directory: Path) -> Generator[Path]:
    """A temporary directory inside `directory`, whose lock must be held; what is whole moves out.

    What a process that was killed left behind is removed first.
    """
    for leftover in directory.glob(_TEMPORARY + "*"):
        shutil.rmtree(leftover, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=directory, prefix=_TEMPORARY) as scratch:
        yield Path(scratch)


def _normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "_", name).lower()


def _is_wheel_of(path: Path, name: str, version: str) -> bool:
    """Whether a wheel's name says that it is of a project and version.

    Older tools kept the project's own spelling in it: `NN_Dataset-1.0.3-py3-none-any.whl`.
    """
    parts = path.name.split("-")
    return _normalised(parts[0]) == _normalised(name) and parts[1:2] == [version]


def _defect(path: Path, sha256: str | None) -> str | None:
    """What is wrong with a wheel, or None."""
    if sha256 is not None:
        found = sha256_of(path)
        return None if found == sha256 else f"has SHA-256 {found} instead of {sha256}"
    try:
        with zipfile.ZipFile(path) as archive:
            broken = archive.testzip()
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, RuntimeError):
        return "is truncated or damaged"
    return None if broken is None else f"is damaged at {broken!r}"


def _pip() -> list[str]:
    """The command that runs pip: this interpreter's, or else the one on PATH.

    Virtual environments made by uv have no pip, and uv itself downloads no wheels to a directory.
    Which Python runs pip does not matter here: the wheels are not for one Python version only.
    """
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    for name in ("pip3", "pip"):
        program = shutil.which(name)
        if program is not None:
            return [program]
    raise FetchError(
        "pip is needed for the download and is not there: install it "
        f"(`{sys.executable} -m ensurepip`, or `uv pip install pip`), or give a local file"
    )


def _progress_bar() -> str:
    """`raw` (one line a step) where this interpreter's pip knows it, from 24.1 on, else `off`."""
    try:
        version = importlib.metadata.version("pip").split(".")
    except importlib.metadata.PackageNotFoundError:
        return "off"
    numbers = [int(part) if part.isdigit() else 0 for part in version[:2]]
    return "raw" if numbers >= [24, 1] else "off"


def _run_pip(requirement: str, scratch: Path, progress: Progress | None) -> None:
    _tell(progress, f"Downloading {requirement}")
    command = [
        *_pip(),
        "download",
        "--no-deps",
        "--only-binary=:all:",
        f"--progress-bar={_progress_bar()}",
        "--disable-pip-version-check",
        "--no-input",
        "-d",
        str(scratch),
        requirement,
    ]
    lines: list[str] = []
    # pip first writes to its own temporary directory: keep that on the same file system, since
    # /tmp is often small.
    environment = os.environ | {"TMPDIR": str(scratch)}
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
        text=True,
        errors="replace",
    ) as process:
        try:
            for line in process.stdout or ():
                step = _PIP_PROGRESS.match(line)
                if step is None:
                    lines.append(line)
                else:
                    done, total = int(step[1]) / 1e6, int(step[2]) / 1e6
                    _tell(progress, f"Downloading {requirement}: {done:.0f} of {total:.0f} MB")
        except BaseException:
            process.terminate()
            raise
    if process.returncode != 0:
        raise FetchError(f"pip could not download {requirement}: {_last_words(''.join(lines))}")


def _apt_download(name: str, scratch: Path) -> Path:
    """Download a package's archive; where apt has no current package lists, with private ones."""
    try:
        _run(["apt-get", *_APT_OPTIONS, "download", name], scratch, f"downloading {name}")
    except FetchError as error:
        if _OFFLINE.search(str(error)):
            raise
        # Fresh containers come without package lists, and only root may fetch the system's.
        private = ["-o", f"Dir::State::lists={scratch}/lists", "-o", f"Dir::Cache={scratch}/cache"]
        (scratch / "lists" / "partial").mkdir(parents=True)
        (scratch / "cache" / "archives" / "partial").mkdir(parents=True)
        apt = ["apt-get", *_APT_OPTIONS, *private]
        _run([*apt, "update"], scratch, "reading Debian's package lists")
        _run([*apt, "download", name], scratch, f"downloading {name}")
    archives = sorted(scratch.glob("*.deb"))
    if not archives:
        raise FetchError(f"apt-get did not download the package {name}")
    return archives[0]


def _run(command: list[str], directory: Path, doing: str) -> None:
    try:
        done = subprocess.run(
            command,
            cwd=directory,
            env=os.environ | {"LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_APT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise FetchError(f"{doing} took longer than {_APT_SECONDS} seconds") from error
    if done.returncode != 0:
        raise FetchError(f"{doing} failed: {_last_words(done.stderr or done.stdout)}")


def _last_words(output: str) -> str:
    """The line of a program's output that tells best why it failed."""
    if "No space left on device" in output:
        return "the disk is full"
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith(("error", "e:", "dpkg-deb: error"))]
    return (errors or lines or ["it gave no reason"])[-1]


def _tell(progress: Progress | None, line: str) -> None:
    if progress is not None:
        progress(line)
