"""From the name of a transform to its text, and trainings with one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from training_networks import GOOD, Lines, small

from catta.corpus import Corpus
from catta.corpus.published import Module
from catta.errors import UsageError
from catta.tasks import own_transforms, register_transform
from catta.training import train
from catta.training.transforms import find_transform
from catta.training.warm import WarmWorker

ECHO = """
import torchvision.transforms as transforms

def transform(_):
    return transforms.Compose([transforms.Resize((16, 16)), transforms.ToTensor()])
"""
NOISY = """
import torch
from torchvision.transforms.functional import to_tensor

def transform(norm):
    def noisy(image):
        return to_tensor(image) + torch.rand(1) / 100
    return noisy
"""


@pytest.fixture
def known(corpus: Corpus) -> Corpus:
    corpus.trials.add_modules(
        [
            Module(kind="transform", name="echo_16", source=ECHO),
            Module(kind="metric", name="acc", source="x = 1"),
        ]
    )
    return corpus


def test_a_name_is_that_of_the_corpus(known: Corpus) -> None:
    found = find_transform("echo_16", known)
    assert (found.name, found.source) == ("echo_16", ECHO)


def test_a_directory_comes_first_and_its_text_is_part_of_the_name(
    known: Corpus, tmp_path: Path
) -> None:
    path = tmp_path / "echo_16.py"
    path.write_text("x = 1")
    first = find_transform("echo_16", known, tmp_path)
    assert first.source == "x = 1"
    assert first.name.startswith("echo_16@")
    assert find_transform(str(path)) == first
    assert find_transform(first.name, None, tmp_path) == first
    path.write_text("x = 2")
    assert find_transform("echo_16", known, tmp_path).name != first.name
    with pytest.raises(UsageError, match="is another one than there is now"):
        find_transform(first.name, None, tmp_path)
    assert find_transform("echo_16", known).source == ECHO


def test_a_registered_name_comes_before_the_corpus(
    known: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_transforms, "_registered", {})
    register_transform("echo_16", "x = 1")
    register_transform("echo_17", "x = 2")
    found = find_transform("echo_16", known)
    assert found.source == "x = 1"
    assert found.name.startswith("echo_16@")
    assert find_transform(found.name, known) == found
    (tmp_path / "echo_16.py").write_text("x = 3")
    assert find_transform("echo_16", known, tmp_path).source == "x = 3"
    register_transform("echo_16", "x = 4")
    with pytest.raises(UsageError, match="is another one than there is now"):
        find_transform(found.name, known)
    with pytest.raises(UsageError, match=r"'echo_18' is unknown; did you mean .*echo_17"):
        find_transform("echo_18", known)


def test_an_unknown_name_is_answered_with_the_nearest(known: Corpus, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"'echo_61' is unknown; did you mean echo_16\?"):
        find_transform("echo_61", known)
    with pytest.raises(UsageError, match=r"'acc' is unknown$"):
        find_transform("acc", known)
    with pytest.raises(UsageError, match="is no name of a file"):
        find_transform("../echo_16", known, tmp_path)
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        find_transform(str(tmp_path / "none.py"), known)


def test_where_nothing_was_imported_it_is_said_how_to(corpus: Corpus) -> None:
    with pytest.raises(UsageError, match="import LEMUR's with `catta corpus import lemur`"):
        find_transform("echo_64", corpus)


def test_a_network_is_trained_on_what_the_transform_gives(known: Corpus, warm: WarmWorker) -> None:
    network, recipe = small(GOOD, transform="echo_16", epochs=2, lr=0.05)
    trained = train(network, recipe, corpus=known, warm=warm)
    assert trained.evaluation.verdict.ok, trained.evaluation.verdict
    assert trained.evaluation.accuracy is not None
    assert trained.evaluation.accuracy > 0.5
    assert trained.note is None
    assert trained.problem.sample == (1, 8, 8)
    stored = known.evaluations.get(network.id, recipe.id)
    assert stored == trained.evaluation


def test_a_transform_of_single_images_works_and_says_that_it_is_slow(
    tmp_path: Path, warm: WarmWorker, lines: Lines
) -> None:
    path = tmp_path / "noise.py"
    path.write_text(NOISY)
    network, recipe = small(GOOD, transform=str(path), epochs=1)
    trained = train(network, recipe, warm=warm, observer=lines)
    assert trained.evaluation.verdict.ok, trained.evaluation.verdict
    assert trained.note == "noisy of the transform went image by image, slowly"
    assert trained.recipe.transform == find_transform(str(path)).name


def test_a_transform_that_gives_no_images_is_named(tmp_path: Path, warm: WarmWorker) -> None:
    path = tmp_path / "bad.py"
    path.write_text("def transform(norm):\n    return lambda image: image.size\n")
    network, recipe = small(GOOD, transform=str(path))
    verdict = train(network, recipe, warm=warm).evaluation.verdict
    assert not verdict.ok
    assert verdict.error is not None
    assert "gives tuple, not a tensor" in verdict.error


def test_the_same_seed_gives_the_same_flips(tmp_path: Path, warm: WarmWorker) -> None:
    path = tmp_path / "flip.py"
    path.write_text(
        ECHO.replace(
            "transforms.ToTensor()", "transforms.RandomHorizontalFlip(), transforms.ToTensor()"
        )
    )
    network, recipe = small(GOOD, transform=str(path), epochs=2, lr=0.05)
    first, second = (train(network, recipe, warm=warm).evaluation for _ in range(2))
    losses = [np.array([epoch.loss for epoch in one.epochs]) for one in (first, second)]
    assert np.array_equal(*losses)
