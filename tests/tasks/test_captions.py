from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catta.tasks.captions import FIGURES, GARMENTS, LENGTH, captions, vocabulary
from catta.tasks.scenes import SCENES_OF_DIGITS
from catta.tasks.scenes_drawing import SIZE, Scene, SceneObject
from catta.tasks.vocabulary import words_of

COUNTS = ("one", "two", "three", "four", "five", "six")
SOURCE = SCENES_OF_DIGITS.open("img-captioning", None)

Box = tuple[int, int, int, int]


def thing(label: int, box: Box, *, colour: str = "red", size: str = "", pixels: int = 50):
    return SceneObject(label=label, colour=colour, size=size, box=box, pixels=pixels)


def scene(*objects: SceneObject, covers: frozenset[tuple[int, int]] = frozenset()) -> Scene:
    return Scene(
        image=np.zeros((3, SIZE, SIZE), np.uint8),
        owners=np.zeros((SIZE, SIZE), np.uint8),
        objects=objects,
        covers=covers,
        ground="striped",
    )


def test_one_garment() -> None:
    assert captions(scene(thing(4, (0, 0, 9, 9), colour="orange")), GARMENTS) == (
        "there is one garment and it is an orange dress",
        "an orange dress on striped ground",
        "one dress on striped ground",
    )


def test_the_two_that_are_seen_most_and_how_many_there_are() -> None:
    objects = (
        thing(9, (0, 0, 20, 20), size="small", colour="blue", pixels=300),
        thing(5, (60, 10, 90, 40), size="large", pixels=500),
        thing(9, (100, 100, 110, 110), colour="pink", pixels=70),
    )
    assert captions(scene(*objects), GARMENTS) == (
        "there are three garments and a large red coat is right of a small blue bag",
        "a small blue bag left of a large red coat on striped ground",
        "two bags and one coat on striped ground",
    )


def test_more_than_three_classes_are_not_all_told() -> None:
    objects = [thing(label, (0, 0, 9, 9), pixels=100 - label) for label in (1, 2, 3, 4)]
    assert captions(scene(*objects), GARMENTS)[2] == (
        "one t-shirt and one trouser and one pullover and more on striped ground"
    )


@pytest.mark.parametrize(
    ("box", "relation"),
    [
        ((10, 50, 30, 70), "left of"),
        ((90, 40, 110, 60), "right of"),
        ((50, 10, 70, 20), "above"),
        ((50, 90, 70, 110), "below"),
    ],
)
def test_where_one_is_seen_from_the_other(box: Box, relation: str) -> None:
    pair = scene(thing(1, box, pixels=90), thing(2, (50, 50, 70, 70), pixels=80))
    assert f" is {relation} a red trouser" in captions(pair, GARMENTS)[0]


@pytest.mark.parametrize(("pair", "relation"), [((1, 0), "behind"), ((0, 1), "in front of")])
def test_which_lies_over_which_goes_before_sides(pair: tuple[int, int], relation: str) -> None:
    both = scene(
        thing(1, (0, 0, 20, 20), pixels=90),
        thing(2, (10, 10, 30, 30), pixels=80),
        covers=frozenset({pair}),
    )
    assert f" is {relation} a red trouser" in captions(both, GARMENTS)[0]


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(["train", "test"]), st.integers(0, 1_999))
def test_captions_agree_with_what_is_in_the_scene(part: str, index: int) -> None:
    found = SOURCE.scene(part, index)  # type: ignore[arg-type]
    first, second, third = captions(found, FIGURES)
    assert f" {COUNTS[len(found.objects) - 1]} figure" in first
    largest = max(found.objects, key=lambda thing: thing.pixels)
    described = " ".join(
        filter(None, (largest.size, largest.colour, FIGURES.names[largest.label - 1]))
    )
    assert re.search(rf"\ban? {re.escape(described)}\b", first)
    assert re.search(rf"\ban? {re.escape(described)}\b", second)
    assert f"on {found.ground} ground" in second
    labels = [thing.label for thing in found.objects]
    groups = re.sub(r"( and more)? on \w+ ground$", "", third).split(" and ")
    for group in groups:
        count, noun = group.split(" ")
        number = COUNTS.index(count) + 1
        label = 1 + next(n for n, pair in enumerate(FIGURES.classes) if pair[number > 1] == noun)
        assert labels.count(label) == number
    assert len(groups) == min(3, len(set(labels)))
    assert ("more" in third) == (len(set(labels)) > 3)
    known = set(vocabulary(FIGURES).words)
    for sentence in (first, second, third):
        assert set(words_of(sentence)) <= known
        assert len(sentence.split()) == len(words_of(sentence)) <= LENGTH - 2


@pytest.mark.parametrize("nouns", [GARMENTS, FIGURES])
def test_the_vocabulary_is_small_and_has_no_word_twice(nouns: object) -> None:
    words = vocabulary(nouns).words  # type: ignore[arg-type]
    assert 40 <= len(words) <= 80
    assert len(set(words)) == len(words)
