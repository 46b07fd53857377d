"""Formats and runtimes by name; what a name needs is imported when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any

from catta.errors import UsageError
from catta.export.protocols import Exporter, Runtime


@dataclass(frozen=True, slots=True)
class Entry:
    """Where something is, and what it needs.

    Attributes:
        home: `module:class`.
        modules: What must be installed.
        extra: The extra of this package that brings them.
        suffix: How the files end that it writes or runs.
    """

    home: str
    suffix: str
    modules: tuple[str, ...] = ()
    extra: str = "export"


EXPORTERS: Mapping[str, Entry] = MappingProxyType(
    {
        "onnx": Entry(
            "catta.export.onnx_format:OnnxExporter",
            ".onnx",
            ("onnx", "onnxruntime", "onnxscript"),
        ),
        "pt2": Entry("catta.export.pt2_format:Pt2Exporter", ".pt2"),
        "executorch": Entry(
            "catta.export.executorch_format:ExecutorchExporter",
            ".pte",
            ("executorch", "torchao"),
            "executorch",
        ),
        "litert": Entry(
            "catta.export.litert_format:LitertExporter",
            ".tflite",
            ("litert_torch", "ai_edge_litert", "torchao"),
            "litert",
        ),
    }
)
"""The formats."""

RUNTIMES: Mapping[str, Entry] = MappingProxyType(
    {
        "onnxruntime": Entry(
            "catta.export.onnx_format:OnnxRuntime", ".onnx", ("onnx", "onnxruntime")
        ),
        "pytorch": Entry("catta.export.pt2_format:PyTorch", ".pt2"),
        "executorch": Entry(
            "catta.export.executorch_format:Executorch", ".pte", ("executorch",), "executorch"
        ),
        "litert": Entry(
            "catta.export.litert_format:Litert", ".tflite", ("ai_edge_litert",), "litert"
        ),
    }
)
"""The runtimes."""


def exporter(name: str) -> Exporter:
    """The exporter of a format.

    Raises:
        UsageError: There is no such format, or what it needs is not installed.
    """
    return _found("format", name, EXPORTERS)


def runtime(name: str) -> Runtime:
    """A runtime.

    Raises:
        UsageError: There is no such runtime, or what it needs is not installed.
    """
    return _found("runtime", name, RUNTIMES)


def runtime_of(file: Path) -> str:
    """Name of the runtime that a file is for, by its suffix.

    Raises:
        UsageError: It is for none.
    """
    for name, entry in RUNTIMES.items():
        if file.suffix == entry.suffix:
            return name
    known = ", ".join(sorted(entry.suffix for entry in RUNTIMES.values()))
    raise UsageError(f"no runtime runs files that end in {file.suffix or 'nothing'}, but {known}")


def _found(what: str, name: str, entries: Mapping[str, Entry]) -> Any:
    if name not in entries:
        raise UsageError(f"{what} must be one of {', '.join(entries)}, not {name!r}")
    entry = entries[name]
    missing = [module for module in entry.modules if find_spec(module) is None]
    if missing:
        raise UsageError(
            f"the {what} {name} needs {', '.join(missing)}: pip install 'catta[{entry.extra}]'"
        )
    module, _, attribute = entry.home.partition(":")
    return getattr(import_module(module), attribute)()
