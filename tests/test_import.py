"""What importing loads, counted by modules and not by a clock."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import catta

HEAVY = {"torch", "torchvision", "transformers", "peft", "trl", "sklearn", "scipy", "sqlalchemy"}


def loaded_by(statement: str) -> set[str]:
    """Top-level modules in memory after a statement in a fresh interpreter."""
    code = f"import json, sys\n{statement}\nprint(json.dumps(list(sys.modules)), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in json.loads(done.stderr)}


def test_import_catta_loads_nothing_heavy() -> None:
    loaded = loaded_by("import catta")

    assert "catta" in loaded
    assert loaded.isdisjoint(HEAVY | {"numpy", "pydantic", "rich", "typer"})


def test_help_loads_nothing_heavy() -> None:
    statement = "from catta.cli import main\nsys.argv = ['catta', '--help']\n" + (
        "try: main()\nexcept SystemExit: pass"
    )

    assert loaded_by(statement).isdisjoint(HEAVY)


def test_packages_that_need_no_torch_load_none() -> None:
    statement = "import catta.records, catta.errors, catta.paths, catta.fetch, catta.corpus\n" + (
        "import catta.tasks, catta.novelty, catta.models, catta.cli\n"
        "from catta.loop import RunConfig, list_runs, report"
    )

    assert "torch" not in loaded_by(statement)


def test_every_name_of_the_api_is_there() -> None:
    for name in catta.__all__:
        assert getattr(catta, name) is not None
    assert set(catta.__all__) <= set(dir(catta))
    assert catta.__version__[0].isdigit()


def test_name_that_is_not_there() -> None:
    with pytest.raises(AttributeError, match="nothing"):
        _ = catta.nothing  # type: ignore[attr-defined]
