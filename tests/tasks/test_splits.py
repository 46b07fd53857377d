from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catta.errors import UsageError
from catta.tasks.splits import split, stratified_subset

labels = st.lists(st.integers(0, 4), min_size=2, max_size=200).map(
    lambda values: np.array(values, np.int64)
)
seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(1, 300)


@given(labels, st.data(), seeds)
def test_a_subset_keeps_the_shares_of_the_classes(
    y: np.ndarray, data: st.DataObject, seed: int
) -> None:
    size = data.draw(st.integers(0, len(y)))
    chosen = stratified_subset(y, size, seed)
    assert len(chosen) == size
    assert len(set(chosen.tolist())) == size
    wanted = np.bincount(y, minlength=5) * size / len(y)
    assert (np.abs(np.bincount(y[chosen], minlength=5) - wanted) < 1).all()


@given(labels, sizes, sizes, seeds)
def test_training_and_validation_have_no_sample_in_common(
    y: np.ndarray, train_samples: int, validation_samples: int, seed: int
) -> None:
    parts = split(y, train_samples=train_samples, validation_samples=validation_samples, seed=seed)
    train, validation = set(parts.train.tolist()), set(parts.validation.tolist())
    assert len(train) == len(parts.train)
    assert len(validation) == len(parts.validation)
    assert not train & validation
    assert train | validation <= set(range(len(y)))
    assert len(validation) == min(validation_samples, max(1, len(y) // 4))
    assert len(train) == min(train_samples, len(y) - len(validation))


@given(labels, sizes, sizes, seeds)
def test_validation_does_not_depend_on_how_much_is_trained_on(
    y: np.ndarray, one: int, other: int, seed: int
) -> None:
    first = split(y, train_samples=one, validation_samples=20, seed=seed)
    second = split(y, train_samples=other, validation_samples=20, seed=seed)
    assert np.array_equal(first.validation, second.validation)


def test_the_seed_decides() -> None:
    y = np.arange(1_000, dtype=np.int64) % 10
    one, same, other = (
        split(y, train_samples=100, validation_samples=100, seed=seed) for seed in (1, 1, 2)
    )
    assert np.array_equal(one.train, same.train)
    assert np.array_equal(one.validation, same.validation)
    assert not np.array_equal(np.sort(one.train), np.sort(other.train))
    assert not np.array_equal(np.sort(one.validation), np.sort(other.validation))


@pytest.mark.parametrize("count", [0, 1])
def test_one_sample_cannot_be_split(count: int) -> None:
    with pytest.raises(UsageError, match=f"the training part has {count} samples"):
        split(np.zeros(count, np.int64), train_samples=10, validation_samples=10, seed=0)
