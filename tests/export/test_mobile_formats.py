"""The formats of phones keep the contract, where their packages are installed."""

from __future__ import annotations

import pytest

from catta.export.protocols import Exporter
from catta.testing.exporter import ExporterContract


class TestExecutorch(ExporterContract):
    format = "executorch"

    @pytest.fixture(scope="class")
    @classmethod
    def exporter(cls) -> Exporter:
        pytest.importorskip("executorch", reason="needs catta[executorch]")
        pytest.importorskip("torchao", reason="needs catta[executorch]")
        from catta.export.executorch_format import ExecutorchExporter

        return ExecutorchExporter()
