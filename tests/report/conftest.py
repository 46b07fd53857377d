from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from report_corpus import add_empty_run, add_hostile, add_measured, add_run

from catta.corpus import Corpus
from catta.report import Built, write_report


@pytest.fixture(scope="session", autouse=True)
def extra() -> None:
    """The packages that a report is made with are there."""
    for package in ("jinja2", "plotly", "pygments"):
        pytest.importorskip(package)


@pytest.fixture(scope="session")
def corpus(extra: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    """Measured networks, hostile names, a run that is over, one that goes on, one that is new."""
    path = tmp_path_factory.mktemp("corpus") / "c.sqlite"
    with Corpus.open(path) as opened:
        add_measured(opened)
        add_hostile(opened)
        add_run(opened)
        add_run(opened, "busy-lemur", finished=False)
        add_empty_run(opened)
        yield opened


@pytest.fixture(scope="session")
def built(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Built:
    return write_report(corpus, tmp_path_factory.mktemp("report") / "out")


@pytest.fixture(scope="session")
def pages(built: Built) -> list[Path]:
    return sorted(built.directory.rglob("*.html"))
