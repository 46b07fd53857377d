"""What is to be measured, as a user names it: a network, or a file that one became."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from catta.corpus import Corpus
from catta.export.benching import Contestant
from catta.export.contestants import of_export, of_file, of_network
from catta.export.exporting import export, find_exporter
from catta.export.kept import keep
from catta.export.protocols import NONE, Runtime
from catta.export.registry import EXPORTERS, RUNTIMES, runtime, runtime_of
from catta.export.subjects import subject_of
from catta.export.workplace import Workplace

_OF_NETWORKS = "pytorch"
_NETWORK = ".py"


def runtime_for(target: str) -> Runtime:
    """The runtime that a network or a file is for: a file's by its suffix.

    Raises:
        UsageError: The file is for none, or what the runtime needs is not installed.
    """
    return runtime(runtime_of(Path(target)) if is_file(target) else _OF_NETWORKS)


def is_file(target: str) -> bool:
    """Whether a file is meant: what the suffix of a runtime's says, or one that is there."""
    path = Path(target)
    suffixes = {entry.suffix for entry in RUNTIMES.values()}
    return path.suffix != _NETWORK and (path.suffix in suffixes or path.is_file())


def contestant_of(
    target: str,
    runtime: Runtime,
    corpus: Corpus | None,
    workplace: Workplace,
    *,
    quantize: str = NONE,
    **given: Any,
) -> Contestant:
    """What is measured; a network is exported first for a runtime that runs files.

    Args:
        target: A network or a file.
        runtime: What runs it.
        corpus: Where it is looked up, and the export kept.
        workplace: Where it is exported.
        quantize: How.
        **given: What else `subject_of` takes.

    Raises:
        UsageError: There is no such network or file, or it is not for this runtime.
        ExportError: The network cannot be exported, or the file is none.
    """
    if is_file(target):
        return of_file(Path(target), runtime, corpus)
    if given.get("weights") is None and runtime.runs_networks:
        given["untrained"] = True  # how long it takes does not depend on what it has learnt
    subject = subject_of(target, corpus=corpus, **given)
    if runtime.runs_networks and quantize == NONE:
        return of_network(subject, corpus)
    suffix = RUNTIMES[runtime.name].suffix
    formats = [name for name, entry in EXPORTERS.items() if entry.suffix == suffix]
    exported = export(subject, find_exporter(formats[0], quantize), quantize, workplace=workplace)
    if corpus is not None:
        keep(exported, corpus)
    return of_export(exported, corpus)
