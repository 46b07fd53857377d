"""Values that no option can mean are refused before a command does anything."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_builders import Invoke


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("train", ""), "NETWORK: the text is empty"),
        (("train", "residual", "--dataset", " "), "--dataset: the text is empty"),
        (("train", "residual", "--minutes", "nan"), "--minutes: nan is no finite number"),
        (("train", "residual", "--prm", "lr=nan"), "--prm: 'lr=nan' is not NAME=NUMBER"),
        (("train", "residual", "--prm", "lr=inf"), "--prm: 'lr=inf' is not NAME=NUMBER"),
        (("train", "residual", "--prm", "lr"), "--prm: 'lr' is not NAME=NUMBER"),
        (("train", "residual", "--prm", "=1"), "--prm: '=1' is not NAME=NUMBER"),
        (("train", "residual", "--prm", "lr=1", "--prm", "lr=2"), "--prm: lr is given twice"),
        (("tune", "residual", "--study", ""), "--study: the text is empty"),
        (("noise", "residual", "--task", ""), "--task: the text is empty"),
        (("stats", "summary", "--family", ""), "--family: the text is empty"),
        (("stats", "summary", "--nn", "a", "--nn", ""), "--nn: the text is empty"),
        (("plot", "mean", "-o", "a.svg", "--title", ""), "--title: the text is empty"),
        (("evolve", "--threshold", "nan"), "--threshold: nan is no finite number"),
        (("prune", "residual", "--amount", "inf"), "--amount: inf is no finite number"),
        (("cache", "clear", "--all", "--unused", "nan"), "--unused: nan is no finite number"),
        (("corpus", "query", ""), "SELECT: the text is empty"),
        (("corpus", "list", "--corpus", ""), "--corpus: the text is empty"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_one_sentence_names_the_option(
    words: tuple[str, ...], said: str, invoke: Invoke, corpus: Path
) -> None:
    result = invoke(*words)
    assert result.exit_code == 2
    assert result.stderr == f"Error: {said}\n"
    assert result.stdout == ""
    assert not corpus.exists()
