from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catta.errors import UsageError
from catta.tasks.splits import split
from catta.tasks.text_source import (
    LARGEST_VOCABULARY,
    CharacterSource,
    divided_text_source,
    text_source,
)

texts = st.lists(st.text(min_size=1, max_size=60), min_size=1, max_size=30)


def decoded(source: CharacterSource, tokens: np.ndarray) -> str:
    return "".join(source.words[token] for token in tokens)


def test_tokens_are_characters_and_the_target_is_the_next_one() -> None:
    source = divided_text_source("t", ["abacab"], ["cab!"]).cut(2)
    assert source.words == ("\N{REPLACEMENT CHARACTER}", "a", "b", "c")
    assert source.outputs == 4
    train = source.read("train", np.array([0, 1]), 2)
    assert train["x"].tolist() == [[1, 2], [3, 1]]
    assert train["y"].tolist() == [[2, 1], [1, 2]]
    assert train["x"].dtype == train["y"].dtype == np.int64
    assert source.test.tolist() == [3, 1, 2, 0]  # no training text has an exclamation mark


def test_the_vocabulary_holds_the_most_frequent_characters_of_the_training_part() -> None:
    frequent = "".join(chr(0x4E00 + number) * 2 for number in range(LARGEST_VOCABULARY - 1))
    source = divided_text_source("t", [frequent + "abcd"], ["abcd"])
    assert source.outputs == LARGEST_VOCABULARY
    assert set(source.words[1:]) == set(frequent)
    assert source.train[-4:].tolist() == source.test.tolist() == [0] * 4


def test_upper_and_lower_case_are_different_tokens() -> None:
    assert {"a", "A"} < set(divided_text_source("t", ["aA"], ["a"]).words)


@given(texts, st.integers(1, 9))
def test_samples_are_the_text_without_gaps_and_share_no_character(
    pieces: list[str], length: int
) -> None:
    try:
        source = text_source("t", pieces).cut(length)
    except UsageError:
        return
    for part, tokens in (("train", source.train), ("test", source.test)):
        samples = source.read(part, np.arange(source.count(part)), length)  # type: ignore[arg-type]
        whole = np.concatenate([samples["x"], samples["y"][:, -1:]], axis=1).ravel()
        assert np.array_equal(whole, tokens[: len(whole)])
        assert len(tokens) - len(whole) <= length
        assert np.array_equal(samples["x"][:, 1:], samples["y"][:, :-1])


@given(texts)
def test_no_character_is_lost_and_a_tenth_is_for_tests(pieces: list[str]) -> None:
    try:
        source = text_source("t", pieces)
    except UsageError:
        return
    filled = [piece for piece in pieces if piece.strip()]
    total = len("\n".join(filled))
    lost = total - len(source.train) - len(source.test)
    assert lost == (1 if len(filled) >= 10 else 0)  # the line break at the border
    nearest = max(map(len, filled)) + 2 if len(filled) >= 10 else 1
    assert abs(len(source.test) - total / 10) <= nearest


def test_of_many_pieces_none_is_in_both_parts() -> None:
    pieces = [f"{number:09d}" for number in range(20)]
    source = text_source("t", pieces)
    assert decoded(source, source.test) == "000000018\n000000019"
    assert decoded(source, source.train).endswith("000000017")


def test_split_draws_windows_that_share_nothing() -> None:
    source = text_source("t", ["".join(chr(0x100 + i % 120) for i in range(2_000))]).cut(7)
    parts = split(source.strata(), train_samples=100, validation_samples=20, seed=0)
    assert len(source.strata()) == source.count("train") == 1_800 // 8
    starts = np.concatenate([parts.train, parts.validation]) * 8
    covered = (starts[:, None] + np.arange(8)).ravel()
    assert len(set(covered.tolist())) == len(covered)


@pytest.mark.parametrize("pieces", [[], [""], [" \n", "\t"]])
def test_an_empty_text_is_refused(pieces: list[str]) -> None:
    with pytest.raises(UsageError, match="the text mine is empty"):
        text_source("mine", pieces)
    with pytest.raises(UsageError, match="the test part of the text mine is empty"):
        divided_text_source("mine", ["text"], pieces)


def test_a_text_that_is_too_short_for_a_window_is_refused() -> None:
    source = text_source("mine", ["x" * 100])
    assert source.cut(9).count("test") == 1
    with pytest.raises(UsageError, match="too short for samples of 10 tokens: it has 90 char"):
        source.cut(10)


def test_a_source_gives_only_the_length_that_it_was_cut_to() -> None:
    with pytest.raises(UsageError, match="cut into 128 tokens a sample, not 64"):
        text_source("mine", ["x" * 9_000]).read("train", np.array([0]), 64)


def test_the_digest_follows_the_text() -> None:
    digests = {
        divided_text_source("t", [train], [test]).digest()
        for train, test in (("ab", "a"), ("ab", "b"), ("ba", "a"), ("xy", "x"), ("ab", "ab"))
    }
    assert len(digests) == 5
    assert divided_text_source("other", ["ab"], ["a"]).digest() in digests
