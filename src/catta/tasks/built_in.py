"""Catta's own tasks: each is a record, as a task of the user's is.

What their targets are stands in `catta.tasks.sources`. Of their predictions, `scores` of classes
and tokens are logits, boxes are x1 y1 x2 y2 in pixels, labels count from 1, with 0 where an image
has no further detection, and all tokens of a caption after `END` are ignored. Their objectives are
in the sandbox: `catta.evaluation.objectives` finds them by the name of the task.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from catta.records import Problem
from catta.tasks.metric import Metric, Shared
from catta.tasks.task import Array, Task

MOST_BOXES = 100
"""Boxes of an image, the best ones, as in COCO."""

LONGEST_CAPTION = 32
"""Tokens of a caption."""

_SMALL_SCORING = {"validation_samples": 1_000}
"""Predictions of pixels, boxes and texts are large."""


def _class_scores(problem: Problem) -> dict[str, Array]:
    return {"scores": Array(shape=(problem.outputs,))}


def _masks(problem: Problem) -> dict[str, Array]:
    return {"y": Array(shape=problem.sample[1:], dtype="int64", below=problem.outputs)}


def _detections(problem: Problem) -> dict[str, Array]:
    return {
        "labels": Array(shape=(MOST_BOXES,), dtype="int64", below=problem.outputs, varies=True),
        "boxes": Array(shape=(MOST_BOXES, 4), varies=True),
        "scores": Array(shape=(MOST_BOXES,), varies=True),
    }


def _captions(problem: Problem) -> dict[str, Array]:
    tokens = Array(shape=(LONGEST_CAPTION,), dtype="int64", below=problem.outputs, varies=True)
    return {"captions": tokens}


def _token_scores(problem: Problem) -> dict[str, Array]:
    return {"scores": Array(shape=(*problem.sample, problem.outputs))}


def _metrics(task: str, module: str, *names: str, lower: str = "") -> Mapping[str, Metric]:
    """Those of a module of `catta.tasks.metrics`; of `lower`, a better network has less."""
    return MappingProxyType(
        {
            name: Metric(
                tasks=(task,), compute=Shared(module, name), higher_is_better=name != lower
            )
            for name in names
        }
    )


BUILT_IN: Mapping[str, Task] = MappingProxyType(
    {
        "img-classification": Task(
            targets=("y",),
            predictions=_class_scores,
            metrics=_metrics("img-classification", "classification", "acc", "top5", "f1"),
            objective=None,
            dataset="fashion-mnist",
        ),
        "img-segmentation": Task(
            targets=("y",),
            predictions=_masks,
            metrics=_metrics("img-segmentation", "segmentation", "iou", "pixel_acc"),
            objective=None,
            dataset="scenes",
            recipe={"resolution": 64, "batch": 32, **_SMALL_SCORING},
        ),
        "obj-detection": Task(
            targets=("boxes", "labels"),
            predictions=_detections,
            metrics=_metrics("obj-detection", "detection", "map50", "map"),
            objective=None,
            dataset="scenes",
            recipe={"resolution": 128, "batch": 32, **_SMALL_SCORING},
        ),
        "img-captioning": Task(
            targets=("captions",),
            predictions=_captions,
            metrics=_metrics("img-captioning", "captioning", "bleu", "rouge", "cider", "meteor"),
            objective=None,
            dataset="scenes",
            recipe={"resolution": 64, "batch": 64, **_SMALL_SCORING},
        ),
        "txt-generation": Task(
            targets=("y",),
            predictions=_token_scores,
            metrics=_metrics(
                "txt-generation", "language", "acc", "perplexity", "ppl", lower="perplexity"
            ),
            objective=None,
            dataset="python-docs",
            images=False,
            recipe={"batch": 32, "length": 128, **_SMALL_SCORING},
        ),
    }
)
"""Catta's tasks, by LEMUR's names."""

METRICS: Mapping[str, Metric] = MappingProxyType(
    {name: metric for task in BUILT_IN.values() for name, metric in task.metrics.items()}
)
"""Catta's metrics by name; one of two tasks has the same direction in both."""
