"""The datasets of texts: one's own, Python's documentation, WikiText."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from catta.errors import FetchError, UsageError
from catta.records import Recipe
from catta.tasks import prepare, python_docs, wikitext
from catta.tasks.python_docs import PYTHON_DOCS, PythonDocs
from catta.tasks.text import TEXT
from catta.tasks.text_source import CharacterSource
from catta.tasks.wikitext import WIKITEXT_2

TASK = "txt-generation"


def decoded(source: CharacterSource, part: str) -> str:
    return "".join(source.words[token] for token in getattr(source, part))


def test_a_directory_is_read_in_order_of_path(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "two.rst").write_text("second\r\nline")
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbffirst")
    (tmp_path / "c.md").write_text("third, a long one to have something for the test part")
    (tmp_path / "d.py").write_text("no text")
    source = TEXT.open(TASK, tmp_path)
    assert (decoded(source, "train") + decoded(source, "test")).startswith(
        "first\nsecond\nline\nthird, a long one"
    )
    assert "no text" not in decoded(source, "train") + decoded(source, "test")


def test_a_text_is_prepared_for_training(tmp_path: Path) -> None:
    path = tmp_path / "mine.text"
    path.write_text("".join(f"{number} little bottles\n" for number in range(500)))
    recipe = Recipe(
        task=TASK, dataset="text", length=16, train_samples=200, validation_samples=50, metric="acc"
    )
    data = prepare(recipe, directory=path)
    assert data.problem.sample == (16,)
    assert data.problem.outputs == len(data.words)
    train = {name: np.load(data.inputs / f"train_{name}.npy") for name in ("x", "y")}
    assert train["x"].shape == train["y"].shape == (200, 16)
    assert train["x"].dtype == np.int64
    assert np.array_equal(train["x"][:, 1:], train["y"][:, :-1])
    assert data.validation["y"].shape == (50, 16)
    probes = len(data.test["probes"])
    assert len(data.test["y"]) + probes == len(np.load(data.inputs / "test_x.npy")) > probes
    longer = prepare(recipe.model_copy(update={"length": 32}), directory=path)
    assert longer.dataset == data.dataset
    path.write_text(path.read_text() + "and another one\n")
    assert prepare(recipe, directory=path).dataset != data.dataset
    assert longer.validation["y"].shape == (50, 32)


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda place: None, r"holds no text: no \.txt, \.rst, \.md in it"),
        (lambda place: (place / "a.txt").write_text(""), "the text text is empty"),
        (lambda place: (place / "a.txt").write_bytes(b"caf\xe9"), r"a\.txt is not a text in UTF-8"),
        (lambda place: place.rmdir(), "does not exist"),
    ],
)
def test_a_text_that_cannot_be_used_is_named(
    tmp_path: Path, write: Callable[[Path], Any], message: str
) -> None:
    place = tmp_path / "texts"
    place.mkdir()
    write(place)
    with pytest.raises(UsageError, match=message):
        TEXT.open(TASK, place)


def test_a_short_text_leaves_nothing_in_the_cache(tmp_path: Path, cache: Path) -> None:
    path = tmp_path / "short.txt"
    path.write_text("too short")
    with pytest.raises(UsageError, match="too short for samples of 128 tokens"):
        prepare(Recipe(task=TASK, dataset="text"), directory=path)
    assert not cache.exists()


def test_the_name_alone_says_no_text() -> None:
    assert not TEXT.present()
    with pytest.raises(UsageError, match="the dataset text needs a file or a directory"):
        TEXT.open(TASK, None)


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A standard library of two modules, with what must not be read beside them."""
    place = tmp_path / "lib"
    (place / "package").mkdir(parents=True)
    (place / "site-packages").mkdir()
    (place / "one.py").write_text(
        '"""One does it."""\ndef f():\n    """F of one."""\nraise Error\n'
    )
    (place / "package" / "two.py").write_text('class A:\n    """An A."""\n    x = "\\d"\n')
    (place / "template.py").write_text("no python {{ here }}\n")
    (place / "site-packages" / "other.py").write_text('"""Installed later."""\n')
    return place


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, library: Path) -> PythonDocs:
    def unreachable(*args: object, **options: object) -> Path:
        raise FetchError("no network")

    monkeypatch.setattr(python_docs, "debian_package", unreachable)
    return replace(PYTHON_DOCS, files="no/such/directory", library=library)


def test_failing_all_else_the_docstrings_are_read_and_a_note_says_so(offline: PythonDocs) -> None:
    assert not offline.present()
    source = offline.open(TASK, None)
    assert source.name == "python-docstrings"
    assert source.note == (
        "python-docs could not be obtained (no network), so the docstrings of Python's standard "
        "library are used instead"
    )
    text = decoded(source, "train") + decoded(source, "test")
    assert sorted(text.split("\n")) == ["", "An A.", "F of one.", "One does it."]


def test_installed_documentation_is_read_without_the_network(
    offline: PythonDocs, tmp_path: Path
) -> None:
    place = tmp_path / "sources" / "library"
    place.mkdir(parents=True)
    for number in range(30):
        (place / f"{number}.rst.txt").write_text(f"chapter {number:3d}")
    installed = replace(offline, files=str(tmp_path / "sources"))
    assert installed.present()
    source = installed.open(TASK, None)
    assert (source.name, source.note) == ("python-docs", None)
    chapters = decoded(source, "test").split("\n")
    assert len(chapters) == 3
    assert chapters != sorted(chapters)  # not simply the last ones by path
    assert not set(chapters) & set(decoded(source, "train").split("\n"))
    given = offline.open(TASK, tmp_path / "sources")
    assert given.digest() == source.digest()


def test_the_package_is_fetched_once(
    offline: PythonDocs, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def debian_package(name: str, directory: Path, *, progress: object) -> Path:
        place = directory / name / offline.files
        place.mkdir(parents=True)
        (place / "a.rst.txt").write_text("fetched " * 20)
        return directory / name

    monkeypatch.setattr(python_docs, "debian_package", debian_package)
    assert offline.open(TASK, None).name == "python-docs"
    monkeypatch.setattr(python_docs, "debian_package", None)
    assert offline.present()
    assert decoded(offline.open(TASK, None), "train").startswith("fetched fetched")


ARTICLES = {
    "train": [" = Title = \n", "", " Some words , more words . \n"],
    "test": [" The end \n"],
}


def as_tokens(place: Path) -> None:
    for part, lines in ARTICLES.items():
        text = "".join(line or " \n" for line in lines)
        (place / f"wiki.{part}.tokens").write_text(text)


def as_parquet(place: Path) -> None:
    for part, lines in ARTICLES.items():
        parquet.write_table(pa.table({"text": lines}), place / f"{part}-00000-of-00001.parquet")


@pytest.mark.parametrize("write", [as_tokens, as_parquet])
@pytest.mark.parametrize("folder", [".", "wikitext-2", "wikitext-2-raw-v1"])
def test_wikitext_is_read_from_a_directory(
    tmp_path: Path, folder: str, write: Callable[[Path], None]
) -> None:
    place = tmp_path / folder
    place.mkdir(exist_ok=True)
    write(place)
    source = WIKITEXT_2.open(TASK, tmp_path)
    assert source.name == "wikitext-2"
    assert decoded(source, "train").rstrip("\n") == "= Title =\n\nSome words , more words ."
    assert len(source.test) >= len("The end")


def test_a_directory_without_wikitext_and_a_damaged_file_are_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"does not hold wikitext-2: it needs wiki\.train\.tokens"):
        WIKITEXT_2.open(TASK, tmp_path)
    with pytest.raises(UsageError, match="does not exist"):
        WIKITEXT_2.open(TASK, tmp_path / "missing")
    as_parquet(tmp_path)
    (tmp_path / "test-00000-of-00001.parquet").write_bytes(b"PAR1")
    with pytest.raises(UsageError, match=r"test-00000-of-00001\.parquet is no parquet file"):
        WIKITEXT_2.open(TASK, tmp_path)
    parquet.write_table(pa.table({"x": [1]}), tmp_path / "test-00000-of-00001.parquet")
    with pytest.raises(UsageError, match="is no parquet file with a column `text`"):
        WIKITEXT_2.open(TASK, tmp_path)


def test_without_the_library_an_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wikitext.importlib.util, "find_spec", lambda name: None)
    assert not WIKITEXT_2.present()
    with pytest.raises(FetchError, match=r"library datasets, which is not installed: install it"):
        WIKITEXT_2.open(TASK, None)


class Rows:
    def __init__(self, lines: list[str]) -> None:
        self.lines = lines

    def to_parquet(self, path: str) -> None:
        parquet.write_table(pa.table({"text": self.lines}), path)


@pytest.fixture
def publisher(cache: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The library `datasets`, and a download that reaches it."""
    library = ModuleType("datasets")
    monkeypatch.setitem(sys.modules, "datasets", library)
    monkeypatch.setattr(wikitext.importlib.util, "find_spec", lambda name: library)

    def download(build: Callable[[Path], None], *, url: str, progress: object) -> None:
        (cache / "datasets").mkdir(parents=True, exist_ok=True)
        build(cache / "datasets")

    monkeypatch.setattr(wikitext, "download", download)
    return library


def test_wikitext_is_downloaded_once(publisher: ModuleType) -> None:
    asked: list[tuple[str, str, str]] = []

    def load_dataset(repository: str, subset: str, *, split: str, cache_dir: str) -> Rows:
        asked.append((repository, subset, split))
        return Rows(ARTICLES[split])

    publisher.load_dataset = load_dataset  # type: ignore[attr-defined]
    source = WIKITEXT_2.open(TASK, None)
    assert decoded(source, "train") == "= Title =\n\nSome words , more words ."
    assert WIKITEXT_2.present()
    assert WIKITEXT_2.open(TASK, None).digest() == source.digest()
    assert asked == [
        ("Salesforce/wikitext", "wikitext-2-raw-v1", part) for part in ("train", "test")
    ]


def test_a_download_that_fails_says_what_to_give(publisher: ModuleType) -> None:
    def load_dataset(*args: str, **options: str) -> Rows:
        raise ValueError("Couldn't find cache")

    publisher.load_dataset = load_dataset  # type: ignore[attr-defined]
    with pytest.raises(
        FetchError, match=r"could not be obtained \(Couldn't find cache\); give a d"
    ):
        WIKITEXT_2.open(TASK, None)
