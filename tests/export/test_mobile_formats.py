"""The formats of phones keep the contract, where their packages are installed."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from catta.export.protocols import Exporter
from catta.testing.exporter import ExporterContract


class TestExecutorch(ExporterContract):
    format = "executorch"

    @pytest.fixture(scope="class")
    @classmethod
    def exporter(cls) -> Exporter:
        if find_spec("executorch") is None:
            pytest.skip("needs catta[executorch]")
        from catta.export.executorch_format import ExecutorchExporter

        return ExecutorchExporter()


class TestLitert(ExporterContract):
    format = "litert"

    @pytest.fixture(scope="class")
    @classmethod
    def exporter(cls) -> Exporter:
        if find_spec("litert_torch") is None:
            pytest.skip("needs catta[litert]")
        from catta.export.litert_format import LitertExporter

        return LitertExporter()
