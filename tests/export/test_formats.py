"""The formats keep the contract."""

from __future__ import annotations

import pytest

from catta.export.protocols import Exporter
from catta.export.pt2_format import Pt2Exporter
from catta.testing.exporter import ExporterContract


class TestPt2(ExporterContract):
    format = "pt2"

    @pytest.fixture(scope="class")
    @classmethod
    def exporter(cls) -> Exporter:
        return Pt2Exporter()


class TestOnnx(ExporterContract):
    format = "onnx"

    @pytest.fixture(scope="class")
    @classmethod
    def exporter(cls) -> Exporter:
        pytest.importorskip("onnxruntime")
        from catta.export.onnx_format import OnnxExporter

        return OnnxExporter()
