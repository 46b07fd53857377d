"""Scenes and pictures do what the preparation of data relies on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from catta.tasks import Dataset
from catta.tasks.scenes import SCENES_OF_DIGITS
from catta.testing.dataset import DatasetContract


class ScenesContract(DatasetContract):
    size = 64
    most = 40

    @pytest.fixture
    def dataset(self) -> Dataset:
        return replace(SCENES_OF_DIGITS, train=100, test=30)


class TestDetection(ScenesContract):
    task = "obj-detection"


class TestSegmentation(ScenesContract):
    task = "img-segmentation"


class TestCaptioning(ScenesContract):
    task = "img-captioning"
