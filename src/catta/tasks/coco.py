"""COCO 2017 from a directory in its own layout: objects, segmentation and captions.

The test part is the published validation part, for the published test part has no annotations.
Crowds, regions of many objects that nobody told apart, have no box and are not judged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from catta.errors import FetchError, UsageError
from catta.fetch import Progress
from catta.tasks.coco_annotations import (
    PictureObjects,
    boxes_of,
    captions_by_picture,
    categories,
    in_format,
    labels_of,
    objects_by_picture,
    read_json,
)
from catta.tasks.coco_masks import painted
from catta.tasks.download import download_directory
from catta.tasks.objects import with_background
from catta.tasks.pictures import (
    BoxTargets,
    CaptionTargets,
    MaskTargets,
    PicturePart,
    PictureSource,
    all_there,
    digest_of,
    require_examples,
    sizes_of,
)
from catta.tasks.sources import PADDING, UNJUDGED, Part
from catta.tasks.vocabulary import SPECIAL, Vocabulary

REFERENCES = 5
"""Captions of a picture that are kept; of pictures with fewer the last ones are only padding."""

CAPTION_LENGTH = 24
"""Tokens of a caption with start and end; two in a hundred are longer and lose their last words."""

_LEAST_FREQUENT = 5
_MOST_WORDS = 10_000
_MOST_GROUPS = 10

_PARTS: tuple[tuple[Part, str], ...] = (("train", "train2017"), ("test", "val2017"))
_PREFIXES = {
    "obj-detection": "instances",
    "img-segmentation": "instances",
    "img-captioning": "captions",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Coco:
    """The dataset; it is never downloaded from here."""

    name: str = "coco"
    origin: str = "a directory, to be downloaded from cocodataset.org (19 GB)"
    tasks: tuple[str, ...] = tuple(_PREFIXES)

    def present(self) -> bool:
        """Whether it was put into the cache."""
        return not any(_missing(self._place(), task) for task in self.tasks)

    def open(
        self, task: str, directory: Path | None, progress: Progress | None = None
    ) -> PictureSource:
        """Open it for a task; see `Dataset.open`."""
        root = self._place() if directory is None else directory
        missing = _missing(root, task)
        if missing:
            wanted = f"{' and '.join(missing)} missing in {root}"
            if directory is not None:
                raise UsageError(f"the data directory does not hold coco: {wanted}")
            raise FetchError(
                f"coco is not on this machine ({wanted}): download train2017.zip, val2017.zip "
                "(images.cocodataset.org/zips, 19 GB) and annotations_trainval2017.zip "
                "(images.cocodataset.org/annotations), unpack all and give their directory"
            )
        if progress is not None:
            progress("Reading the annotations of coco")
        try:
            return _captioned(root) if task == "img-captioning" else _objects(root, task)
        except FetchError as error:
            if directory is None:
                raise
            raise UsageError(f"the data directory is unusable: {error}") from error

    def _place(self) -> Path:
        return download_directory() / self.name


COCO = Coco()


def _missing(root: Path, task: str) -> list[str]:
    """What of the layout is not there."""
    pictures = [name for _, name in _PARTS if not (root / name).is_dir()]
    return pictures + [
        str(path.relative_to(root))
        for _, name in _PARTS
        if not (path := _annotations(root, task, name)).is_file()
    ]


def _annotations(root: Path, task: str, part: str) -> Path:
    return root / "annotations" / f"{_PREFIXES[task]}_{part}.json"


def _objects(root: Path, task: str) -> PictureSource:
    masks = task == "img-segmentation"
    contents: list[bytes] = []
    used: list[tuple[str, int]] = []
    found: dict[Part, tuple[tuple[Path, ...], list[PictureObjects]]] = {}
    numbers: dict[int, int] = {}
    names: tuple[str, ...] = ()
    for part, folder in _PARTS:
        path = _annotations(root, task, folder)
        raw, content = read_json(path)
        contents.append(raw)
        if part == "train":
            known = categories(path, content)
            names = tuple(known.values())
            numbers = {number: label for label, number in enumerate(known, 1)}
        pictures = objects_by_picture(path, content, numbers, regions=masks)
        if part == "train":  # from a picture without objects no detector learns anything
            pictures = {file: picture for file, picture in pictures.items() if picture.labels}
            require_examples(names, map(labels_of, pictures.values()), path)
        sizes = sizes_of(root / folder)
        all_there(list(pictures), sizes, root / folder, path)
        used += [(file, sizes[file]) for file in pictures]
        found[part] = (tuple(root / folder / file for file in pictures), list(pictures.values()))
    most = max(len(picture.labels) for _, pictures in found.values() for picture in pictures)
    parts: dict[Part, PicturePart] = {}
    for part, folder in _PARTS:
        files, pictures = found[part]
        targets = (
            _masks(pictures, _annotations(root, task, folder), files)
            if masks
            else BoxTargets([*map(boxes_of, pictures)], [*map(labels_of, pictures)], most)
        )
        parts[part] = PicturePart(files, targets)
    groups = [min(len(picture.labels), _MOST_GROUPS) for picture in found["train"][1]]
    return PictureSource(
        name="coco",
        words=with_background(names),
        parts=parts,
        groups=np.array(groups, np.int64),
        content=digest_of(contents, used),
    )


def _masks(pictures: Sequence[PictureObjects], path: Path, files: Sequence[Path]) -> MaskTargets:
    def mask(number: int, shape: tuple[int, int]) -> NDArray[np.uint8]:
        """Crowds first, then the larger objects: the smaller ones lie in front of them."""
        drawn = np.zeros(shape, np.uint8)
        picture = pictures[number]
        try:
            for region in picture.crowds:
                drawn = painted(drawn, region, UNJUDGED)
            for _, label, region in sorted(picture.regions, key=lambda entry: -entry[0]):
                drawn = painted(drawn, region, label)
        except ValueError as error:
            raise FetchError(
                f"{path} does not suit {files[number]} of {shape[0]} x {shape[1]} pixels: {error}"
            ) from error
        return drawn

    return MaskTargets(mask)


def _captioned(root: Path) -> PictureSource:
    contents: list[bytes] = []
    used: list[tuple[str, int]] = []
    sentences: dict[Part, dict[str, list[str]]] = {}
    for part, folder in _PARTS:
        path = _annotations(root, "img-captioning", folder)
        raw, content = read_json(path)
        contents.append(raw)
        with in_format(path):
            sentences[part] = captions_by_picture(path, content)
        sizes = sizes_of(root / folder)
        all_there(list(sentences[part]), sizes, root / folder, path)
        used += [(file, sizes[file]) for file in sentences[part]]
    vocabulary = Vocabulary.most_frequent(
        (text for texts in sentences["train"].values() for text in texts),
        least=_LEAST_FREQUENT,
        most=_MOST_WORDS,
    )
    if len(vocabulary.words) == len(SPECIAL):
        path = _annotations(root, "img-captioning", _PARTS[0][1])
        raise FetchError(f"{path} has no word {_LEAST_FREQUENT} times or more")
    parts: Mapping[Part, PicturePart] = {
        part: PicturePart(
            tuple(root / folder / file for file in sentences[part]),
            CaptionTargets(_tokens(vocabulary, list(sentences[part].values()))),
        )
        for part, folder in _PARTS
    }
    return PictureSource(
        name="coco",
        words=vocabulary.words,
        parts=parts,
        groups=np.zeros(len(sentences["train"]), np.int64),
        content=digest_of(contents, used),
    )


def _tokens(vocabulary: Vocabulary, sentences: Sequence[Sequence[str]]) -> NDArray[np.int64]:
    tokens = np.full((len(sentences), REFERENCES, CAPTION_LENGTH), PADDING, np.int64)
    for row, texts in enumerate(sentences):
        for place, text in enumerate(texts[:REFERENCES]):
            tokens[row, place] = vocabulary.encode(text, CAPTION_LENGTH)
    return tokens
