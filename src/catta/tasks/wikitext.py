"""WikiText-2 and WikiText-103: articles of Wikipedia, with the parts that were published.

Training and test part are the published ones. The published validation part is left alone, for
validation samples are drawn from the training part here, as of every dataset.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from catta.errors import FetchError, UsageError
from catta.fetch import Progress
from catta.tasks.download import download, download_directory
from catta.tasks.text import TEXT_TASK
from catta.tasks.text_files import read_texts
from catta.tasks.text_source import CharacterSource, divided_text_source

_REPOSITORY = "Salesforce/wikitext"
_URL = f"https://huggingface.co/datasets/{_REPOSITORY}/resolve/main/README.md"
_LINES = 10_000
"""Lines of a piece: of a long text in one piece, one rare character would quadruple the memory."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WikiText:
    """One of the two sizes.

    Attributes:
        name: Its name here.
        subset: Its name at the publisher's.
        folder: Directory that the publisher's archive unpacks to.
    """

    name: str
    subset: str
    folder: str
    tasks: tuple[str, ...] = (TEXT_TASK,)
    origin: str = "the library `datasets`, where it is installed, or a directory"

    def present(self) -> bool:
        """Whether it was downloaded before."""
        return self._layout(download_directory() / self.name) is not None

    def open(
        self, task: str, directory: Path | None, progress: Progress | None = None
    ) -> CharacterSource:
        """Read the text; see `Dataset.open`."""
        if directory is not None:
            return self._given(directory)
        kept = download_directory() / self.name
        if self._layout(kept) is None:
            self._download(progress)
        return self._read(kept)

    def _given(self, directory: Path) -> CharacterSource:
        if not directory.is_dir():
            raise UsageError(f"the data directory {directory} does not exist")
        for place in (directory, directory / self.folder, directory / self.subset):
            if self._layout(place) is not None:
                return self._read(place)
        raise UsageError(
            f"the data directory {directory} does not hold {self.name}: it needs "
            "wiki.train.tokens and wiki.test.tokens (or *.raw), or train*.parquet and test*.parquet"
        )

    def _layout(self, place: Path) -> tuple[list[Path], list[Path]] | None:
        """The files of the training part and of the test part."""
        patterns = ("wiki.{}.raw", "wiki.{}.tokens", "{}*.parquet")
        for pattern in patterns:
            train, test = (sorted(place.glob(pattern.format(part))) for part in ("train", "test"))
            if train and test:
                return train, test
        return None

    def _read(self, place: Path) -> CharacterSource:
        layout = self._layout(place)
        if layout is None:
            raise FetchError(f"the download of {self.name} lacks its training or test part")
        train, test = (list(_pieces(files)) for files in layout)
        return divided_text_source(self.name, train, test)

    def _download(self, progress: Progress | None) -> None:
        layout = "a directory with wiki.train.tokens and wiki.test.tokens, or with parquet files"
        if importlib.util.find_spec("datasets") is None:
            raise FetchError(
                f"{self.name} is downloaded by the library datasets, which is not installed: "
                f"install it, or give {layout}"
            )
        try:
            download(self._fetch, url=_URL, progress=progress)
        except FetchError as error:
            raise FetchError(
                f"{self.name} could not be obtained ({error}); give {layout}"
            ) from error

    def _fetch(self, root: Path) -> None:
        # An optional dependency that takes seconds to load, for what is done once on a machine.
        library: Any = importlib.import_module("datasets")
        place = root / self.name
        place.mkdir()
        cache = root / "download"
        try:
            for part in ("train", "test"):
                rows = library.load_dataset(
                    _REPOSITORY, self.subset, split=part, cache_dir=str(cache)
                )
                rows.to_parquet(str(place / f"{part}.parquet"))
        except ValueError as error:  # what the library raises for a part that is not there
            raise FetchError(str(error)) from error


def _pieces(files: Iterable[Path]) -> Iterator[str]:
    for path in files:
        lines = _rows(path) if path.suffix == ".parquet" else _lines(path)
        while some := list(islice(lines, _LINES)):
            yield "\n".join(line.strip() for line in some)


def _lines(path: Path) -> Iterator[str]:
    for text in read_texts([path]):
        yield from text.split("\n")


def _rows(path: Path) -> Iterator[str]:
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    try:
        with ParquetFile(path) as file:
            for batch in file.iter_batches(columns=["text"]):
                yield from (text or "" for text in batch.column("text").to_pylist())
    except (OSError, ArrowException, KeyError) as error:
        raise UsageError(f"{path} is no parquet file with a column `text`: {error}") from error


WIKITEXT_2 = WikiText(name="wikitext-2", subset="wikitext-2-raw-v1", folder="wikitext-2")
WIKITEXT_103 = WikiText(name="wikitext-103", subset="wikitext-103-raw-v1", folder="wikitext-103")
