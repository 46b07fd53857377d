"""Whatever the server answers, and whatever the database holds: one clear sentence, no password."""

import socket
import subprocess
import sys

import pytest
from postgres_server import PASSWORD, PostgresServer
from sqlalchemy.engine import make_url

from catta.corpus import Corpus
from catta.corpus.location import locate
from catta.errors import CattaError, CorpusError, UsageError
from catta.testing.store import make_network

on_server = pytest.mark.postgres


def refusal(kind: type[CattaError], url: str, sentence: str, **options: bool) -> None:
    """The password in the URL, whatever it is, must not be in the sentence."""
    password = make_url(url).password
    assert isinstance(password, str)
    assert len(password) > 8
    with pytest.raises(kind, match=sentence) as caught:
        Corpus.open(url, **options)
    assert "\n" not in str(caught.value)
    assert password not in str(caught.value)


def tables(postgres: PostgresServer, database: str) -> list[str]:
    query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    return [row[0] for row in postgres.execute(query, database)]


@on_server
def test_an_empty_database_becomes_a_corpus(postgres: PostgresServer, empty_database: str) -> None:
    url = postgres.url(empty_database)
    refusal(UsageError, url, "holds no corpus", create=False)
    refusal(UsageError, url, "holds no corpus", read_only=True)
    with Corpus.open_existing_or_empty(url) as corpus:
        assert corpus.location == "sqlite://"
    assert tables(postgres, empty_database) == []
    with Corpus.open(url) as corpus:
        corpus.networks.add([make_network(1)])
    with Corpus.open_existing_or_empty(url) as corpus:
        assert corpus.networks.all() == [make_network(1)]


@on_server
@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_a_url_works(
    postgres: PostgresServer, corpus_database: str, scheme: str
) -> None:
    with Corpus.open(postgres.url(corpus_database, scheme), create=False) as corpus:
        assert corpus.location == (
            f"postgresql+psycopg://catta:***@127.0.0.1:{postgres.port}/{corpus_database}"
        )
        assert corpus.networks.count() == 0


@on_server
def test_a_database_of_something_else_is_refused(
    postgres: PostgresServer, empty_database: str
) -> None:
    postgres.execute("CREATE TABLE bills (amount real)", empty_database)
    refusal(CorpusError, postgres.url(empty_database), "database of something else")
    assert tables(postgres, empty_database) == ["bills"]


@on_server
def test_a_newer_schema_is_refused(postgres: PostgresServer, corpus_database: str) -> None:
    postgres.execute("UPDATE alembic_version SET version_num = '0999'", corpus_database)
    before = tables(postgres, corpus_database)
    refusal(CorpusError, postgres.url(corpus_database), "0999 is newer")
    assert tables(postgres, corpus_database) == before
    found = postgres.execute("SELECT version_num FROM alembic_version", corpus_database)
    assert found == [("0999",)]


@on_server
def test_another_encoding_is_refused(postgres: PostgresServer) -> None:
    latin = postgres.create_database(
        "template0", "ENCODING 'LATIN1' LOCALE 'C' LOCALE_PROVIDER libc"
    )
    refusal(CorpusError, postgres.url(latin), "encoding UTF8")
    assert tables(postgres, latin) == []


@on_server
def test_read_only_reads_and_refuses_to_write(corpus_url: str) -> None:
    with Corpus.open(corpus_url) as corpus:
        corpus.networks.add([make_network(1)])
    with Corpus.open(corpus_url, read_only=True) as corpus:
        assert corpus.networks.count() == 1
        with pytest.raises(CorpusError, match="cannot be written"):
            corpus.networks.add([make_network(2)])
        assert corpus.networks.count() == 1


@on_server
def test_a_user_without_rights_is_told_so(postgres: PostgresServer, corpus_database: str) -> None:
    database = corpus_database
    postgres.execute(f"CREATE ROLE reader_{database} LOGIN PASSWORD '{PASSWORD}'")
    postgres.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader_{database}", database)
    url = postgres.url(database).replace("catta:", f"reader_{database}:")
    with Corpus.open(url) as corpus:
        assert corpus.networks.count() == 0
        with pytest.raises(CorpusError, match="this user may not do that"):
            corpus.networks.add([make_network(1)])


@on_server
def test_a_wrong_password_or_database_is_explained(
    postgres: PostgresServer, corpus_url: str
) -> None:
    refusal(
        CorpusError,
        corpus_url.replace(PASSWORD, "wrong-of-tests"),
        "password authentication failed",
    )
    refusal(CorpusError, postgres.url("nowhere"), '"nowhere" does not exist')


@on_server
def test_opening_a_current_corpus_loads_no_alembic(corpus_url: str) -> None:
    code = (
        "import sys; from catta.corpus import Corpus; Corpus.open(sys.argv[1]).close();"
        "print([m for m in ('torch', 'pandas', 'alembic') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, corpus_url], capture_output=True, check=True)
    assert done.stdout.strip() == b"[]"


def test_no_server_is_explained() -> None:
    pytest.importorskip("psycopg")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        url = f"postgresql://catta:{PASSWORD}@127.0.0.1:{port}/corpus"
        refusal(CorpusError, url, "no connection to the server")


def test_a_missing_driver_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    refusal(UsageError, f"postgresql://catta:{PASSWORD}@host/corpus", r"catta\[postgres\]")


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://catta:{PASSWORD}@host/corpus",
        f"postgresql://catta@host/corpus?password={PASSWORD}",
        f"postgresql://host/corpus?user=catta&sslpassword={PASSWORD}",
    ],
)
def test_the_name_of_a_place_has_no_password(url: str) -> None:
    assert PASSWORD in locate(url).target
    assert PASSWORD not in locate(url).name


def test_a_url_that_is_none_is_refused_without_its_password() -> None:
    for url in (f"postgresql://catta:{PASSWORD}@host:port/corpus", f"postgresql+x://:{PASSWORD}@h"):
        with pytest.raises(UsageError) as caught:
            Corpus.open(url)
        assert PASSWORD not in str(caught.value)
