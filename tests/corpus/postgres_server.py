"""A real PostgreSQL server on loopback, in a temporary directory, for as long as a test session."""

import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

PASSWORD = "s3cret-of-tests"
# A language's collation, so that a test notices where the order of texts depends on it.
ENGLISH = ("--locale-provider=icu", "--icu-locale=en-US")
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "40",
    "shared_buffers": "32MB",
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
}


def find_binaries() -> Path | None:
    """Directory of `initdb` and `postgres`, of the newest version that is there."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    on_path = shutil.which("initdb")
    if found:
        return max(found, key=lambda path: float(path.parent.name))
    return Path(on_path).resolve().parent if on_path else None


class PostgresServer:
    """A server; use it as a context manager."""

    def __init__(self, binaries: Path) -> None:
        self._binaries = binaries
        self._as_user: dict[str, Any] = {}
        self._numbers = itertools.count()
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    def __enter__(self) -> "PostgresServer":
        self._home = Path(tempfile.mkdtemp(prefix="catta-postgres-"))
        if os.geteuid() == 0:  # the server refuses to run as root
            nobody = pwd.getpwnam("nobody")
            os.chown(self._home, nobody.pw_uid, nobody.pw_gid)
            self._as_user = {
                "user": nobody.pw_uid,
                "group": nobody.pw_gid,
                "extra_groups": (),
            }
        self._initialise()
        self.start()
        return self

    def __exit__(self, *details: object) -> None:
        self.stop()
        shutil.rmtree(self._home, ignore_errors=True)

    def _initialise(self) -> None:
        secret = self._home / "password"
        secret.write_text(PASSWORD)
        version = subprocess.check_output([self._binaries / "postgres", "--version"], text=True)
        major = int(version.split()[2].split(".")[0])
        subprocess.run(
            [
                *(self._binaries / "initdb", "--pgdata", self._home / "data"),
                *("--username", "catta", "--pwfile", secret, "--auth", "scram-sha-256"),
                *("--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"),
                *(ENGLISH if major >= 15 else ()),
            ],
            check=True,
            capture_output=True,
            cwd=self._home,
            **self._as_user,
        )

    def start(self) -> None:
        """Start it and wait until it answers; after `stop` on the same port and data."""
        if not self.port:
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                self.port = free.getsockname()[1]
        options = [f"--{name}={value}" for name, value in SETTINGS.items()]
        with (self._home / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(self._binaries / "postgres", "-D", self._home / "data"),
                    *("-p", str(self.port), *options),
                ],
                stdout=log,
                stderr=log,
                cwd=self._home,
                **self._as_user,
            )
        ready = [self._binaries / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        for _ in range(600):
            if subprocess.run(ready, check=False).returncode == 0:
                return
            if self._process.poll() is not None:
                break
            time.sleep(0.05)
        raise RuntimeError((self._home / "log").read_text(errors="replace"))

    def stop(self) -> None:
        """Stop it at once, as a failing machine would."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(timeout=60)
        self._process = None

    def url(self, database: str, driver: str = "postgresql+psycopg") -> str:
        return f"{driver}://catta:{PASSWORD}@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run a statement outside of Catta."""
        import psycopg

        with psycopg.connect(self.url(database, "postgresql"), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def create_database(self, template: str = "template1", options: str = "") -> str:
        name = f"corpus_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template} {options}")
        return name
