"""The measurements of a corpus as files for others, written whole or not at all."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Unpack

from catta.corpus import Corpus
from catta.corpus.frames import frame
from catta.corpus.opening import opened
from catta.corpus.questions import Question, Rows
from catta.errors import UsageError
from catta.library.chat import TASK, as_chat, pairs
from catta.library.export_files import WRITERS, write_lines
from catta.records import Caps, Shapes

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
    shapes: Shapes | None = None,
    caps: Caps | None = None,
    max_rows: int | None = None,
    corpus: str | Path | Corpus | None = None,
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
        rows: Any argument of `catta.data` that chooses rows: `task`, `dataset`, `epoch`, ...

    Raises:
        UsageError: Something is there already, an argument makes no sense, or openpyxl is missing.
        OSError: The disk is full, or the like.
    """
    if format not in FORMATS:
        raise UsageError(f"export: {format!r} is not one of {', '.join(FORMATS)}")
    with opened(corpus) as store, _whole(Path(path)) as target:
        if format == "chat":
            return _chat(target, path, shapes, caps, max_rows, store, rows)
        table = frame(store, Question.of(max_rows, **rows), "arrow")
        cut = WRITERS[format](table, target)
        return ExportReport(path=str(path), format=format, rows=table.num_rows, cut=cut)


def _chat(
    target: Path,
    path: str | Path,
    shapes: Shapes | None,
    caps: Caps | None,
    max_rows: int | None,
    store: Corpus,
    rows: Rows,
) -> ExportReport:
    if shapes is None:
        raise UsageError("export: chat needs the shapes that its prompts ask for, as 3x32x32:10")
    if rows.get("dataset") is None:
        raise UsageError("export: chat needs a dataset; accuracies on others are not comparable")
    if rows.get("task") not in (None, TASK):
        raise UsageError(f"export: the prompts of chat ask for {TASK}, not {rows.get('task')}")
    chosen: Any = {**rows, "task": TASK, "unique_nn": True, "include_nn_stats": True}
    found = frame(store, Question.of(max_rows, **chosen))
    skipped = Counter[str]()

    def lines() -> Generator[dict[str, Any]]:
        for pair in pairs(found, shapes, caps or Caps()):
            if pair.example is None:
                skipped[pair.reason or ""] += 1
            else:
                yield as_chat(pair)

    count = write_lines(lines(), target)
    return ExportReport(path=str(path), format="chat", rows=count, skipped=dict(skipped))


@contextmanager
def _whole(path: Path) -> Generator[Path]:
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
