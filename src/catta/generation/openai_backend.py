"""Any server that speaks the OpenAI protocol, as a generator."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field, ValidationError

from catta.errors import GenerationError, Interrupted, UsageError
from catta.generation.prompts import STANDARD_IMPORTS
from catta.generation.settings import SamplingSettings, ServerSettings
from catta.records import Completion, Prompt

if TYPE_CHECKING:
    import httpx

_FENCED = re.compile(r"```[ \t]*(?:python|py)?[ \t]*\r?\n(.*?)(?:```|\Z)", re.DOTALL)
_LONGEST_WAIT = 60.0
_INSTRUCTION = (
    "Write one Python module, in one code block, without explanations. "
    "Begin it exactly like this and go on:\n\n```python\n{prefix}\n```\n"
)


class _Message(BaseModel):
    content: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Usage(BaseModel):
    completion_tokens: int = 0


class _Answer(BaseModel):
    """What is read of a chat completion."""

    choices: list[_Choice] = Field(min_length=1)
    usage: _Usage | None = None


class OpenAIGenerator:
    """Asks a server for chat completions, several at a time, and takes the code out of them.

    The seed is sent along; whether equal seeds give equal answers is the server's affair.
    """

    def __init__(
        self,
        model: str,
        *,
        settings: ServerSettings | None = None,
        sampling: SamplingSettings | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> None:
        """Prepare the connection; nothing is sent yet.

        Args:
            model: Name of the model on the server.
            settings: The server.
            sampling: Temperature, top-p and the token limit.
            should_stop: Asked before each request; True ends the generation with `Interrupted`.

        Raises:
            UsageError: The address is none, or the extra `llm` is not installed.
        """
        self._settings = settings or ServerSettings()
        self._sampling = sampling or SamplingSettings()
        self._model = model
        self._should_stop = should_stop
        self._given_up = threading.Event()
        if not re.match(r"https?://[^/]", self._settings.base_url):
            raise UsageError(
                f"server.base_url: {self._settings.base_url!r} is not an address "
                "that begins with http:// or https://"
            )
        if find_spec("httpx") is None:
            raise UsageError("the backend openai needs httpx: pip install 'catta[llm]'")
        self._client: httpx.Client | None = None

    @property
    def name(self) -> str:
        """Server and model."""
        return f"{self._settings.base_url}#{self._model}"

    def generate(self, prompt: Prompt, n: int, seed: int) -> list[Completion]:
        """Answer a prompt `n` times; see `Generator`.

        Raises:
            GenerationError: The server refuses, stays unreachable, or answers something else.
            Interrupted: `should_stop` said so.
        """
        self._given_up.clear()
        client = self._open()
        bodies = [self._body(prompt, seed + index) for index in range(n)]
        with ThreadPoolExecutor(max_workers=self._settings.concurrency) as pool:
            futures = [pool.submit(self._ask, client, body) for body in bodies]
            try:
                answers = [future.result() for future in futures]
            except BaseException:
                self._given_up.set()
                pool.shutdown(wait=True, cancel_futures=True)
                raise
        return [read_answer(answer, prompt) for answer in answers]

    def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _open(self) -> httpx.Client:
        if self._client is None:
            import httpx  # here, because it belongs to the extra `llm`

            key = os.environ.get(self._settings.api_key_env, "").strip()
            self._client = httpx.Client(
                base_url=self._settings.base_url.rstrip("/") + "/",
                headers={"Authorization": f"Bearer {key}"} if key else {},
                timeout=self._settings.timeout,
                limits=httpx.Limits(max_connections=self._settings.concurrency),
            )
        return self._client

    def _body(self, prompt: Prompt, seed: int) -> dict[str, Any]:
        text = prompt.text + "\n" + _INSTRUCTION.format(prefix=prompt.prefix)
        return {
            "model": self._model,
            "messages": [{"role": "user", "content": text}],
            "temperature": self._sampling.temperature,
            "top_p": self._sampling.top_p,
            "max_tokens": self._sampling.max_new_tokens,
            "seed": seed,
        }

    def _ask(self, client: httpx.Client, body: dict[str, Any]) -> object:
        """One request with its further attempts; returns the JSON of the answer."""
        import httpx

        problem = "no attempt was made"
        for attempt in range(self._settings.retries + 1):
            self._check_stop()
            wait = self._settings.backoff * 2**attempt
            try:
                response = client.post("chat/completions", json=body)
            except (httpx.TransportError, httpx.InvalidURL) as error:
                problem = f"cannot be reached: {error or type(error).__name__}"
            else:
                if response.is_success:
                    return _json(response)
                problem = f"answers {response.status_code}: {_words(response)}"
                if response.status_code != 429 and response.status_code < 500:
                    break
                wait = _retry_after(response, wait)
            if attempt < self._settings.retries:
                self._given_up.wait(min(wait, _LONGEST_WAIT))
        raise GenerationError(f"the server {self._settings.base_url} {problem}")

    def _check_stop(self) -> None:
        stop = self._should_stop is not None and self._should_stop()
        if stop or self._given_up.is_set():
            raise Interrupted("generation stopped; the completions begun are dropped")


def read_answer(answer: object, prompt: Prompt) -> Completion:
    """The completion in a server's answer.

    Args:
        answer: JSON of a chat completion.
        prompt: What was asked; the forced beginning is put first where the answer lacks it.

    Raises:
        GenerationError: It is not a chat completion.
    """
    try:
        parsed = _Answer.model_validate(answer)
    except ValidationError as error:
        raise GenerationError("the server's answer is no chat completion") from error
    choice = parsed.choices[0]
    text = _with_prefix(extract_code(choice.message.content or ""), prompt.prefix)
    tokens = parsed.usage.completion_tokens if parsed.usage else 0
    return Completion(text=text, tokens=tokens, finished=choice.finish_reason != "length")


def extract_code(content: str) -> str:
    """The longest fenced code block of a chat answer, or all of it where nothing is fenced."""
    blocks = _FENCED.findall(content)
    return max(blocks, key=len) if blocks else content


def _with_prefix(code: str, prefix: str) -> str:
    stripped = code.strip("\r\n")
    if stripped.startswith(prefix):
        return stripped
    if "class Net" in stripped:  # a whole module; imports that come twice do no harm
        return f"{STANDARD_IMPORTS}\n{stripped}"
    return f"{prefix}\n{stripped}"


def _json(response: httpx.Response) -> object:
    try:
        return response.json()
    except ValueError as error:
        raise GenerationError("the server's answer is not JSON") from error


def _words(response: httpx.Response) -> str:
    """The beginning of what a server says about a refusal."""
    text = " ".join(response.text.split())
    return text[:200] or response.reason_phrase


def _retry_after(response: httpx.Response, otherwise: float) -> float:
    """Seconds that the server asks to wait."""
    try:
        return max(0.0, float(response.headers.get("retry-after", otherwise)))
    except ValueError:  # a date; our own patience will do
        return otherwise
