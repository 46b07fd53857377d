"""Sentences about a scene, by a small grammar: how many things, which, how large, where.

Three sentences a scene, without punctuation, that depend on nothing but the scene:

1. how many things there are, and how the two largest lie to each other;
2. the same the other way round, and the ground;
3. how many there are of each class, and the ground.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from catta.tasks.scenes_drawing import COLOURS, Scene, SceneObject
from catta.tasks.scenes_ground import GROUNDS
from catta.tasks.vocabulary import Vocabulary, words_of

REFERENCES = 3

LENGTH = 20
"""Tokens of the longest caption, with its start and end."""

_COUNTS = ("one", "two", "three", "four", "five", "six")
_MOST_GROUPS = 3
_SIZES = ("small", "large")

_OPPOSITE: Mapping[str, str] = MappingProxyType(
    {
        "left of": "right of",
        "right of": "left of",
        "above": "below",
        "below": "above",
        "in front of": "behind",
        "behind": "in front of",
    }
)


@dataclass(frozen=True, slots=True)
class Nouns:
    """What the things of a scene are called.

    Attributes:
        thing: Any of them, one and several.
        classes: Those of each class, one and several.
    """

    thing: tuple[str, str]
    classes: tuple[tuple[str, str], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the classes."""
        return tuple(one for one, _ in self.classes)


GARMENTS = Nouns(
    ("garment", "garments"),
    (
        ("t-shirt", "t-shirts"),
        ("trouser", "trousers"),
        ("pullover", "pullovers"),
        ("dress", "dresses"),
        ("coat", "coats"),
        ("sandal", "sandals"),
        ("shirt", "shirts"),
        ("sneaker", "sneakers"),
        ("bag", "bags"),
        ("boot", "boots"),
    ),
)
"""The classes of Fashion-MNIST."""

FIGURES = Nouns(
    ("figure", "figures"),
    (
        ("nought", "noughts"),
        ("1", "1s"),
        ("2", "2s"),
        ("3", "3s"),
        ("4", "4s"),
        ("5", "5s"),
        ("6", "6s"),
        ("7", "7s"),
        ("8", "8s"),
        ("9", "9s"),
    ),
)
"""The classes of handwritten digits; as words they would be mistaken for how many there are."""


def vocabulary(nouns: Nouns) -> Vocabulary:
    """All words that captions with these nouns can have."""
    phrases = (*_OPPOSITE, *_COUNTS, *_SIZES, *COLOURS, *GROUNDS, *nouns.thing)
    phrases += tuple(noun for pair in nouns.classes for noun in pair)
    phrases += ("there", "it", "is", "are", "a", "an", "and", "more", "on", "ground")
    return Vocabulary.of(sorted({word for phrase in phrases for word in words_of(phrase)}))


def captions(scene: Scene, nouns: Nouns) -> tuple[str, str, str]:
    """The sentences about a scene."""
    order = sorted(range(len(scene.objects)), key=lambda number: -scene.objects[number].pixels)
    things = len(order)
    first = _described(scene.objects[order[0]], nouns)
    there = f"there {'is' if things == 1 else 'are'} {_counted(things, nouns.thing)}"
    ground = f"on {scene.ground} ground"
    groups = f"{_grouped(scene, nouns)} {ground}"
    if things == 1:
        return f"{there} and it is {first}", f"{first} {ground}", groups
    second = _described(scene.objects[order[1]], nouns)
    relation = _relation(scene, order[0], order[1])
    return (
        f"{there} and {first} is {relation} {second}",
        f"{second} {_OPPOSITE[relation]} {first} {ground}",
        groups,
    )


def _counted(number: int, noun: tuple[str, str]) -> str:
    return f"{_COUNTS[number - 1]} {noun[number > 1]}"


def _described(thing: SceneObject, nouns: Nouns) -> str:
    words = " ".join(filter(None, (thing.size, thing.colour, nouns.classes[thing.label - 1][0])))
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def _grouped(scene: Scene, nouns: Nouns) -> str:
    """The most numerous classes; of those equally numerous the one that is seen most."""
    counts: Counter[int] = Counter()
    pixels: Counter[int] = Counter()
    for thing in scene.objects:
        counts[thing.label] += 1
        pixels[thing.label] += thing.pixels
    labels = sorted(counts, key=lambda label: (-counts[label], -pixels[label], label))
    groups = [_counted(counts[label], nouns.classes[label - 1]) for label in labels[:_MOST_GROUPS]]
    return " and ".join(groups + ["more"] * (len(labels) > _MOST_GROUPS))


def _relation(scene: Scene, one: int, other: int) -> str:
    """Where the first is, seen from the second; which of two is in front says most."""
    if (one, other) in scene.covers:
        return "in front of"
    if (other, one) in scene.covers:
        return "behind"
    a, b = scene.objects[one].box, scene.objects[other].box
    right = (a[0] + a[2]) - (b[0] + b[2])
    down = (a[1] + a[3]) - (b[1] + b[3])
    if abs(right) >= abs(down):
        return "left of" if right < 0 else "right of"
    return "above" if down < 0 else "below"
