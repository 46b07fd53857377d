"""The annotation files of COCO: objects of pictures, and captions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from catta.errors import FetchError
from catta.tasks.coco_masks import Region, region_of
from catta.tasks.vocabulary import words_of


@dataclass(slots=True)
class PictureObjects:
    """What is on one picture.

    Attributes:
        boxes: x1, y1, x2, y2 of each object in pixels.
        labels: Class of each object, from 1.
        regions: Area, class and region of each object, where they were asked for.
        crowds: Regions of many objects that nobody told apart, where they were asked for.
    """

    boxes: list[tuple[float, float, float, float]] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    regions: list[tuple[float, int, Region]] = field(default_factory=list)
    crowds: list[Region] = field(default_factory=list)


def read_json(path: Path) -> tuple[bytes, dict[str, Any]]:
    """An annotation file as bytes and as an object.

    Raises:
        FetchError: It cannot be read or is not JSON.
    """
    try:
        content = path.read_bytes()
        found = orjson.loads(content)
    except (OSError, ValueError) as error:
        raise FetchError(f"the annotation file {path} cannot be read: {error}") from error
    if not isinstance(found, dict):
        raise FetchError(f"{path} is not an annotation file of COCO: it is no object")
    return content, found


@contextmanager
def in_format(path: Path) -> Generator[None]:
    """Turn what an unexpected structure raises into a `FetchError` that names the file."""
    try:
        yield
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise FetchError(f"{path} is not an annotation file of COCO: {reason}") from error


def categories(path: Path, content: Mapping[str, Any]) -> dict[int, str]:
    """Names of the classes by their number in the file, in order of that number."""
    with in_format(path):
        found = {int(entry["id"]): str(entry["name"]) for entry in content["categories"]}
        if not 0 < len(found) < 255:
            raise ValueError(f"it has {len(found)} categories")
    return dict(sorted(found.items()))


def objects_by_picture(
    path: Path, content: Mapping[str, Any], labels: Mapping[int, int], *, regions: bool
) -> dict[str, PictureObjects]:
    """What is on each picture, by the name of its file, in order of the numbers in the file.

    Boxes without an area are left out.

    Args:
        path: The file, for messages.
        content: What is in it.
        labels: From the numbers of categories to labels.
        regions: Whether to keep the regions.
    """
    files = picture_files(path, content)
    found = {number: PictureObjects() for number in files}
    with in_format(path):
        for entry in content["annotations"]:
            picture = found.get(entry["image_id"])
            label = labels.get(entry["category_id"])
            if picture is None:
                raise ValueError(f"it has no image {entry['image_id']}, but an object of it")
            if label is None:
                raise ValueError(f"it has no category {entry['category_id']}, but an object of it")
            if entry.get("iscrowd", 0):
                if regions:
                    picture.crowds.append(region_of(entry["segmentation"]))
                continue
            left, top, width, height = map(float, entry["bbox"])
            if not all(map(isfinite, (left, top, width, height))):
                raise ValueError(f"a box of image {entry['image_id']} is not finite")
            if width <= 0 or height <= 0:
                continue
            picture.boxes.append((left, top, left + width, top + height))
            picture.labels.append(label)
            if regions:
                area = float(entry.get("area", width * height))
                picture.regions.append((area, label, region_of(entry["segmentation"])))
    return {files[number]: picture for number, picture in found.items()}


def captions_by_picture(path: Path, content: Mapping[str, Any]) -> dict[str, list[str]]:
    """The captions of each picture that has one, by the name of its file.

    Captions without a word are left out.
    """
    files = picture_files(path, content)
    found: dict[int, list[str]] = {number: [] for number in files}
    with in_format(path):
        for entry in content["annotations"]:
            if entry["image_id"] not in found:
                raise ValueError(f"it has no image {entry['image_id']}, but a caption of it")
            caption = entry["caption"]
            if not isinstance(caption, str):
                raise TypeError(f"a caption of image {entry['image_id']} is no text")
            if words_of(caption):
                found[entry["image_id"]].append(caption)
    return {files[number]: captions for number, captions in found.items() if captions}


def picture_files(path: Path, content: Mapping[str, Any]) -> dict[int, str]:
    """Names of the files of pictures by their number, in order of it."""
    with in_format(path):
        found = {int(entry["id"]): str(entry["file_name"]) for entry in content["images"]}
        for file, times in Counter(found.values()).items():
            if times > 1:
                raise ValueError(f"{times} images are the file {file}")
    return dict(sorted(found.items()))


def boxes_of(picture: PictureObjects) -> NDArray[np.float32]:
    """(K, 4)."""
    return np.array(picture.boxes, np.float32).reshape(-1, 4)


def labels_of(picture: PictureObjects) -> NDArray[np.int64]:
    """(K,)."""
    return np.array(picture.labels, np.int64)
