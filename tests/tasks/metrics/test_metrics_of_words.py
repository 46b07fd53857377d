"""Captions and texts, against values that were worked out by hand."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catta.records import Problem
from catta.tasks.metrics import language, metric_names, score
from catta.tasks.metrics.captioning import sentence
from catta.tasks.metrics.cider import cider
from catta.tasks.metrics.meteor_presence import has_meteor
from catta.tasks.targets import END, PADDING, START, UNKNOWN

few = settings(max_examples=25)
VOCABULARY = 12
ONE, TWO, THREE, FOUR, FIVE, SIX, OTHER = range(4, 11)
LENGTH = 9


def padded(words: list[int]) -> list[int]:
    return ([START, *words, END] + [PADDING] * LENGTH)[:LENGTH]


def captioned(
    predicted: list[list[int]], wanted: list[list[list[int]]], words: tuple[str, ...] = ()
) -> dict[str, float]:
    most = max(map(len, wanted))
    references = [
        [padded(some) for some in image] + [[PADDING] * LENGTH] * (most - len(image))
        for image in wanted
    ]
    return score(
        Problem(task="img-captioning", sample=(3, 8, 8), outputs=VOCABULARY),
        {"captions": np.array([padded(some) for some in predicted])},
        {"captions": np.array(references)},
        words,
    )


def test_a_sentence_ends_at_its_end() -> None:
    tokens = np.array([START, ONE, PADDING, UNKNOWN, TWO, END, THREE, END])
    assert sentence(tokens) == (ONE, UNKNOWN, TWO)
    assert sentence(tokens, 99) == (ONE, 99, TWO)
    assert sentence(np.array([ONE, TWO])) == (ONE, TWO)
    assert sentence(np.array([END, ONE])) == sentence(np.array([], np.int64)) == ()


def test_bleu_4_is_the_geometric_mean_of_the_precisions_with_a_penalty() -> None:
    values = captioned([[ONE, TWO, THREE, FOUR, OTHER]], [[[ONE, TWO, THREE, FOUR, FIVE]]])
    assert values["bleu"] == pytest.approx((4 / 5 * 3 / 4 * 2 / 3 * 1 / 2) ** (1 / 4))
    short = captioned([[ONE, TWO, THREE, FOUR]], [[[ONE, TWO, THREE, FOUR, FIVE]]])
    assert short["bleu"] == pytest.approx(math.exp(1 - 5 / 4))


def test_bleu_is_of_the_whole_corpus_and_takes_every_reference() -> None:
    first, second = [ONE, TWO, THREE, FOUR, FIVE], [TWO, ONE]
    # the second sentence adds two words, of which both are known, and a pair that is not
    values = captioned([first, second], [[[SIX, SIX], first], [[ONE, TWO]]])
    assert values["bleu"] == pytest.approx((7 / 7 * 4 / 5 * 3 / 3 * 2 / 2) ** (1 / 4))


def test_rouge_l_is_the_f_measure_of_the_longest_common_subsequence() -> None:
    # common: ONE THREE FOUR; 3 of 4 predicted, 3 of 5 wanted words
    values = captioned([[ONE, THREE, OTHER, FOUR]], [[[ONE, TWO, THREE, FOUR, FIVE]]])
    assert values["rouge"] == pytest.approx(2 * (3 / 4) * (3 / 5) / (3 / 4 + 3 / 5))
    best = captioned([[ONE, TWO], [SIX]], [[[FIVE], [ONE, TWO]], [[FIVE]]])
    assert best["rouge"] == pytest.approx((1 + 0) / 2)


def test_cider_of_two_images_worked_out_by_hand() -> None:
    # Images: "1 2" and "1 3". idf is 0 of word 1, ln 2 of words 2 and 3 and of both pairs.
    references = [[(ONE, TWO)], [(ONE, THREE)]]
    # n = 1 and n = 2 each 1 for an exact caption; there are no sequences of 3 or 4 words
    assert cider([(ONE, TWO), (ONE, THREE)], references) == pytest.approx(10 * (1 + 1) / 4)
    # "2 2": the weight of word 2 is twice as much, but no more than the reference's counts: the
    # vectors are (2 ln 2) and (ln 2), so it is 1/2; no pair is common. Lengths are equal.
    assert cider([(TWO, TWO), (ONE, THREE)], references) == pytest.approx(
        10 * ((1 / 2 + 0) / 4 + (1 + 1) / 4) / 2
    )
    # "1 2 1": word 2 is all that weighs; of two pairs one is right: 1/sqrt(2); one word too many
    penalty = math.exp(-1 / 72)
    assert cider([(ONE, TWO, ONE), (ONE, THREE)], references) == pytest.approx(
        10 * (penalty * (1 + 1 / math.sqrt(2)) / 4 + (1 + 1) / 4) / 2
    )


def test_cider_is_the_mean_over_the_references() -> None:
    references = [[(ONE, TWO, THREE, FOUR), (FIVE,)], [(SIX,)]]
    assert cider([(ONE, TWO, THREE, FOUR), ()], references) == pytest.approx(10 * (1 / 2) / 2)
    assert cider([], []) == cider([(ONE,)], [[(ONE,)]]) == 0


def test_an_unknown_word_is_never_right() -> None:
    words = [ONE, TWO, THREE, FOUR, UNKNOWN]
    values = captioned([words], [[words]])
    assert values["bleu"] == pytest.approx((4 / 5 * 3 / 4 * 2 / 3 * 1 / 2) ** (1 / 4))
    assert values["rouge"] == pytest.approx(4 / 5)


def test_a_silent_network_is_worth_nothing() -> None:
    assert captioned([[], []], [[[ONE, TWO]], [[THREE]]]) == {"bleu": 0, "rouge": 0, "cider": 0}


sentences = st.lists(st.integers(ONE, OTHER), min_size=4, max_size=LENGTH - 2)


@few
@given(st.lists(sentences, min_size=2, max_size=5, unique_by=tuple), st.randoms())
def test_of_captions_the_perfect_one_is_best_and_order_says_nothing(
    wanted: list[list[int]], random: object
) -> None:
    references = [[words] for words in wanted]
    perfect = captioned(wanted, references)
    assert perfect["bleu"] == pytest.approx(1)
    assert perfect["rouge"] == pytest.approx(1)
    predicted = [words[1:] for words in wanted]
    values = captioned(predicted, references)
    assert all(values[name] <= perfect[name] + 1e-6 for name in values)
    backwards = captioned(predicted[::-1], references[::-1])
    assert backwards == pytest.approx(values)


@pytest.fixture
def nltk(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """NLTK with a WordNet, whose METEOR is the share of words that are right."""
    package, data, translate = ModuleType("nltk"), ModuleType("nltk.data"), ModuleType("translate")
    scorer = ModuleType("nltk.translate.meteor_score")

    def find(place: str) -> str:
        if not place.endswith(".zip"):
            raise LookupError(place)
        return place

    def meteor_score(references: list[list[str]], words: list[str]) -> float:
        return max(len(set(words) & set(some)) / len(words) for some in references)

    data.find = find  # type: ignore[attr-defined]
    scorer.meteor_score = meteor_score  # type: ignore[attr-defined]
    package.__path__ = []  # type: ignore[attr-defined]
    for name, module in (
        ("nltk", package),
        ("nltk.data", data),
        ("nltk.translate", translate),
        ("nltk.translate.meteor_score", scorer),
    ):
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: package)
    has_meteor.cache_clear()
    yield
    has_meteor.cache_clear()


@pytest.mark.usefixtures("nltk")
def test_meteor_is_computed_of_words_where_wordnet_is() -> None:
    assert metric_names("img-captioning")[-1] == "meteor"
    words = ("", "", "", "", "one", "two", "three")
    values = captioned([[ONE, UNKNOWN], [TWO]], [[[ONE, UNKNOWN], [THREE]], [[TWO]]], words)
    assert values["meteor"] == pytest.approx((1 / 2 + 1) / 2)


def test_without_nltk_there_is_no_meteor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    has_meteor.cache_clear()
    assert metric_names("img-captioning") == ("bleu", "rouge", "cider")
    has_meteor.cache_clear()


def predicted_text(scores: np.ndarray, tokens: np.ndarray) -> dict[str, float]:
    problem = Problem(task="txt-generation", sample=tokens.shape[1:], outputs=scores.shape[2])
    return score(problem, {"scores": scores.astype(np.float32)}, {"y": tokens})


def test_perplexity_is_the_inverse_geometric_mean_of_the_probabilities() -> None:
    probabilities = np.array([[[0.5, 0.25, 0.25], [0.1, 0.8, 0.1]]])
    values = predicted_text(np.log(probabilities) + 7, np.array([[1, 1]]))
    perplexity = (0.25 * 0.8) ** (-1 / 2)
    assert values["perplexity"] == pytest.approx(perplexity, rel=1e-5)
    assert values["acc"] == 1 / 2
    assert values["ppl"] == pytest.approx(
        1 - (math.log(1 + perplexity) - math.log(2)) / (math.log(1001) - math.log(2)), rel=1e-5
    )


def test_a_model_that_knows_nothing_is_as_perplexed_as_its_vocabulary_is_large() -> None:
    values = predicted_text(np.zeros((2, 3, 50)), np.zeros((2, 3), np.int64))
    assert values["perplexity"] == pytest.approx(50, rel=1e-5)


def test_the_score_of_perplexity_stays_within_0_and_1() -> None:
    logits = np.zeros((1, 1, 2))
    logits[0, 0, 0] = 1e30
    wrong = predicted_text(logits, np.array([[1]]))
    assert math.isfinite(wrong["perplexity"])
    assert (wrong["acc"], wrong["ppl"]) == (0, 0)
    right = predicted_text(logits, np.array([[0]]))
    assert right == {"acc": 1, "perplexity": 1, "ppl": 1}


@few
@given(st.integers(0, 2**32 - 1))
def test_of_texts_the_perfect_one_is_best_and_order_says_nothing(seed: int) -> None:
    random = np.random.default_rng(seed)
    tokens = random.integers(0, 5, (6, 4))
    logits = random.normal(size=(6, 4, 5))
    values = predicted_text(logits, tokens)
    order = random.permutation(6)
    assert predicted_text(logits[order], tokens[order]) == pytest.approx(values, rel=1e-5)
    assert values["perplexity"] > 1
    assert predicted_text(np.eye(5)[tokens] * 100, tokens) == pytest.approx(
        {"acc": 1, "perplexity": 1, "ppl": 1}
    )


def test_logits_are_looked_at_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    logits, tokens = random.normal(size=(7, 4, 5)), random.integers(0, 5, (7, 4))
    expected = predicted_text(logits, tokens)
    monkeypatch.setattr(language, "_LOGITS", 45)
    assert predicted_text(logits, tokens) == pytest.approx(expected, rel=1e-6)
