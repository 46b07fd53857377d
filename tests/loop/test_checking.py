"""`check`: a network of any task, from its text to two steps of training."""

from __future__ import annotations

from pathlib import Path

import pytest

from catta import zoo
from catta.corpus import Corpus
from catta.errors import Interrupted, UsageError
from catta.evaluation import CHECKED_IMPORTS, Screened, available_sandboxes, screen_source
from catta.loop import CheckReport, check, parse_config
from catta.novelty import network_id, signature, signature_to_bytes
from catta.records import Network

_UNSAFE = {"unsafe": not list(available_sandboxes())}

SEGMENTER = '''"""Two convolutions.

Task: img-segmentation.
"""
from torch import nn


class Net(nn.Module):
    def __init__(self, in_shape, out_shape, prm, device):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(in_shape[1], 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, out_shape[0], 1)
        )

    def forward(self, x):
        return self.layers(x)
'''


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def _one_cache(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATTA_CACHE", str(cache))


def checked(source: str, corpus: Path, **given: str) -> CheckReport:
    return check(source, config=parse_config(_UNSAFE), corpus=corpus, **given)


@pytest.mark.parametrize("name", [*zoo.tasks(), *zoo.names()])
def test_what_new_writes_keeps_the_rules(name: str) -> None:
    text = zoo.starting_file(name)[1] if name in zoo.tasks() else zoo.source(name)
    assert isinstance(screen_source(text, CHECKED_IMPORTS), Screened)


def test_a_network_is_checked_for_the_task_that_it_states(tmp_path: Path) -> None:
    path = tmp_path / "corpus.sqlite"
    source = SEGMENTER.replace("8", "12")
    known = Network(id=network_id(source), source=source, name="wider", origin="user")
    with Corpus.open(path) as corpus:
        corpus.networks.add([known])
        corpus.signatures.add({known.id: signature_to_bytes(signature(source))})

    report = checked(SEGMENTER, path)

    assert (report.outcome, report.stage) == ("OK", "score"), report.error
    assert (report.task, report.dataset, report.metric) == ("img-segmentation", "scenes", "iou")
    assert report.steps == 2
    assert report.resolution == 64
    assert report.accuracy is not None
    assert 0 <= report.accuracy <= 1
    assert report.parameters == 3 * 8 * 9 + 8 + (8 + 1) * 6  # as inspected, with six classes
    assert report.nearest is not None
    assert report.nearest.name == "wider"
    assert 0 < report.nearest.jaccard <= 1
    with Corpus.open(path, read_only=True) as corpus:
        assert corpus.networks.get(network_id(SEGMENTER)) is None  # nothing is stored


@pytest.mark.parametrize(
    ("old", "new", "stage"),
    [
        ("class Net(", "class Other(", "contract"),
        ("from torch import nn", "from torch import nn, hub", "policy"),
        ("out_shape[0], 1)", "3, 1)", "build"),
    ],
)
def test_what_does_not_work_is_said_with_its_stage(
    tmp_path: Path, old: str, new: str, stage: str
) -> None:
    assert old in SEGMENTER
    report = checked(SEGMENTER.replace(old, new), tmp_path / "none.sqlite")
    assert (report.outcome, report.stage) == ("INVALID", stage)
    assert report.error
    assert report.accuracy is None
    assert not (tmp_path / "none.sqlite").exists()


def test_pretrained_weights_that_the_text_hides_are_found(tmp_path: Path) -> None:
    source = SEGMENTER.replace(
        "from torch import nn", "from torch import nn\nfrom torchvision.models import alexnet"
    ).replace(
        "super().__init__()",
        "super().__init__(); alexnet(**{'weights': 'DEFAULT'})",
    )
    report = checked(source, tmp_path / "none.sqlite")
    assert (report.outcome, report.stage) == ("INVALID", "policy"), report.error
    assert "pretrained" in (report.error or "")


def test_mistakes_and_stops(tmp_path: Path) -> None:
    corpus = tmp_path / "none.sqlite"
    with pytest.raises(UsageError, match="task must be one of"):
        checked(SEGMENTER, corpus, task="sculpture")
    with pytest.raises(UsageError, match="digits"):
        check(
            SEGMENTER,
            config=parse_config({**_UNSAFE, "recipe": {"dataset": "digits"}}),
            corpus=corpus,
        )
    with pytest.raises(Interrupted, match="a check stores nothing"):
        check(SEGMENTER, config=parse_config(_UNSAFE), corpus=corpus, stop=lambda: True)


@pytest.mark.slow
@pytest.mark.parametrize("task", sorted(set(zoo.tasks()) - {"img-classification"}))
def test_a_starting_file_passes(task: str, tmp_path: Path) -> None:
    report = checked(zoo.starting_file(task)[1], tmp_path / "none.sqlite")
    assert report.outcome == "OK", report.error
    assert report.task == task
