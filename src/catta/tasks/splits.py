"""Seeded, stratified splits. Pure functions of labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import resample

from catta.errors import UsageError

_FEWEST = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Split:
    """Indices into the training data of a dataset; the two parts have no sample in common."""

    train: NDArray[np.int64]
    validation: NDArray[np.int64]


def stratified_subset(labels: NDArray[np.int64], size: int, seed: int) -> NDArray[np.int64]:
    """Indices of `size` different samples in random order, in which classes keep their shares.

    Unlike `train_test_split` this knows no smallest size: what is too few for every class to be
    there once is still a valid subset.
    """
    indices = np.arange(len(labels), dtype=np.int64)
    if size == 0:
        return indices[:0]
    chosen = resample(indices, n_samples=size, replace=False, stratify=labels, random_state=seed)
    return cast("NDArray[np.int64]", chosen)


def split(
    labels: NDArray[np.int64], *, train_samples: int, validation_samples: int, seed: int
) -> Split:
    """Take a validation subset, then a training subset of what is left.

    The validation subset is drawn first, so that it does not depend on `train_samples`. Of small
    datasets at most a quarter (at least one sample) becomes validation data, and training takes at
    most the rest.

    Raises:
        UsageError: There are fewer than two samples.
    """
    if len(labels) < _FEWEST:
        raise UsageError(
            f"the training part has {len(labels)} samples: it takes one to train on and one to "
            "validate with"
        )
    validation_size = min(validation_samples, max(1, len(labels) // 4))
    validation = stratified_subset(labels, validation_size, seed)
    rest = np.setdiff1d(np.arange(len(labels), dtype=np.int64), validation)
    train = rest[stratified_subset(labels[rest], min(train_samples, len(rest)), seed)]
    return Split(train=train, validation=validation)
