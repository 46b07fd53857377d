"""A report to look at: one folder of static pages that opens from disk, without server or network.

It reads a corpus through `catta.stats` and the records of runs; it never computes an evaluation and
runs no network code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from catta.lazy import exports

if TYPE_CHECKING:
    from catta.report.building import Built, write_report

__all__ = ["Built", "write_report"]

_HOMES = {"Built": "catta.report.building", "write_report": "catta.report.building"}

__getattr__, __dir__ = exports(__name__, _HOMES)
