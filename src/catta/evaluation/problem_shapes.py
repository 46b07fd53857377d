"""What goes into a network of each task and what has to come out: LEMUR's contract as a table."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

IMAGE_SIZES = (32, 64, 128, 224)
"""Heights and widths of images that are tried, in pixels, smallest first."""

CLASSIFICATION = "img-classification"


@dataclass(frozen=True, kw_only=True, slots=True)
class ProblemShape:
    """Inputs and outputs of the networks of one task.

    Attributes:
        inputs: `images` (N, 3, size, size), or `tokens` (N, size) of a text.
        targets: What `forward` gets besides in training: nothing, captions (N, tokens), or
            torchvision's boxes and labels.
        output: What `forward` has to return in evaluation: `scores` (N, classes); `masks`
            (N, classes, height, width) or torchvision's dict with them as `out`; `detections`, a
            list of N dicts; `words`, whose last axis is the vocabulary; `anything`.
        classes: The one number in `out_shape`: classes, or the size of the vocabulary.
        sizes: Inputs that are tried, smallest first.
    """

    inputs: Literal["images", "tokens"] = "images"
    targets: Literal["none", "captions", "boxes"] = "none"
    output: Literal["scores", "masks", "detections", "words", "anything"] = "scores"
    classes: int
    sizes: tuple[int, ...] = IMAGE_SIZES


PROBLEM_SHAPES = MappingProxyType(
    {
        CLASSIFICATION: ProblemShape(classes=10),
        # LEMUR trains on the first six classes of COCO.
        "img-segmentation": ProblemShape(output="masks", classes=6),
        "obj-detection": ProblemShape(targets="boxes", output="detections", classes=6),
        # The vocabularies are as large as the published texts make them; these are near to them.
        "img-captioning": ProblemShape(targets="captions", output="anything", classes=10_000),
        "txt-generation": ProblemShape(inputs="tokens", output="words", classes=256, sizes=(128,)),
    }
)
"""Tasks whose networks can be inspected; `txt-image` needs weights and tokenizers from outside."""
