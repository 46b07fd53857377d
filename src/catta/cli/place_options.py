"""Options that say where data comes from and where results are kept."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer

from catta.cli.options import SHARED, CorpusPath, Plugins, load_plugins
from catta.paths import default_corpus

if TYPE_CHECKING:
    from catta.corpus import Corpus


@dataclass(frozen=True, kw_only=True)
class DataOptions:
    """The user's own code and data."""

    PANEL: ClassVar[str] = SHARED

    plugin: Plugins = None
    data: Annotated[
        str | None,
        typer.Option(
            "--data",
            metavar="DIR",
            help="Directory that holds the dataset's files.",
        ),
    ] = None

    def load_plugins(self) -> None:
        """Execute the user's own files, which register datasets, metrics, tasks and transforms."""
        load_plugins(self.plugin)

    def directory(self) -> Path | None:
        """Where the dataset's files are, if it was said."""
        return None if self.data is None else Path(self.data).expanduser()


@dataclass(frozen=True, kw_only=True)
class KeepOptions:
    """Where results are kept, if they are."""

    PANEL: ClassVar[str] = SHARED

    no_save: Annotated[bool, typer.Option("--no-save", help="Keep nothing in the corpus.")] = False
    corpus: CorpusPath = None

    @contextmanager
    def store(self) -> Generator[Corpus | None]:
        """The corpus, made if it is not there; None if nothing is to be kept."""
        from catta.corpus import Corpus

        if self.no_save:
            yield None
            return
        with Corpus.open(self.corpus or default_corpus()) as store:
            yield store
