"""What can be measured: a network itself, what it was exported to, a file."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from catta.corpus import Corpus
from catta.corpus.edge import EdgeExport
from catta.errors import UsageError
from catta.evaluation.wire import MAX_ARRAYS
from catta.export.benching import Contestant
from catta.export.exporting import Exported
from catta.export.kept import record_of
from catta.export.protocols import Runtime
from catta.export.subjects import Subject

_FILE = "file"


def of_network(subject: Subject, corpus: Corpus | None = None) -> Contestant:
    """The network itself, for a runtime that runs networks."""
    return Contestant(
        name=subject.network.name,
        job=subject.job(),
        arrays=subject.arrays(),
        inputs=subject.data.inputs,
        network_id=_known(subject.network.id, corpus),
    )


def of_export(exported: Exported, corpus: Corpus | None = None) -> Contestant:
    """A file that a network has just become."""
    return of_record(record_of(exported), exported.content, exported.subject, corpus)


def of_record(
    record: EdgeExport, content: bytes, subject: Subject, corpus: Corpus | None = None
) -> Contestant:
    """A file that a network became, of which there are the bytes and the record."""
    return Contestant(
        name=subject.network.name,
        job={},
        arrays={_FILE: np.frombuffer(content, dtype=np.uint8)},
        inputs=subject.data.inputs,  # not needed, but there is a worker that has them
        network_id=_known(subject.network.id, corpus),
        format=record.format,
        quantization=record.quantization,
        sha256=record.sha256,
        file_bytes=len(content),
    )


def of_file(path: Path, runtime: Runtime, corpus: Corpus | None = None) -> Contestant:
    """A file; the corpus knows which network it is, if it was exported into it.

    Raises:
        UsageError: It cannot be read, is too large, or is not for this runtime.
        ExportError: It is no such file as its name says.
    """
    if path.suffix not in runtime.suffixes:
        raise UsageError(
            f"{runtime.name} runs files that end in {', '.join(runtime.suffixes)}, not {path.name}"
        )
    try:
        if path.stat().st_size > MAX_ARRAYS:
            raise UsageError(f"{path} is larger than what enters a sandbox, {MAX_ARRAYS >> 20} MiB")
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    runtime.check(content)
    sha256 = hashlib.sha256(content).hexdigest()
    found = _export_of(sha256, corpus)
    return Contestant(
        name=path.name,
        job={},
        arrays={_FILE: np.frombuffer(content, dtype=np.uint8)},
        network_id=found.network_id if found is not None else None,
        format=path.suffix.removeprefix("."),
        quantization=found.quantization if found is not None else None,
        sha256=sha256,
        file_bytes=len(content),
    )


def _known(network_id: str, corpus: Corpus | None) -> str | None:
    """The identity, if the corpus has the network, so that rows may refer to it."""
    if corpus is None or corpus.networks.get(network_id) is None:
        return None
    return network_id


def _export_of(sha256: str, corpus: Corpus | None) -> EdgeExport | None:
    if corpus is None:
        return None
    return next((one for one in corpus.edge.exports() if one.sha256 == sha256), None)
