from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hpo_networks import FakeTraining, base_of, network

from catta.corpus import Corpus
from catta.hpo import TuneSettings, tune

sys.path.append(str(Path(__file__).parents[1] / "corpus"))
postgres_server = pytest.importorskip("postgres_server")
BINARIES = postgres_server.find_binaries()


@pytest.mark.postgres
@pytest.mark.slow
@pytest.mark.skipif(BINARIES is None, reason="there is no PostgreSQL")
def test_studies_lie_in_the_database_of_the_corpus(fake: FakeTraining) -> None:
    with postgres_server.PostgresServer(BINARIES) as server:
        url = server.url(server.create_database())
        for trials in (3, 5):
            with Corpus.open(url) as corpus:
                settings = TuneSettings(trials=trials, threads=1, workers=2)
                report = tune(network(), base_of(), corpus=corpus, settings=settings)
        with Corpus.open(url) as corpus:
            assert corpus.check_integrity() == []

    assert report.states["complete"] == 5
    assert report.new == 2
    assert report.storage is not None
    assert report.storage.endswith("?options=-csearch_path%3Doptuna")
    assert postgres_server.PASSWORD not in report.storage
    assert len(fake.recipes) == 5
