"""`catta train`: what it says, how it ends, and that it goes on after an interruption."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from cli_builders import Invoke
from PIL import Image

from catta.evaluation import available_sandboxes

LINEAR = """
import time
import torch
from torch import nn

def supported_hyperparameters():
    return {"lr"}

class Net(nn.Module):
    def __init__(self, in_shape, out_shape, prm, device):
        super().__init__()
        self.layer = nn.Linear(in_shape[1] * in_shape[2] * in_shape[3], out_shape[0])

    def forward(self, x):
        BODY
        return self.layer(x.flatten(1))
"""
DROPS = "x = torch.dropout(x, 0.3, self.training)"
# It counts anew once it goes on, so that it hangs in no other epoch.
HANGS_IN_THE_SECOND_EPOCH = (
    "self.count = getattr(self, 'count', 0) + self.training; "
    f"self.count > 5 and time.sleep(600); {DROPS}"
)
SMALL = (
    *("--dataset", "digits", "--resolution", "8", "--train-samples", "300"),
    *("--validation-samples", "100", "--threads", "1", "--layout", "contiguous"),
)
# A shell's background job is started with SIGINT ignored, and so are its children: not this one.
PROGRAM = (
    sys.executable,
    "-c",
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
    "from catta.cli import main; main()",
)


@pytest.fixture(scope="module")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def one_cache(corpus: Path, shared_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATTA_CACHE", str(shared_cache))


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], str]:
    def file(body: str = "pass") -> str:
        path = tmp_path / "net.py"
        path.write_text(LINEAR.replace("BODY", body))
        return str(path)

    return file


@pytest.fixture(scope="module")
def isolation() -> tuple[str, ...]:
    return () if list(available_sandboxes()) else ("--unsafe",)


def assert_one_sentence(text: str, pattern: str) -> None:
    assert text.count("\n") == 1, text
    assert "Traceback" not in text
    assert re.search(pattern, text), text


def test_a_training_is_shown_kept_and_drawn(
    invoke: Invoke, corpus: Path, write: Callable[[str], str], isolation: tuple[str, ...]
) -> None:
    weights = corpus.parent / "w.safetensors"
    command = ("train", write(), *SMALL, *isolation, "--epochs", "2", "--prm", "lr=0.05")

    result = invoke(*command, "--plot", "--weights", str(weights))

    assert result.exit_code == 0, result.output
    assert re.search(r"net for img-classification on digits: acc 0\.\d{4} on the", result.stdout)
    assert "Epoch 2 of 2: loss" in result.stderr
    assert "top5" in result.stdout
    assert "epoch" in result.stdout.splitlines()[-2]  # the axis of a picture
    from safetensors.numpy import load_file

    assert load_file(weights)["layer.weight"].shape == (10, 64)
    again = invoke(*command, "--json")
    summary = json.loads(again.stdout)
    assert summary["repeated"]
    assert len(summary["evaluation"]["epochs"]) == 2
    assert not summary["pretrained"]


def test_a_failing_network_exits_with_one_and_is_stored(
    invoke: Invoke, corpus: Path, write: Callable[[str], str], isolation: tuple[str, ...]
) -> None:
    result = invoke("train", write("time.sleep(600)"), *SMALL, *isolation, "--minutes", str(2 / 60))

    assert result.exit_code == 1
    assert_one_sentence(result.stdout, "TIMEOUT at train: the wall-clock limit was reached")
    assert "Traceback" not in result.stderr
    said = invoke("train", write("time.sleep(600)"), *SMALL, *isolation, "--minutes", str(2 / 60))
    assert said.exit_code == 1
    assert "The corpus had this evaluation; --again trains once more." in said.stdout


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*PROGRAM, *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


def descendants(process: int) -> list[int]:
    found: list[int] = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parent = entry.joinpath("stat").read_text().rpartition(")")[2].split()[1]
        except OSError:
            continue
        if int(parent) == process:
            found += [int(entry.name), *descendants(int(entry.name))]
    return found


def gone(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state == "Z"


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=["killed", "Ctrl-C"])
def test_a_training_that_ends_in_its_second_epoch_goes_on(
    number: signal.Signals,
    invoke: Invoke,
    corpus: Path,
    write: Callable[[str], str],
    isolation: tuple[str, ...],
) -> None:
    run = (*SMALL, *isolation, "--epochs", "2", "--seed", str(number))
    command = ("train", write(HANGS_IN_THE_SECOND_EPOCH), *run)
    with start(*command) as process:
        try:
            family, rest = end_after_first_epoch(process, number)
        finally:
            process.kill()

    if number is signal.SIGINT:
        assert process.returncode == 130
        assert_one_sentence(
            rest, "^Stopped net after epoch 1 of 2; the same command goes on from there"
        )
    else:
        assert process.returncode == -signal.SIGKILL
    deadline = time.monotonic() + 30
    while not all(gone(member) for member in family):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    resumed = invoke(*command, "--json")
    assert "Going on after epoch 1 of 2" in resumed.stderr
    whole = invoke("train", write(DROPS), *run, "--json")
    assert numbers(resumed.stdout) == numbers(whole.stdout)


def end_after_first_epoch(
    process: subprocess.Popen[str], number: signal.Signals
) -> tuple[list[int], str]:
    """Its processes, and what it said after the signal."""
    assert process.stderr is not None
    said = ""
    while not said.startswith("Epoch 1 of 2"):
        said = process.stderr.readline()
        assert said, "it ended by itself"
    family = descendants(process.pid)
    assert family
    process.send_signal(number)
    rest = process.stderr.read()
    process.wait()
    return family, rest


def numbers(text: str) -> list[tuple[float, float]]:
    epochs = json.loads(text)["evaluation"]["epochs"]
    assert len(epochs) == 2
    return [(e["loss"], e["accuracy"]) for e in epochs]


def folder(place: Path, *, classes: int = 2, count: int = 12) -> Path:
    """An ImageFolder of small pictures."""
    random = np.random.default_rng(0)
    for name in "abc"[:classes]:
        (place / name).mkdir(parents=True)
        for i in range(count):
            pixels = random.integers(0, 256, (12, 10, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(place / name / f"{i}.png")
    return place


FOLDER = ("--dataset", "image-folder", "--resolution", "8", "--train-samples", "10")


def coco(place: Path) -> Path:
    """Annotations of one picture that is not there."""
    notes = {
        "images": [{"id": 1, "file_name": "1.jpg", "width": 8, "height": 8}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 4, 4], "area": 16}
            | {"iscrowd": 0, "segmentation": [[0, 0, 4, 0, 4, 4]]}
        ],
        "categories": [{"id": 1, "name": "cat"}],
    }
    (place / "annotations").mkdir(parents=True)
    for part in ("train2017", "val2017"):
        (place / part).mkdir()
        (place / "annotations" / f"instances_{part}.json").write_text(json.dumps(notes))
    return place


def corrupt(place: Path) -> Path:
    for file in folder(place).glob("a/*.png"):
        file.write_bytes(b"\x89PNG\r\n\x1a\n" + b"x" * 40)
    return place


def no_examples(place: Path) -> Path:
    (folder(place) / "c").mkdir()
    return place


def empty_text(place: Path) -> Path:
    place.mkdir()
    (place / "a.txt").write_text("")
    return place


def wrong_layout(place: Path) -> Path:
    place.mkdir()
    (place / "readme.txt").write_text("nothing")
    return place


@pytest.mark.parametrize(
    ("make", "arguments", "pattern"),
    [
        (coco, ("--task", "obj-detection", "--dataset", "coco"), "1.jpg"),
        (corrupt, FOLDER, r"a/\d+\.png"),
        (no_examples, FOLDER, "c"),
        (empty_text, ("--task", "txt-generation", "--dataset", "text"), "characters|empty|text"),
        (wrong_layout, FOLDER, "must hold a directory of images for each of two or more"),
        (wrong_layout, ("--task", "obj-detection", "--dataset", "coco"), "does not hold|instances"),
        (wrong_layout, ("--dataset", "cifar-10"), "does not hold cifar-10"),
    ],
    ids=["missing images", "corrupt", "no examples", "empty text", "layout", "coco", "cifar-10"],
)
def test_bad_data_is_one_sentence_and_nothing_is_written(
    make: Callable[[Path], Path],
    arguments: tuple[str, ...],
    pattern: str,
    invoke: Invoke,
    corpus: Path,
    write: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cache = corpus.parent / "own cache"
    monkeypatch.setenv("CATTA_CACHE", str(cache))
    data = make(corpus.parent / "data")

    result = invoke("train", write(), *arguments, "--data", str(data), "--no-save")

    assert result.exit_code in (1, 2)
    assert isinstance(result.exception, SystemExit)
    last = result.stderr.splitlines()[-1]
    assert last.startswith("Error: "), result.stderr
    assert re.search(pattern, last), last
    assert "Traceback" not in result.output
    left = [path for path in cache.rglob("*") if path.is_file() and path.name != ".lock"]
    assert left == []
    assert not corpus.exists()


def test_images_of_several_sizes_are_no_mistake(
    invoke: Invoke, corpus: Path, write: Callable[[str], str], isolation: tuple[str, ...]
) -> None:
    data = folder(corpus.parent / "data")
    Image.fromarray(np.zeros((40, 7, 3), np.uint8)).save(data / "a" / "3.png")

    result = invoke("train", write(), *FOLDER, *isolation, "--data", str(data), "--no-save")

    assert result.exit_code == 0, result.output


@pytest.mark.parametrize(
    ("arguments", "pattern"),
    [
        (("--prm", "depth=1"), "declares no hyperparameter depth; it has batch, dropout, lr"),
        (("--prm", "lr"), "'lr' is not NAME=NUMBER"),
        (("--prm", "lr=fast"), "'lr=fast' is not NAME=NUMBER"),
        (("--metric", "map50"), "metric of img-classification must be one of acc"),
        (("--task", "img-painting"), "task must be one of"),
        (("--dataset", "imagenet"), "dataset must be one of"),
        (("--task", "txt-generation", "--dataset", "digits"), "digits is a dataset for img-cl"),
        (("--epochs", "0"), "epochs: "),
        (("--minutes", "0"), "seconds: "),
        (("--track", "own"), "trains itself; set track to fixed"),
        (("--compile",), "--compile needs a compiler, .* add --unsafe"),
        (("--weights", "nowhere/w.safetensors"), "--weights: there is no directory"),
    ],
)
def test_a_mistake_of_the_user(
    arguments: tuple[str, ...],
    pattern: str,
    invoke: Invoke,
    write: Callable[[str], str],
) -> None:
    settings = () if "--dataset" in arguments else SMALL
    result = invoke("train", write(), *settings, *arguments, "--no-save")

    assert result.exit_code == 2, result.output
    assert_one_sentence(result.stderr, "^Error: ")
    assert re.search(pattern, result.stderr), result.stderr


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("network = 'net.py'\nepochs = 3\n", "epochs: Extra inputs"),
        ("network = 'net.py'\n[recipe]\nepoch = 3\n", "a recipe has no epoch"),
        ("network = \n", "is no TOML"),
        ("task = 'img-classification'\n", "network: "),
        ("network = 'other.py'\n", "other.py cannot be read"),
        ("network = 'net.py'\nrecipe = 3\n", "recipe must be a table"),
    ],
)
def test_a_training_file_with_a_mistake(
    text: str, pattern: str, invoke: Invoke, corpus: Path, write: Callable[[str], str]
) -> None:
    write()
    file = corpus.parent / "training.toml"
    file.write_text(text)

    result = invoke("train", str(file), "--no-save")

    assert result.exit_code == 2, result.output
    assert_one_sentence(result.stderr, pattern)


def test_no_space_for_the_cache(
    invoke: Invoke, write: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from catta.tasks import preparation

    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(preparation, "_write_arrays", full)
    result = invoke("train", write(), *SMALL, "--seed", "99", "--no-save")

    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].startswith("Error: cannot write to ")
    assert result.stderr.endswith("the disk is full\n")
