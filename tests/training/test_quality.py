"""Code is judged by ruff; nothing of it runs."""

from __future__ import annotations

import pytest
from training_networks import GOOD

from catta.errors import CattaError
from catta.training import code_quality, quality


def test_clean_code_loses_nothing() -> None:
    found = code_quality('"""A module."""\n\nX = 1\n')
    assert (found.score, found.lines, dict(found.findings)) == (10.0, 2, {})


def test_findings_are_counted_by_rule_and_cost() -> None:
    found = code_quality("import os\nimport sys\n" + "x = 1\n" * 18)
    assert found.findings["F401"] == 2
    assert found.lines == 20
    assert found.score == pytest.approx(10 - 10 * sum(found.findings.values()) / 20)
    assert 0 < code_quality(GOOD).score < 10


def test_what_is_no_python_is_judged_too() -> None:
    assert code_quality("def (").findings
    assert code_quality("").score == 10.0
    assert code_quality("x = '\udc80'\n").lines == 1


def test_without_ruff_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quality.shutil, "which", lambda name: None)
    monkeypatch.setattr(quality.sysconfig, "get_path", lambda name: "/nowhere")
    with pytest.raises(CattaError, match="ruff is not installed"):
        code_quality("x = 1\n")
