from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from catta.errors import FetchError
from catta.tasks import download as module
from catta.tasks.download import download, download_directory


class Answer(BaseHTTPRequestHandler):
    def do_HEAD(self) -> None:
        self.send_response(404 if "missing" in self.path else 200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("no_proxy", "*")
    with HTTPServer(("127.0.0.1", 0), Answer) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()
        thread.join()


def test_what_is_whole_is_moved_to_its_place(server: str) -> None:
    def build(root: Path) -> None:
        (root / "Data").mkdir()
        (root / "Data" / "new").write_text("whole")
        (root / "Data.tar.gz").write_text("no longer needed")

    old = download_directory() / "Data"
    old.mkdir(parents=True)
    (old / "old").write_text("damaged")
    lines: list[str] = []
    download(build, url=f"{server}/file", progress=lines.append)
    assert [path.name for path in download_directory().glob("[!.]*")] == ["Data"]
    assert [path.name for path in old.iterdir()] == ["new"]
    assert lines == ["Downloading from 127.0.0.1"]


def test_nothing_is_printed_to_standard_output(
    server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    download(lambda root: print("torchvision talks"), url=server, progress=None)  # noqa: T201
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("error", [OSError("broken off"), RuntimeError("wrong checksum")])
def test_a_failed_download_leaves_nothing(server: str, error: Exception) -> None:
    def build(root: Path) -> None:
        (root / "half").write_text("half")
        assert socket.getdefaulttimeout() is not None
        raise error

    with pytest.raises(FetchError, match=f"the download from 127.0.0.1 failed: {error}"):
        download(build, url=server, progress=None)
    assert list(download_directory().glob("[!.]*")) == []
    assert list(download_directory().glob(".fetch-*")) == []
    assert socket.getdefaulttimeout() is None


def refuse(root: Path) -> None:
    pytest.fail("nothing must be downloaded")


def test_a_missing_file_and_a_closed_port_are_unreachable(server: str) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{unused.getsockname()[1]}"
        for url in (f"{server}/missing", closed):
            with pytest.raises(FetchError, match=r"127\.0\.0\.1 cannot be reached"):
                download(refuse, url=url, progress=None)


def test_a_server_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(module, "REACH_SECONDS", 0.1)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(FetchError, match="cannot be reached"):
            download(refuse, url=url, progress=None)
