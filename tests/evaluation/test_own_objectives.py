"""From what a job brings to the objective of a task that is not Catta's."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from catta.evaluation.objectives import maker_of, objective_of
from catta.evaluation.objectives.own import ObjectiveError
from catta.records import Problem

PROBLEM = Problem(task="dot-counting", sample=(4,), outputs=1)
TEXT = """
class Outer:
    class Objective:
        origin = "text"
        def __init__(self, problem):
            self.problem = problem
"""


def test_a_job_of_cattas_brings_nothing() -> None:
    assert maker_of({"kind": "train"}) is objective_of


def test_a_text_is_executed() -> None:
    made = maker_of({"objective": {"source": TEXT, "name": "Outer.Objective"}})(PROBLEM)
    assert vars(made) == {"problem": PROBLEM}


def test_a_package_comes_first_if_it_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = {"source": TEXT, "name": "Outer.Objective", "module": "their_objectives.first"}
    assert vars(maker_of({"objective": reference}))["origin"] == "text"
    package = tmp_path / "their_objectives"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "first.py").write_text(TEXT.replace('"text"', '"package"'))
    monkeypatch.syspath_prepend(tmp_path)
    assert vars(maker_of({"objective": reference}))["origin"] == "package"
    for name in ("their_objectives.first", "their_objectives"):
        del sys.modules[name]
    (package / "first.py").write_text("import no_such_module\n")
    with pytest.raises(ObjectiveError, match="No module named 'no_such_module'"):
        maker_of({"objective": reference})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 / 0", "fails in the sandbox: ZeroDivisionError"),
        ("def", "fails in the sandbox: SyntaxError"),
        ("class Outer: pass", "AttributeError: .* no attribute 'Objective'"),
    ],
)
def test_a_text_that_does_not_work_is_said_so(text: str, message: str) -> None:
    with pytest.raises(ObjectiveError, match=message):
        maker_of({"objective": {"source": text, "name": "Outer.Objective"}})
