from __future__ import annotations

import importlib.util
from collections.abc import Iterator

import pytest
from postgres_server import PostgresServer, find_binaries

from catta.corpus import Corpus


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server for the session."""
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("the package postgresql (initdb, postgres) is not installed")
    if importlib.util.find_spec("psycopg") is None:
        pytest.skip("psycopg is not installed")
    with PostgresServer(binaries) as server:
        yield server


@pytest.fixture(scope="session")
def postgres_template(postgres: PostgresServer) -> str:
    """A database of the newest schema that others are copied from: migrating takes a while."""
    name = postgres.create_database()
    Corpus.open(postgres.url(name)).close()
    return name


@pytest.fixture
def empty_database(postgres: PostgresServer) -> str:
    """Name of a database without tables."""
    return postgres.create_database()


@pytest.fixture
def corpus_database(postgres: PostgresServer, postgres_template: str) -> str:
    """Name of a database that holds an empty corpus."""
    return postgres.create_database(postgres_template)


@pytest.fixture
def corpus_url(postgres: PostgresServer, corpus_database: str) -> str:
    """URL of an empty corpus on the server."""
    return postgres.url(corpus_database)
