from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from catta.errors import GenerationError, Interrupted, UsageError
from catta.generation import Generator, OpenAIGenerator, SamplingSettings, ServerSettings
from catta.generation.openai_backend import extract_code
from catta.generation.prompts import STANDARD_IMPORTS
from catta.records import Prompt
from catta.testing.generator import GeneratorContract

PROMPT = Prompt(text="# a network\n", prefix=STANDARD_IMPORTS)


class Server:
    """A stub of a chat server that answers from a list; then it answers for ever."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.queue: list[tuple[int, dict[str, str], str]] = []
        self.at_once = 0
        self.most_at_once = 0
        self.lock = threading.Lock()
        self.barrier: threading.Barrier | None = None
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                stub.answer(self)

            def log_message(self, *args: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(
            target=self.http.serve_forever, kwargs={"poll_interval": 0.01}
        )
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http.server_port}/v1"

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = json.loads(handler.rfile.read(int(handler.headers["content-length"])))
        with self.lock:
            self.requests.append({"path": handler.path, **body})
            self.headers.append({k.lower(): v for k, v in handler.headers.items()})
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            code, headers, text = self.queue.pop(0) if self.queue else (200, {}, reply(body))
        if self.barrier is not None:
            self.barrier.wait(10)
        with self.lock:
            self.at_once -= 1
        handler.send_response(code)
        for key, value in {"content-length": str(len(text.encode())), **headers}.items():
            handler.send_header(key, value)
        handler.end_headers()
        handler.wfile.write(text.encode())


def chat(content: str | None, reason: str = "stop", tokens: int = 5) -> str:
    choice = {"message": {"role": "assistant", "content": content}, "finish_reason": reason}
    return json.dumps({"choices": [choice], "usage": {"completion_tokens": tokens}})


def reply(body: dict[str, Any]) -> str:
    return chat(f"Here:\n```python\n{STANDARD_IMPORTS}\nx = {body['seed']}\n```\nDone.")


@pytest.fixture
def server() -> Iterator[Server]:
    stub = Server()
    yield stub
    stub.close()


def make(server: Server, **settings: Any) -> OpenAIGenerator:
    values = {"base_url": server.url, "backoff": 0.001, "timeout": 20.0, **settings}
    return OpenAIGenerator("some-model", settings=ServerSettings(**values))


class TestContract(GeneratorContract):
    @pytest.fixture
    def generator(self, server: Server) -> Iterator[Generator]:
        generator = make(server)
        yield generator
        generator.close()


def test_asks_as_it_was_told(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_KEY", "secret")
    generator = OpenAIGenerator(
        "some-model",
        settings=ServerSettings(base_url=server.url + "/", api_key_env="SOME_KEY"),
        sampling=SamplingSettings(temperature=0.3, top_p=0.5, max_new_tokens=77),
    )
    (completion,) = generator.generate(PROMPT, 1, 40)
    generator.close()
    (request,) = server.requests
    assert request["path"] == "/v1/chat/completions"
    assert request["model"] == "some-model"
    assert (request["temperature"], request["top_p"], request["max_tokens"]) == (0.3, 0.5, 77)
    assert PROMPT.text in request["messages"][0]["content"]
    assert PROMPT.prefix in request["messages"][0]["content"]
    assert server.headers[0]["authorization"] == "Bearer secret"
    assert completion.text == f"{STANDARD_IMPORTS}\nx = 40"
    assert completion.tokens == 5
    assert completion.finished


def test_without_a_key_none_is_sent(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    generator = make(server)
    generator.generate(PROMPT, 1, 0)
    generator.close()
    assert "authorization" not in server.headers[0]


@pytest.mark.parametrize("code", [429, 500, 503])
def test_tries_again_after_a_passing_failure(server: Server, code: int) -> None:
    server.queue = [(code, {}, "busy"), (code, {"retry-after": "0"}, "busy")]
    generator = make(server)
    (completion,) = generator.generate(PROMPT, 1, 3)
    generator.close()
    assert completion.text.endswith("x = 3")
    assert len(server.requests) == 3


def test_gives_up_after_the_last_attempt(server: Server) -> None:
    server.queue = [(503, {}, "overloaded, sorry")] * 3
    generator = make(server, retries=2)
    with pytest.raises(GenerationError, match="503: overloaded, sorry"):
        generator.generate(PROMPT, 1, 0)
    generator.close()
    assert len(server.requests) == 3


def test_a_refusal_is_final(server: Server) -> None:
    server.queue = [(404, {}, '{"error": "no model some-model"}')]
    generator = make(server)
    with pytest.raises(GenerationError, match=r"404.*no model some-model"):
        generator.generate(PROMPT, 1, 0)
    generator.close()
    assert len(server.requests) == 1


def test_an_unreachable_server_is_named(server: Server) -> None:
    url = server.url
    server.http.socket.close()
    generator = OpenAIGenerator(
        "m", settings=ServerSettings(base_url=url, retries=1, backoff=0.001, timeout=5)
    )
    with pytest.raises(GenerationError, match="cannot be reached"):
        generator.generate(PROMPT, 2, 0)
    generator.close()


@pytest.mark.parametrize("text", ["<html>", "[]", '{"choices": []}', '{"choices": [{}]}', "3"])
def test_nonsense_is_a_generation_error(server: Server, text: str) -> None:
    server.queue = [(200, {}, text)]
    generator = make(server)
    with pytest.raises(GenerationError, match="the server's answer is"):
        generator.generate(PROMPT, 1, 0)
    generator.close()


def test_a_cut_answer_is_unfinished_and_an_empty_one_is_kept(server: Server) -> None:
    server.queue = [(200, {}, chat("```python\nx = 1", "length")), (200, {}, chat(None))]
    generator = make(server, concurrency=1)
    cut, empty = generator.generate(PROMPT, 2, 0)
    generator.close()
    assert cut.text == f"{PROMPT.prefix}\nx = 1"
    assert not cut.finished
    assert empty.text.strip() == PROMPT.prefix


def test_requests_go_out_together_but_not_too_many(server: Server) -> None:
    server.barrier = threading.Barrier(3)
    generator = make(server, concurrency=3)
    completions = generator.generate(PROMPT, 9, 100)
    generator.close()
    assert server.most_at_once == 3
    assert [c.text.rsplit(" ", 1)[1] for c in completions] == [str(s) for s in range(100, 109)]


def test_stops_when_asked(server: Server) -> None:
    generator = OpenAIGenerator(
        "m",
        settings=ServerSettings(base_url=server.url, concurrency=1),
        should_stop=lambda: len(server.requests) >= 2,
    )
    with pytest.raises(Interrupted):
        generator.generate(PROMPT, 9, 0)
    generator.close()
    assert len(server.requests) == 2


@pytest.mark.parametrize("url", ["", "localhost:8000", "ftp://host", "https://"])
def test_an_address_that_is_none_is_a_usage_error(url: str) -> None:
    with pytest.raises(UsageError, match=r"server\.base_url"):
        OpenAIGenerator("m", settings=ServerSettings(base_url=url))


def test_the_longest_block_is_the_code() -> None:
    answer = "First `pip`:\n```\nx\n```\nthen\n```python\nimport torch\ny = 2\n```"
    assert extract_code(answer) == "import torch\ny = 2\n"
    assert extract_code("y = 2") == "y = 2"
