"""A user's mistake: one sentence that names the key, exit code 2, nothing written."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_builders import Invoke

from catta.errors import CorpusError

MUTATION = ("--arm", "mutation", "--cycles", "1", "--candidates", "1")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--arm", "evolution"), ("arm", "lora", "frozen", "mutation", "evolution")),
        (("--threshold", "1.5"), ("threshold", "1.5", "less than or equal to 1")),
        (("--threshold", "-0.1"), ("threshold", "greater than or equal to 0")),
        (("--cycles", "0"), ("cycles", "greater than or equal to 1")),
        ((*MUTATION, "--dataset", "imagenet"), ("dataset", "imagenet", "fashion-mnist", "digits")),
        ((*MUTATION, "--data", "nowhere"), ("data", "nowhere", "does not exist")),
        (("--model", "./nowhere"), ("model", "./nowhere")),
        (("--model", "no such model"), ("model", "no such model", "hub name")),
        (("nowhere.toml",), ("run file", "nowhere.toml", "does not exist")),
        ((*MUTATION, "--best", "nowhere/best.py"), ("--best", "nowhere")),
    ],
)
def test_evolve_refuses_in_one_sentence(
    invoke: Invoke, corpus: Path, arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    result = invoke("evolve", *arguments)

    assert_one_sentence(result.stderr, words)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert list(corpus.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("cyles = 3\n", ("cyles", "unknown key", "cycles", "candidates")),
        ("[recipe]\nepoch = 3\n", ("recipe.epoch", "unknown key", "epochs")),
        ("threshold = 1.5\n", ("threshold", "1.5")),
        ("profile = 'fast'\n", ("profile", "fast", "default", "paper")),
        ("arm = 'memory'\n", ("arm", "memory", "lora", "frozen", "mutation")),
        ("cycles = \n", ("run.toml", "cannot be read")),
    ],
)
def test_run_file_with_a_mistake(
    invoke: Invoke, corpus: Path, text: str, words: tuple[str, ...]
) -> None:
    run_file = corpus.parent / "run.toml"
    run_file.write_text(text)

    result = invoke("evolve", str(run_file), "--json")

    assert_one_sentence(result.stderr, words)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert list(corpus.parent.iterdir()) == [run_file]


def test_check_of_a_file_that_is_not_there(invoke: Invoke) -> None:
    result = invoke("check", "nowhere.py")

    assert result.exit_code == 2
    assert_one_sentence(result.stderr, ("nowhere.py", "does not exist"))


def test_check_of_a_file_that_is_no_text(invoke: Invoke, tmp_path: Path) -> None:
    file = tmp_path / "net.py"
    file.write_bytes(b"\xff\xfe\x00")

    result = invoke("check", str(file))

    assert result.exit_code == 2
    assert_one_sentence(result.stderr, ("net.py", "UTF-8"))


def test_model_that_is_nowhere(invoke: Invoke) -> None:
    result = invoke("models", "pull", "no such model")

    assert result.exit_code == 2
    assert_one_sentence(result.stderr, ("model", "no such model"))


def test_run_that_is_nowhere(invoke: Invoke, corpus: Path) -> None:
    result = invoke("runs", "show", "nothing")

    assert result.exit_code in (1, 2)
    assert_one_sentence(result.stderr, (str(corpus),))
    assert not corpus.exists()


def test_unknown_option_is_a_usage_error(invoke: Invoke) -> None:
    assert invoke("evolve", "--bogus").exit_code == 2


def test_failure_that_is_not_the_users(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: object) -> None:
        raise CorpusError("the corpus is damaged")

    monkeypatch.setattr("catta.loop.list_runs", fail)

    result = invoke("runs", "list", "--json")

    assert result.exit_code == 1
    assert result.stderr == "Error: the corpus is damaged\n"
    assert result.stdout == ""


def test_full_disk_is_a_sentence(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: object) -> None:
        raise OSError(28, "No space left on device", "somewhere")

    monkeypatch.setattr("catta.loop.list_runs", fail)

    result = invoke("runs", "list")

    assert result.exit_code == 1
    assert result.stderr == "Error: No space left on device: somewhere\n"


def test_debugging_shows_the_exception(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATTA_DEBUG", "1")

    result = invoke("check", "nowhere.py")

    assert type(result.exception).__name__ == "UsageError"


def assert_one_sentence(text: str, words: tuple[str, ...]) -> None:
    assert text.count("\n") == 1
    assert text.startswith("Error: ")
    assert "Traceback" not in text
    for word in words:
        assert word in text
