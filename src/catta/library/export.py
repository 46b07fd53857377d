"""The measurements of a corpus as files for others, written whole or not at all."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from catta.corpus import Corpus
from catta.corpus.frames import frame
from catta.corpus.opening import opened
from catta.corpus.questions import Question, Rows
from catta.errors import Interrupted, UsageError
from catta.library.chat import TASK, as_chat, pairs
from catta.library.export_files import WRITERS, write_lines
from catta.library.progress import ImportProgress, SilentProgress
from catta.records import Caps, Problem

if TYPE_CHECKING:
    import pandas as pd

FORMATS = (*WRITERS, "chat")


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportReport:
    """What was written.

    Attributes:
        path: The file, or the directory for `hf`.
        format: Its format.
        rows: Measurements, or pairs for `chat`.
        cut: Texts that were too long for a cell of Excel.
        skipped: Networks that make no pair, by reason.
    """

    path: str
    format: str
    rows: int
    cut: int = 0
    skipped: dict[str, int] = field(default_factory=dict[str, int])


def export_data(
    path: str | Path,
    format: str,  # noqa: A002 - what it is called everywhere else
    *,
    shapes: Problem | None = None,
    caps: Caps | None = None,
    max_rows: int | None = None,
    corpus: str | Path | Corpus | None = None,
    progress: ImportProgress | None = None,
    stop: Callable[[], bool] | None = None,
    **rows: Unpack[Rows],
) -> ExportReport:
    """Write what `catta.data` returns, or pairs made of it, into a file or a directory.

    Args:
        path: Where nothing is yet; if writing fails, nothing is there afterwards.
        format: `parquet`; `jsonl`, an object a line; `xlsx`, for which openpyxl has to be
            installed; `hf`, a directory that `datasets.load_dataset` reads; or `chat`, JSON lines
            of prompts and completions in the conversational form, a network each, for fine-tuning.
        shapes: For `chat`: what goes into the networks and comes out of them.
        caps: For `chat`: the limits that the prompts state; default: those of a run.
        max_rows: No more rows than this; for `chat` counted before networks are left out.
        corpus: A corpus, its path or URL; default: `CATTA_CORPUS` or the user's data directory.
        progress: Told how it goes.
        stop: Asked now and then whether to stop.
        rows: Any argument of `catta.data` that chooses rows: `task`, `dataset`, `epoch`, ...

    Raises:
        UsageError: Something is there already, an argument makes no sense, or openpyxl is missing.
        Interrupted: `stop` said so; nothing is there.
        OSError: The disk is full, or the like.
    """
    if format not in FORMATS:
        raise UsageError(f"export: {format!r} is not one of {', '.join(FORMATS)}")
    tell = progress or SilentProgress()

    def advance(steps: int) -> None:
        if stop is not None and stop():
            raise Interrupted(f"Stopped; {path} was not written.")
        tell.advance(steps)

    with opened(corpus) as store, whole(Path(path)) as target:
        if format == "chat":
            shapes = _needed(shapes, rows)
            found = _classifiers(store, max_rows, rows)
            with _stage(tell, "write pairs", len(set(found["nn_id"].dropna()))):
                return _chat(target, path, found, shapes, caps, advance)
        table = frame(store, Question.of(max_rows, **rows), "arrow")
        with _stage(tell, "write rows", table.num_rows):
            cut = WRITERS[format](table, target, advance)
        return ExportReport(path=str(path), format=format, rows=table.num_rows, cut=cut)


def _needed(shapes: Problem | None, rows: Rows) -> Problem:
    """The shapes, after a look at whether pairs can be made of such rows."""
    if shapes is None:
        raise UsageError("export: chat needs the shapes that its prompts ask for, as 3x32x32:10")
    if rows.get("dataset") is None:
        raise UsageError("export: chat needs a dataset; accuracies on others are not comparable")
    if rows.get("task") not in (None, TASK):
        raise UsageError(f"export: the prompts of chat ask for {TASK}, not {rows.get('task')}")
    return shapes


def _classifiers(store: Corpus, max_rows: int | None, rows: Rows) -> pd.DataFrame:
    """The rows that pairs are made of."""
    chosen: Any = {**rows, "task": TASK, "unique_nn": True, "include_nn_stats": True}
    return frame(store, Question.of(max_rows, **chosen))


def _chat(
    target: Path,
    path: str | Path,
    found: pd.DataFrame,
    shapes: Problem,
    caps: Caps | None,
    advance: Callable[[int], None],
) -> ExportReport:
    skipped = Counter[str]()

    def lines() -> Generator[dict[str, Any]]:
        for pair in pairs(found, shapes, caps or Caps()):
            advance(1)
            if pair.example is None:
                skipped[pair.reason or ""] += 1
            else:
                yield as_chat(pair)

    count = write_lines(lines(), target)
    return ExportReport(path=str(path), format="chat", rows=count, skipped=dict(skipped))


@contextmanager
def _stage(tell: ImportProgress, name: str, total: int) -> Generator[None]:
    tell.begin(name, total)
    try:
        yield
    finally:
        tell.end()


@contextmanager
def whole(path: Path) -> Generator[Path]:
    """A path to write to, which becomes the real one when the block ends well."""
    if path.exists() or path.is_symlink():
        raise UsageError(f"export: {path} exists already; name a new one")
    parent = path.absolute().parent
    if not parent.is_dir():
        raise UsageError(f"export: there is no directory {parent}")
    with tempfile.TemporaryDirectory(dir=parent, prefix=".catta-") as temporary:
        target = Path(temporary) / "export"
        yield target
        if path.exists():
            raise UsageError(f"export: {path} exists already; name a new one")
        target.rename(path)
