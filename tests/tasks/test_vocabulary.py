from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from catta.tasks.sources import END, PADDING, START, UNKNOWN
from catta.tasks.vocabulary import SPECIAL, Vocabulary, words_of

KNOWN = Vocabulary.of(("a", "bag", "t-shirt"))


def test_words_are_in_lower_case_and_without_punctuation() -> None:
    assert words_of("A man's T-shirt, 2 bags.  (Red!)") == [
        "a",
        "man's",
        "t-shirt",
        "2",
        "bags",
        "red",
    ]


def test_a_sentence_has_a_start_an_end_and_padding() -> None:
    assert KNOWN.words[:4] == SPECIAL
    assert KNOWN.encode("A T-shirt!", 6).tolist() == [START, 4, 6, END, PADDING, PADDING]
    assert KNOWN.encode("a hat", 4).tolist() == [START, 4, UNKNOWN, END]


def test_what_is_too_long_loses_its_last_words() -> None:
    assert KNOWN.encode("a bag a bag a bag", 5).tolist() == [START, 4, 5, 4, END]


@given(st.lists(st.sampled_from(["a", "bag", "t-shirt"]), max_size=8))
def test_decoding_gives_the_sentence_back(words: list[str]) -> None:
    sentence = " ".join(words)
    assert KNOWN.decode(KNOWN.encode(sentence, 10)) == sentence


def test_a_name_of_a_special_token_in_a_text_is_a_word_like_any_other() -> None:
    assert KNOWN.encode("<end> a", 4).tolist() == [START, UNKNOWN, 4, END]


def test_frequent_words_come_first_and_rare_ones_are_unknown() -> None:
    texts = ["a dog", "A cat.", "a cat and a bird", "and bird"]
    words = Vocabulary.most_frequent(texts, least=2, most=3).words
    assert words == (*SPECIAL, "a", "and", "bird")
