"""Every reference network and starting file keeps the contract of its task, and learns."""

from __future__ import annotations

import subprocess
import sys
from itertools import islice

import pytest
import torch
from zoo_data import CLASSES, PRM, Targets, batch, build, fixed_loss, module_of, predict

from catta import zoo
from catta.evaluation import ALLOWED_IMPORTS, Screened, screen_source

TEXTS = {name: (zoo.card(name).task, zoo.source(name)) for name in zoo.names()} | {
    f"new-{task}": zoo.starting_file(task) for task in zoo.tasks()
}
EVERY = pytest.mark.parametrize(("task", "text"), TEXTS.values(), ids=TEXTS.keys())
# The loop allows what an architecture needs; a detector needs torchvision's operators too.
IMPORTS = ALLOWED_IMPORTS | {"torchvision.ops"}


def check_output(task: str, output: object, count: int, height: int, width: int) -> None:
    if task == "obj-detection":
        assert isinstance(output, list)
        assert len(output) == count
        for found in output:
            boxes, labels, scores = found["boxes"], found["labels"], found["scores"]
            assert boxes.shape == (len(scores), 4)
            assert len(labels) == len(scores) <= 100
            assert labels.dtype == torch.int64
            assert ((labels >= 1) & (labels < CLASSES)).all()
            assert ((scores >= 0) & (scores <= 1)).all()
            assert boxes.isfinite().all()
        return
    assert isinstance(output, torch.Tensor)
    if task == "img-captioning":
        assert output.shape == (count, 32)
        assert output.dtype == torch.int64
        assert (output[:, 0] == 1).all()
        return
    shapes = {
        "img-classification": (count, CLASSES),
        "img-segmentation": (count, CLASSES, height, width),
        "txt-generation": (count, width, CLASSES),
    }
    assert output.shape == shapes[task]
    assert output.isfinite().all()


@EVERY
@pytest.mark.parametrize(
    ("count", "channels", "height", "width"),
    [(1, 1, 32, 32), (2, 3, 33, 45), (1, 3, 128, 128)],
)
def test_any_size_and_number(
    task: str, text: str, count: int, channels: int, height: int, width: int
) -> None:
    inputs, targets = batch(task, count=count, channels=channels, height=height, width=width)
    network = build(text, task, inputs, dropout=0.2)

    loss = fixed_loss(task, network, inputs, targets)
    loss.backward()

    assert loss.isfinite()
    assert all(p.grad is not None for p in network.parameters())
    check_output(task, predict(network, inputs), count, height, width)


@EVERY
def test_overfits_a_small_batch(task: str, text: str) -> None:
    size = 64 if task in ("img-segmentation", "obj-detection") else 32
    inputs, targets = batch(task, height=size, width=size)
    network = build(text, task, inputs)
    optimizer = torch.optim.AdamW(network.parameters(), lr=4e-3)

    first = last = fixed_loss(task, network, inputs, targets).item()
    for _ in range(150):
        loss = fixed_loss(task, network, inputs, targets)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        last = loss.item()
        if last < first / 10:
            break

    assert last < first / 10


@pytest.mark.parametrize("name", zoo.names())
def test_own_recipe_learns_from_an_iterator(name: str) -> None:
    task, text = TEXTS[name]
    inputs, targets = batch(task)
    network = build(text, task, inputs)
    with torch.no_grad():
        before = fixed_loss(task, network, inputs, targets).item()

    network.train_setup(PRM)
    network.learn(islice(iter([(inputs, targets)] * 8), 8))

    with torch.no_grad():
        assert fixed_loss(task, network, inputs, targets).item() < before


@EVERY
def test_passes_the_checks_of_the_text(task: str, text: str) -> None:
    assert screen_source(text, IMPORTS) == Screened(source=text)
    if task != "obj-detection":
        assert screen_source(text) == Screened(source=text)


@pytest.mark.parametrize("name", zoo.names())
def test_is_small_and_reads_what_it_declares(name: str) -> None:
    task, text = TEXTS[name]
    inputs, _ = batch(task)
    module = module_of(text)
    declared = module.supported_hyperparameters()

    network = build(text, task, inputs)

    assert zoo.card(name).hyperparameters == tuple(sorted(declared))
    assert declared == set(PRM)
    assert 100_000 <= sum(p.numel() for p in network.parameters()) <= 1_000_000


@pytest.mark.parametrize(
    ("task", "text"),
    [pair for pair in TEXTS.values() if pair[0] == "txt-generation"],
    ids=[name for name, pair in TEXTS.items() if pair[0] == "txt-generation"],
)
def test_no_text_network_sees_what_follows(task: str, text: str) -> None:
    tokens, _ = batch(task)
    other = tokens.clone()
    other[:, 20:] = (other[:, 20:] + 1) % CLASSES
    network = build(text, task, tokens)

    one, two = predict(network, tokens), predict(network, other)

    torch.testing.assert_close(one[:, :20], two[:, :20])
    assert not torch.allclose(one[:, 20:], two[:, 20:])


@pytest.mark.parametrize(
    ("task", "text"),
    [pair for pair in TEXTS.values() if pair[0] == "img-captioning"],
    ids=[name for name, pair in TEXTS.items() if pair[0] == "img-captioning"],
)
def test_captioners_write_what_they_would_score_highest(task: str, text: str) -> None:
    images, references = batch(task)
    network = build(text, task, images)
    optimizer = torch.optim.AdamW(network.parameters(), lr=4e-3)
    for _ in range(60):
        optimizer.zero_grad()
        fixed_loss(task, network, images, references).backward()
        optimizer.step()

    written = predict(network, images)
    with torch.inference_mode():
        scores = network(images, written)

    best = scores.argmax(-1)
    written = written[:, written.shape[1] - best.shape[1] :]
    judged = written != 0
    assert torch.equal(best[judged], written[judged])
    # The batch is learnt: the reference itself is written, and padding after its end.
    assert torch.equal(written[:, -31:-23], references[:, 0, 1:9])
    assert (written[:, -23:] == 0).all()


@pytest.mark.parametrize(
    ("task", "text"),
    [pair for pair in TEXTS.values() if pair[0] == "obj-detection"],
    ids=[name for name, pair in TEXTS.items() if pair[0] == "obj-detection"],
)
def test_detectors_find_what_they_learnt(task: str, text: str) -> None:
    images, targets = batch(task, height=64, width=64)
    network = build(text, task, images)
    optimizer = torch.optim.AdamW(network.parameters(), lr=4e-3)
    for _ in range(60):
        optimizer.zero_grad()
        fixed_loss(task, network, images, targets).backward()
        optimizer.step()

    found = predict(network, images)

    for i, one in enumerate(found):
        best = one["scores"].argsort(descending=True)[:2]
        assert set(one["labels"][best].tolist()) == set(targets[i]["labels"].tolist())


def test_detector_learns_from_images_without_objects() -> None:
    task, text = TEXTS["single-shot-detector"]
    images, _ = batch(task, count=2)
    none = {"boxes": torch.zeros(0, 4), "labels": torch.zeros(0, dtype=torch.int64)}
    network = build(text, task, images)

    losses = network(images, Targets([none, none]))
    torch.stack(list(losses.values())).sum().backward()

    assert losses["boxes"] == 0
    assert losses["classes"] > 0


def test_texts_are_in_house_style() -> None:
    for text in dict(TEXTS.values()).values():
        for command in ("check", "format --check"):
            done = subprocess.run(
                [sys.executable, "-m", "ruff", *command.split(), "-"],
                input=text,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stdout + done.stderr
