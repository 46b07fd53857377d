"""Networks of a run, measured as files."""

from __future__ import annotations

import pytest

from catta.corpus.edge import EdgeMeasurement
from catta.export.loop_probe import edge_probe
from catta.export.subjects import Subject
from catta.loop import parse_config
from catta.records import Stage, Verdict
from catta.testing.exporter import VALUES_DECIDE
from catta.training.subjects import named

pytest.importorskip("onnxruntime")


def test_a_network_is_measured_as_a_file_and_what_is_none_is_refused(
    subject: Subject, unsafe: bool
) -> None:
    recipe = subject.recipe.model_dump()
    config = parse_config({"arm": "mutation", "recipe": recipe, "unsafe": unsafe})
    with edge_probe(config, subject.data) as probe:
        found = probe.measure(subject.network)
        refused = probe.measure(named("values", VALUES_DECIDE))
    assert isinstance(found, EdgeMeasurement)
    assert found.network_id == subject.network.id
    assert (found.runtime, found.threads, found.batch) == ("onnxruntime", 1, 1)
    assert found.median_ms > 0
    assert found.file_bytes
    assert isinstance(refused, Verdict)
    assert refused.stage is Stage.EDGE
    assert "cannot be exported" in (refused.error or "")
