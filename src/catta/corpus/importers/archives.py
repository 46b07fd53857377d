"""Collections of files to import from: a zip file, read member by member, or a directory."""

from __future__ import annotations

import hashlib
import os
import struct
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from catta.errors import FetchError, UsageError

_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, struct.error, RuntimeError)


class Archive(Protocol):
    """Files by their names, whose parts are separated by `/`."""

    @property
    def path(self) -> Path:
        """Where it is."""
        ...

    @property
    def names(self) -> Sequence[str]:
        """Names of all files."""
        ...

    @property
    def repeated(self) -> Sequence[str]:
        """Names that occur several times, of which the last one counts."""
        ...

    def size(self, name: str) -> int:
        """Size of a file in bytes."""
        ...

    def read(self, name: str) -> bytes:
        """Content of a file.

        Raises:
            FetchError: It is damaged or cannot be read.
        """
        ...

    def digest(self) -> str:
        """SHA-256 of all content."""
        ...

    def close(self) -> None:
        """Close it."""
        ...


class ZipArchive:
    """A zip file; nothing is unpacked."""

    def __init__(self, path: Path) -> None:
        """Open it.

        Raises:
            UsageError: It is not a zip file, or is truncated.
        """
        try:
            self._zip = zipfile.ZipFile(path)
        except (*_UNREADABLE, OSError) as error:
            raise UsageError(f"{path} is not a wheel, or is truncated: {error}") from error
        self.path = path
        self._members: dict[str, zipfile.ZipInfo] = {}
        self.repeated: list[str] = []
        for member in self._zip.infolist():
            if member.is_dir():
                continue
            if member.filename in self._members:
                self.repeated.append(member.filename)
            self._members[member.filename] = member
        self.names = list(self._members)

    def size(self, name: str) -> int:
        """Size of a file in bytes."""
        return self._members[name].file_size

    def read(self, name: str) -> bytes:
        """Content of a file; see `Archive.read`."""
        try:
            return self._zip.read(self._members[name])
        except (*_UNREADABLE, OSError) as error:
            raise FetchError(f"the LEMUR wheel {self.path} is damaged at {name}") from error

    def digest(self) -> str:
        """SHA-256 of the zip file."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def close(self) -> None:
        """Close the file."""
        self._zip.close()


class DirectoryArchive:
    """Some folders of a directory; symbolic links are not followed."""

    repeated: Sequence[str] = ()

    def __init__(self, path: Path, folders: Sequence[str]) -> None:
        """List its files."""
        self.path = path
        self.names: list[str] = []
        for folder in folders:
            for root, directories, files in os.walk(path / folder):
                directories.sort()
                within = Path(root).relative_to(path).as_posix()
                self.names += [
                    f"{within}/{file}"
                    for file in sorted(files)
                    if (Path(root) / file).is_file() and not (Path(root) / file).is_symlink()
                ]

    def size(self, name: str) -> int:
        """Size of a file in bytes."""
        try:
            return (self.path / name).stat().st_size
        except OSError as error:
            raise FetchError(f"{self.path / name} cannot be read: {error.strerror}") from error

    def read(self, name: str) -> bytes:
        """Content of a file; see `Archive.read`."""
        try:
            return (self.path / name).read_bytes()
        except OSError as error:
            raise FetchError(f"{self.path / name} cannot be read: {error.strerror}") from error

    def digest(self) -> str:
        """SHA-256 of the names and contents of all files."""
        whole = hashlib.sha256()
        for name in sorted(self.names):
            content = hashlib.sha256(self.read(name)).hexdigest()
            whole.update(f"{len(os.fsencode(name))}:".encode() + os.fsencode(name))
            whole.update(content.encode())
        return whole.hexdigest()

    def close(self) -> None:
        """Nothing is open."""


def open_archive(path: Path, folders: Sequence[str]) -> Archive:
    """Open a wheel or a directory.

    Args:
        path: The file or directory.
        folders: Which folders of a directory to look at.

    Raises:
        UsageError: It is not there, or neither of both.
    """
    if path.is_dir():
        return DirectoryArchive(path, folders)
    if not path.is_file():
        raise UsageError(f"the LEMUR wheel {path} does not exist or is not a file")
    return ZipArchive(path)
