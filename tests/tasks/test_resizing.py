from __future__ import annotations

import numpy as np

from catta.tasks.resizing import resized_images, resized_masks, scaled_boxes


def test_a_mask_takes_no_class_that_is_between_two_others() -> None:
    mask = np.zeros((1, 4, 4), np.uint8)
    mask[0, :, 2:] = 200
    assert resized_masks(mask, 2)[0].tolist() == [[0, 200], [0, 200]]
    assert set(np.unique(resized_masks(mask, 7))) == {0, 200}


def test_small_images_are_averages() -> None:
    checks = (np.indices((64, 64)).sum(axis=0) % 2 * 200).astype(np.uint8)
    small = resized_images(np.stack([checks] * 3)[None], 8)
    assert small.shape == (1, 3, 8, 8)
    assert abs(small.astype(int) - 100).max() <= 3


def test_nothing_is_padded() -> None:
    white = np.full((1, 1, 28, 20), 255, np.uint8)
    assert resized_images(white, 32).min() == 255


def test_boxes_follow_each_axis() -> None:
    boxes = np.array([[[10, 20, 30, 40]]], np.float32)
    assert scaled_boxes(boxes, (100, 50), 200).tolist() == [[[40, 40, 120, 80]]]
