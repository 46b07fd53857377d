"""What measures the networks of a run: each as an ONNX file, by ONNX Runtime."""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from contextlib import contextmanager

import numpy as np

from catta.corpus.edge import EdgeMeasurement
from catta.errors import ExportError
from catta.export.benching import Contestant, Passes, bench
from catta.export.exporting import find_exporter
from catta.export.protocols import NONE, Exporter
from catta.export.registry import runtime
from catta.export.subjects import Subject
from catta.export.workplace import Workplace
from catta.loop.config import RunConfig
from catta.records import Network, Outcome, Recipe, Stage, Verdict
from catta.tasks import PreparedData

_FORMAT = "onnx"
_PASSES = Passes(warmup=20, runs=100)


class LoopProbe:
    """Exports networks with the weights that they are born with: latency asks for no others.

    Args:
        exporter: The format.
        recipe: Of the run.
        data: Of the run.
        workplace: Where everything runs that is not trusted.
    """

    def __init__(
        self, exporter: Exporter, recipe: Recipe, data: PreparedData, workplace: Workplace
    ) -> None:
        self._exporter = exporter
        self._recipe = recipe
        self._data = data
        self._workplace = workplace

    def measure(self, network: Network) -> EdgeMeasurement | Verdict:
        """See `catta.loop.edge.EdgeProbe`."""
        subject = Subject(network=network, recipe=self._recipe, data=self._data)
        workplace, runs = self._workplace, runtime(self._exporter.runtime)
        try:
            converted = self._exporter.convert(subject, NONE, calibrate=1, workplace=workplace)
            contestant = Contestant(
                name=network.name,
                job={},
                arrays={"file": np.frombuffer(converted.content, dtype=np.uint8)},
                network_id=network.id,
                format=self._exporter.name,
                quantization=NONE,
                sha256=hashlib.sha256(converted.content).hexdigest(),
                file_bytes=len(converted.content),
            )
            (found,) = bench(contestant, runs, _PASSES, workplace=workplace)
        except ExportError as error:
            return Verdict(outcome=Outcome.INVALID, stage=Stage.EDGE, error=str(error))
        return found


@contextmanager
def edge_probe(config: RunConfig, data: PreparedData) -> Generator[LoopProbe]:
    """What measures the networks of a run, until the context ends.

    Raises:
        UsageError: The extra is missing.
        SandboxError: No sandbox can be had.
    """
    exporter = find_exporter(_FORMAT, NONE)
    with Workplace(sandbox=config.sandbox, unsafe=config.unsafe) as workplace:
        yield LoopProbe(exporter, config.recipe, data, workplace)
