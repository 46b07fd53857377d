"""Metrics: what predictions are worth, computed in the process that holds the targets.

    img-classification  acc, top5, f1 (mean of the classes)
    img-segmentation    iou (mean of the classes), pixel_acc
    obj-detection       map50 (LEMUR's `map`), map (COCO's, IoU .50 to .95)
    img-captioning      bleu (BLEU-4), rouge (ROUGE-L), cider; meteor where NLTK and WordNet are
    txt-generation      acc (of the next token), perplexity, ppl (LEMUR's score of it)

Importing this package loads neither torch nor torchmetrics, which takes seconds; scoring does.
"""

from __future__ import annotations

from catta.tasks.metric import Arrays, Metric
from catta.tasks.metrics.predictions import defect
from catta.tasks.metrics.registry import (
    find_metric,
    higher_is_better,
    main_metric,
    metric_names,
    register_metric,
)
from catta.tasks.metrics.scoring import score

__all__ = [
    "Arrays",
    "Metric",
    "defect",
    "find_metric",
    "higher_is_better",
    "main_metric",
    "metric_names",
    "register_metric",
    "score",
]
