"""A text of one's own: a file, or a directory of text files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from catta.errors import UsageError
from catta.fetch import Progress
from catta.tasks.datasets import with_content
from catta.tasks.text_files import SUFFIXES, find_texts, read_texts
from catta.tasks.text_source import CharacterSource, text_source

TEXT_TASK = "txt-generation"


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnText:
    """Whatever text the user names; its last tenth is the test part."""

    tasks: tuple[str, ...] = (TEXT_TASK,)
    origin: str = "a text file, or a directory of *.txt, *.rst and *.md files"

    def present(self) -> bool:
        """Never: it has to be named."""
        return False

    def open(
        self, task: str, directory: Path | None, progress: Progress | None = None
    ) -> CharacterSource:
        """Read the file `directory`, or the text files below it in order of path.

        Raises:
            UsageError: None was named, or there is no text in it, or it is not UTF-8.
        """
        if directory is None:
            raise UsageError(
                f"the dataset text needs a file or a directory of {', '.join(SUFFIXES)} files"
            )
        source = text_source("text", read_texts(find_texts(directory)))
        return replace(source, name=with_content(source.name, source.digest()))


TEXT = OwnText()
