"""The English documentation of Python, or the docstrings of its standard library."""

from __future__ import annotations

import ast
import hashlib
import sysconfig
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from catta.errors import FetchError
from catta.fetch import Progress, debian_package
from catta.paths import cache_dir
from catta.tasks.text import TEXT_TASK
from catta.tasks.text_files import find_texts, read_texts
from catta.tasks.text_source import CharacterSource, text_source

_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True, kw_only=True, slots=True)
class PythonDocs:
    """Eleven megabytes of reStructuredText, as Debian packs it.

    Attributes:
        package: Debian's package.
        files: Where it puts the text, below the root.
        library: Directory of the standard library, whose docstrings are the fallback.
    """

    package: str = "python3.11-doc"
    files: str = "usr/share/doc/python3.11/html/_sources"
    library: Path = Path(sysconfig.get_path("stdlib"))
    tasks: tuple[str, ...] = (TEXT_TASK,)
    origin: str = "Debian's python3.11-doc; otherwise the docstrings of the standard library"

    def present(self) -> bool:
        """Whether the package is installed, or was fetched before."""
        return any(place.is_dir() for place in self._places())

    def open(
        self, task: str, directory: Path | None, progress: Progress | None = None
    ) -> CharacterSource:
        """Read the text; see `Dataset.open`.

        Without a directory: Debian's files where installed, the package fetched before or now, and
        failing that the docstrings of the standard library, with a note. Files come in an order
        drawn by their names, for the last ones by path are of one kind: what is new in Python.
        """
        if directory is not None:
            return _of_files(directory)
        for place in self._places():
            if place.is_dir():
                return _of_files(place)
        try:
            root = debian_package(self.package, cache_dir() / "debian", progress=progress)
            return _of_files(root / self.files)
        except FetchError as error:
            note = (
                f"python-docs could not be obtained ({error}), so the docstrings of Python's "
                "standard library are used instead"
            )
        return text_source("python-docstrings", _docstrings(self.library), note=note)

    def _places(self) -> tuple[Path, Path]:
        return Path("/", self.files), cache_dir() / "debian" / self.package / self.files


def _of_files(place: Path) -> CharacterSource:
    paths = _shuffled(find_texts(place), place)
    return text_source("python-docs", read_texts(paths))


def _docstrings(library: Path) -> Iterator[str]:
    """The docstrings of each module, read from its file; nothing is imported."""
    # what is installed beside the library differs from machine to machine
    skipped = {"site-packages", "dist-packages", "test", "tests"}
    paths = [
        path
        for path in sorted(library.rglob("*.py"))
        if not skipped & set(path.relative_to(library).parts)
    ]
    for path in _shuffled(paths, library):
        try:
            with warnings.catch_warnings(action="ignore"):  # of the compiler, about that code
                tree = ast.parse(path.read_bytes())
        except (OSError, SyntaxError, ValueError):  # templates are no modules
            continue
        nodes = (node for node in ast.walk(tree) if isinstance(node, _DOCUMENTED))
        texts = (ast.get_docstring(node) for node in nodes)
        yield "\n\n".join(text for text in texts if text)


def _shuffled(paths: list[Path], root: Path) -> list[Path]:
    def key(path: Path) -> bytes:
        name = path.relative_to(root).as_posix() if path != root else path.name
        return hashlib.sha256(name.encode()).digest()

    return sorted(paths, key=key)


PYTHON_DOCS = PythonDocs()
