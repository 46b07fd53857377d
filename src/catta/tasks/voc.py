"""Pascal VOC 2012 from a directory in its own layout: objects and segmentation.

The test part is the published validation part, for the published test part has no annotations.
Objects marked as difficult have no box, as in the published evaluation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from catta.errors import FetchError, UsageError
from catta.fetch import Progress
from catta.tasks.decoding import decoded_mask
from catta.tasks.download import download_directory
from catta.tasks.objects import with_background
from catta.tasks.pictures import (
    BoxTargets,
    MaskTargets,
    PicturePart,
    PictureSource,
    all_there,
    digest_of,
    require_examples,
    sizes_of,
)
from catta.tasks.sources import UNJUDGED, Part

CLASSES = (
    "aeroplane",
    "bicycle",
    "bird",
    "boat",
    "bottle",
    "bus",
    "car",
    "cat",
    "chair",
    "cow",
    "diningtable",
    "dog",
    "horse",
    "motorbike",
    "person",
    "pottedplant",
    "sheep",
    "sofa",
    "train",
    "tvmonitor",
)
_LABELS = {name: label for label, name in enumerate(CLASSES, 1)}
_PARTS: tuple[tuple[Part, str], ...] = (("train", "train"), ("test", "val"))
_FOLDERS = {
    "obj-detection": ("Main", "Annotations"),
    "img-segmentation": ("Segmentation", "SegmentationClass"),
}
_PICTURES = "JPEGImages"
_MOST_GROUPS = 10

_Objects = tuple[NDArray[np.float32], NDArray[np.int64]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Voc:
    """The dataset; it is never downloaded from here."""

    name: str = "voc"
    origin: str = "a directory, to be downloaded from host.robots.ox.ac.uk/pascal/VOC (2 GB)"
    tasks: tuple[str, ...] = tuple(_FOLDERS)

    def present(self) -> bool:
        """Whether it was put into the cache."""
        return _root(download_directory()) is not None

    def open(
        self, task: str, directory: Path | None, progress: Progress | None = None
    ) -> PictureSource:
        """Open it for a task; see `Dataset.open`."""
        place = download_directory() if directory is None else directory
        root = _root(place)
        if root is None:
            layout = (
                f"VOCdevkit/VOC2012 with {_PICTURES}, {', '.join(_FOLDERS[task][1:])}, ImageSets"
            )
            if directory is not None:
                raise UsageError(f"the data directory {place} does not hold voc: it needs {layout}")
            raise FetchError(
                f"voc is not on this machine ({layout} missing in {place}): download "
                "VOCtrainval_11-May-2012.tar (host.robots.ox.ac.uk/pascal/VOC/voc2012, 2 GB), "
                "unpack it and give its directory"
            )
        if progress is not None:
            progress("Reading the annotations of voc")
        try:
            return _segmented(root) if task == "img-segmentation" else _detected(root)
        except FetchError as error:
            if directory is None:
                raise
            raise UsageError(f"the data directory is unusable: {error}") from error


VOC = Voc()


def _root(place: Path) -> Path | None:
    for root in (place, place / "VOC2012", place / "VOCdevkit" / "VOC2012"):
        if (root / _PICTURES).is_dir() and (root / "ImageSets").is_dir():
            return root
    return None


def _listed(root: Path, task: str, part: str) -> tuple[Path, list[str]]:
    """The file that lists a part, and the names in it."""
    path = root / "ImageSets" / _FOLDERS[task][0] / f"{part}.txt"
    try:
        names = path.read_text(encoding="utf-8").split()
    except (OSError, ValueError) as error:
        raise FetchError(f"the list of pictures {path} cannot be read: {error}") from error
    return path, names


def _apart(root: Path, task: str) -> None:
    """Require that no picture is listed in both parts."""
    (_, train), (path, test) = (_listed(root, task, listed) for _, listed in _PARTS)
    both = sorted(set(train) & set(test))
    if both:
        raise FetchError(f"{path} names {both[0]}, which is a training picture")


def _part_files(
    root: Path, task: str, part: str, sizes: dict[str, int]
) -> tuple[list[str], tuple[Path, ...]]:
    path, names = _listed(root, task, part)
    all_there([f"{name}.jpg" for name in names], sizes, root / _PICTURES, path)
    return names, tuple(root / _PICTURES / f"{name}.jpg" for name in names)


def _detected(root: Path) -> PictureSource:
    task = "obj-detection"
    _apart(root, task)
    sizes = sizes_of(root / _PICTURES)
    contents: list[bytes] = []
    used: list[tuple[str, int]] = []
    found: dict[Part, tuple[tuple[Path, ...], list[_Objects]]] = {}
    for part, listed in _PARTS:
        names, files = _part_files(root, task, listed, sizes)
        objects: list[_Objects] = []
        kept: list[Path] = []
        for name, file in zip(names, files, strict=True):
            content, boxes, labels = _annotated(root / "Annotations" / f"{name}.xml")
            if part == "train" and not len(labels):
                continue  # from a picture without objects no detector learns anything
            contents.append(content)
            objects.append((boxes, labels))
            kept.append(file)
            used.append((file.name, sizes[file.name]))
        found[part] = (tuple(kept), objects)
    require_examples(CLASSES, (labels for _, labels in found["train"][1]), root / "Annotations")
    most = max(len(labels) for _, objects in found.values() for _, labels in objects)
    groups = [min(len(labels), _MOST_GROUPS) for _, labels in found["train"][1]]
    return PictureSource(
        name="voc",
        words=with_background(CLASSES),
        parts={part: PicturePart(found[part][0], _boxes(found[part][1], most)) for part in found},
        groups=np.array(groups, np.int64),
        content=digest_of(contents, used),
    )


def _boxes(objects: Sequence[_Objects], most: int) -> BoxTargets:
    return BoxTargets([boxes for boxes, _ in objects], [labels for _, labels in objects], most)


def _annotated(path: Path) -> tuple[bytes, NDArray[np.float32], NDArray[np.int64]]:
    """An annotation as bytes, boxes (K, 4) and labels (K,)."""
    boxes: list[list[float]] = []
    labels: list[int] = []
    try:
        content = path.read_bytes()
        for thing in ElementTree.fromstring(content).iter("object"):  # noqa: S314 - expat refuses bombs
            name = thing.findtext("name", "").strip()
            if name not in _LABELS:
                raise FetchError(f"the annotation {path} has an object of unknown class {name!r}")
            left, top, right, bottom = (
                float(thing.findtext(f"bndbox/{edge}", ""))
                for edge in ("xmin", "ymin", "xmax", "ymax")
            )
            if not all(map(isfinite, (left, top, right, bottom))):
                raise FetchError(f"the annotation {path} has a box that is not finite")
            if thing.findtext("difficult", "0").strip() == "1":
                continue
            # The published numbers count pixels from 1 and include the last one.
            boxes.append([left - 1, top - 1, right, bottom])
            labels.append(_LABELS[name])
    except (OSError, ValueError, ElementTree.ParseError) as error:
        raise FetchError(f"the annotation {path} cannot be read: {error}") from error
    return content, np.array(boxes, np.float32).reshape(-1, 4), np.array(labels, np.int64)


def _segmented(root: Path) -> PictureSource:
    task = "img-segmentation"
    _apart(root, task)
    sizes = sizes_of(root / _PICTURES)
    folder = root / "SegmentationClass"
    if not folder.is_dir():
        raise FetchError(f"{root} lacks SegmentationClass")
    mask_sizes = sizes_of(folder)
    used: list[tuple[str, int]] = []
    parts: dict[Part, PicturePart] = {}
    for part, listed in _PARTS:
        path = _listed(root, task, listed)[0]
        names, files = _part_files(root, task, listed, sizes)
        masks = [f"{name}.png" for name in names]
        all_there(masks, mask_sizes, folder, path)
        used += [(file.name, sizes[file.name]) for file in files]
        used += [(mask, mask_sizes[mask]) for mask in masks]
        parts[part] = PicturePart(files, _masks([folder / mask for mask in masks]))
    return PictureSource(
        name="voc",
        words=with_background(CLASSES),
        parts=parts,
        groups=np.zeros(len(parts["train"].files), np.int64),
        content=digest_of((), used),
    )


def _masks(paths: Sequence[Path]) -> MaskTargets:
    def mask(number: int, shape: tuple[int, int]) -> NDArray[np.uint8]:
        found = decoded_mask(paths[number])
        if found.shape != shape:
            raise FetchError(f"the mask {paths[number]} is not of the shape of its picture")
        if ((found > len(CLASSES)) & (found != UNJUDGED)).any():
            raise FetchError(f"the mask {paths[number]} has a class above {len(CLASSES)}")
        return found

    return MaskTargets(mask)
