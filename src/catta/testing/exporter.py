"""What every format must do: inherit `ExporterContract` in a test and give it an exporter.

The tests' conftest provides the fixtures `workplace`, `subject` (a trained network), `reference`
and `make_subject` (from the text of a network).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import pytest

from catta.errors import ExportError
from catta.export.benching import Passes, bench
from catta.export.contestants import of_export
from catta.export.exporting import Exported, Reference, export
from catta.export.protocols import FP16, INT8_DYNAMIC, INT8_STATIC, NONE, Exporter
from catta.export.registry import EXPORTERS, RUNTIMES, runtime
from catta.export.subjects import Subject
from catta.export.workplace import Workplace

SAMPLES = 500
CALIBRATE = 100

NETWORK = """
import torch
from torch import nn

def supported_hyperparameters():
    return {"lr"}

class Net(nn.Module):
    def __init__(self, in_shape, out_shape, prm, device):
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(in_shape[1], 16, 3, 2, 1), nn.BatchNorm2d(16))
        self.second = nn.Sequential(nn.Conv2d(16, 16, 3, 1, 1, groups=4), nn.BatchNorm2d(16))
        self.last = nn.Linear(16, out_shape[0])

    def forward(self, x):
        x = torch.relu(self.first(x))
        x = x + torch.nn.functional.hardswish(self.second(x))
        return self.last(x.mean((2, 3)))
"""
"""A network of what most networks are made of."""

VALUES_DECIDE = NETWORK.replace(
    "x = torch.relu", "x = -x if x.sum() > 0 else x\n        x = torch.relu"
)
"""One whose way depends on the values of its inputs, which no file follows."""

RETURNS_A_LIST = NETWORK.replace("return self.last(x.mean((2, 3)))", "return [{'boxes': x}]")
"""One that returns no tensor."""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far a file may be from PyTorch.

    Attributes:
        difference: Largest difference of two scores, as a share of the largest score.
        top1: Smallest share of the same classes.
        accuracy: How much the accuracy may change.
    """

    difference: float
    top1: float
    accuracy: float


TOLERANCES: Mapping[str, Tolerance] = MappingProxyType(
    {
        NONE: Tolerance(1e-4, 0.998, 0.002),
        FP16: Tolerance(0.02, 0.99, 0.01),
        INT8_DYNAMIC: Tolerance(0.2, 0.95, 0.03),
        INT8_STATIC: Tolerance(0.3, 0.93, 0.03),
    }
)


class ExporterContract:
    """Behaviour that the commands rely on; each quantization of the format is tried.

    Subclasses set `format` and override the fixture `exporter`, once for their class.

    Attributes:
        format: The name that users call it.
    """

    format = ""

    @pytest.fixture(scope="class")
    @classmethod
    def exporter(cls) -> Exporter:
        """The exporter that is tested."""
        raise NotImplementedError

    @pytest.fixture(scope="class")
    @classmethod
    def exported(
        cls, exporter: Exporter, subject: Subject, reference: Reference, workplace: Workplace
    ) -> dict[str, Exported]:
        """A file for each quantization."""
        return {
            quantization: export(
                subject,
                exporter,
                quantization,
                workplace=workplace,
                calibrate=CALIBRATE,
                reference=reference,
            )
            for quantization in exporter.quantizations
        }

    def test_it_is_found_by_its_name(self, exporter: Exporter) -> None:
        """And the runtime of its files is too, by their suffix."""
        assert exporter.name == self.format
        assert EXPORTERS[self.format].suffix == exporter.suffix
        assert RUNTIMES[exporter.runtime].suffix == exporter.suffix
        assert exporter.suffix in runtime(exporter.runtime).suffixes
        assert NONE in exporter.quantizations

    def test_the_files_say_what_the_network_says(self, exported: dict[str, Exported]) -> None:
        """Outputs of 500 images, and the accuracy on the validation split."""
        for quantization, one in exported.items():
            allowed, found = TOLERANCES[quantization], one.agreement
            assert found.samples == SAMPLES, quantization
            assert found.max_abs <= allowed.difference * found.scale, quantization
            assert found.top1 >= allowed.top1, quantization
            change = abs(one.accuracy_after - one.accuracy_before)
            assert change <= allowed.accuracy, quantization
            assert one.accuracy_before > 0.5, "an untrained network would prove nothing"

    def test_narrow_numbers_make_small_files(self, exported: dict[str, Exported]) -> None:
        """Whatever else they are for."""
        sizes = {quantization: len(one.content) for quantization, one in exported.items()}
        assert all(size <= sizes[NONE] * 1.5 for size in sizes.values())

    def test_batches_may_be_of_any_size(
        self, exporter: Exporter, exported: dict[str, Exported], workplace: Workplace
    ) -> None:
        """And what was measured says how."""
        passes = Passes(batches=(1, 3), warmup=1, runs=4)
        runs = runtime(exporter.runtime)
        for one in exported.values():
            assert one.dynamic
            found = bench(of_export(one), runs, passes, workplace=workplace)
            assert [(m.batch, m.threads, m.runs) for m in found] == [(1, 1, 4), (3, 1, 4)]
            assert all(0 < m.median_ms <= m.p95_ms <= m.p99_ms for m in found)
            assert all(m.throughput > 0 and m.peak_memory_mb is not None for m in found)
            assert all(m.file_bytes == len(one.content) and m.runtime == runs.name for m in found)

    def test_what_is_no_file_is_refused_before_it_is_run(
        self, exporter: Exporter, exported: dict[str, Exported]
    ) -> None:
        """It came out of a sandbox, or from anywhere."""
        runs, content = runtime(exporter.runtime), exported[NONE].content
        runs.check(content)
        for broken in (b"", b"nonsense", content[: len(content) // 2]):
            with pytest.raises(ExportError) as caught:
                runs.check(broken)
            assert_one_sentence(str(caught.value))

    @pytest.mark.parametrize("source", [VALUES_DECIDE, RETURNS_A_LIST], ids=["values", "list"])
    def test_what_cannot_be_a_file_says_why(
        self,
        source: str,
        exporter: Exporter,
        make_subject: Callable[[str], Subject],
        workplace: Workplace,
    ) -> None:
        """In one sentence that names the network."""
        broken = make_subject(source)
        with pytest.raises(ExportError) as caught:
            exporter.convert(broken, NONE, calibrate=1, workplace=workplace)
        assert broken.network.name in str(caught.value)
        assert_one_sentence(str(caught.value))


def assert_one_sentence(text: str) -> None:
    """One line, no traceback."""
    assert text
    assert "\n" not in text
    assert "Traceback" not in text
