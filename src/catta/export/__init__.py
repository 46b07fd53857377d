"""Networks for devices: exported, quantized, compared with PyTorch, measured, kept.

The names below are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from catta.lazy import exports

if TYPE_CHECKING:
    from catta.export.benching import Contestant, Passes, bench
    from catta.export.comparing import Agreement, agreement
    from catta.export.exporting import Exported, Reference, export, find_exporter, reference_of
    from catta.export.loop_probe import edge_probe
    from catta.export.protocols import QUANTIZATIONS, Converted, Exporter, Runtime
    from catta.export.registry import EXPORTERS, RUNTIMES, exporter, runtime, runtime_of
    from catta.export.subjects import Subject, subject_of
    from catta.export.united import measurements
    from catta.export.workplace import Workplace

__all__ = [
    "EXPORTERS",
    "QUANTIZATIONS",
    "RUNTIMES",
    "Agreement",
    "Contestant",
    "Converted",
    "Exported",
    "Exporter",
    "Passes",
    "Reference",
    "Runtime",
    "Subject",
    "Workplace",
    "agreement",
    "bench",
    "edge_probe",
    "export",
    "exporter",
    "find_exporter",
    "measurements",
    "reference_of",
    "runtime",
    "runtime_of",
    "subject_of",
]

_HOMES = {
    "EXPORTERS": "catta.export.registry",
    "QUANTIZATIONS": "catta.export.protocols",
    "RUNTIMES": "catta.export.registry",
    "Agreement": "catta.export.comparing",
    "Contestant": "catta.export.benching",
    "Converted": "catta.export.protocols",
    "Exported": "catta.export.exporting",
    "Exporter": "catta.export.protocols",
    "Passes": "catta.export.benching",
    "Reference": "catta.export.exporting",
    "Runtime": "catta.export.protocols",
    "Subject": "catta.export.subjects",
    "Workplace": "catta.export.workplace",
    "agreement": "catta.export.comparing",
    "bench": "catta.export.benching",
    "edge_probe": "catta.export.loop_probe",
    "export": "catta.export.exporting",
    "exporter": "catta.export.registry",
    "find_exporter": "catta.export.exporting",
    "measurements": "catta.export.united",
    "reference_of": "catta.export.exporting",
    "runtime": "catta.export.registry",
    "runtime_of": "catta.export.registry",
    "subject_of": "catta.export.subjects",
}

__getattr__, __dir__ = exports(__name__, _HOMES)
