"""Where a corpus is: a file, memory, or a database on a server."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from catta.corpus.sqlite import IN_MEMORY
from catta.errors import UsageError

POSTGRES = "postgresql+psycopg"


@dataclass(frozen=True, kw_only=True, slots=True)
class Location:
    """Where a corpus is.

    Attributes:
        name: Absolute path, `sqlite://`, or the URL without its password: for messages.
        path: The file, if it is one.
        url: The database, if it is on a server.
    """

    name: str
    path: Path | None = None
    url: URL | None = None

    @property
    def target(self) -> str:
        """What an engine is made from; it may hold a password."""
        return self.name if self.url is None else self.url.render_as_string(hide_password=False)


def locate(location: str | Path) -> Location:
    """The place that a path or a URL names.

    Raises:
        UsageError: It is not a URL, or one of a database that is not supported.
    """
    name = str(location)
    if "://" in name:
        try:
            url = make_url(name)
        except (ArgumentError, ValueError) as error:
            scheme = name.partition("://")[0]  # the rest may hold a password
            raise UsageError(f"corpus: {scheme}://... is not a database URL") from error
        if url.drivername in {"postgresql", "postgres", POSTGRES}:
            return _on_server(url.set(drivername=POSTGRES))
        if url.get_backend_name() != "sqlite":
            raise UsageError(
                f"corpus: {url.drivername} is not supported; give a path, sqlite:///path or "
                f"{POSTGRES}://user@host/database"
            )
        name = url.database or ":memory:"
    if name == ":memory:":
        return Location(name=IN_MEMORY)
    path = Path(name).expanduser().resolve()
    return Location(name=str(path), path=path)


def _on_server(url: URL) -> Location:
    shown = url.difference_update_query(["password", "passfile", "sslpassword"])
    return Location(name=shown.render_as_string(hide_password=True), url=url)
