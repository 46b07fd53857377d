"""The reader of LEMUR's wheel, on small wheels made here."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from catta.corpus.importers import LEMUR_SHA256, LEMUR_VERSION, lemur, open_lemur
from catta.errors import FetchError, UsageError

SOURCE = "import torch\nclass Net(torch.nn.Module):\n    pass\n"
BSD = "The code of models with file names beginning or identical to ResNet, VGG, FCN32s:\nCopyright"
MIT = "Models with file names beginning with MoE:\nfile names beginning or identical to FCN32s:\n"
STAT = "ab/nn/stat/train/img-classification_cifar-10_acc_"


def make(path: Path, members: Mapping[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def trials(*accuracies: float | str | None) -> str:
    return json.dumps([{"accuracy": accuracy, "lr": 0.1} for accuracy in accuracies])


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    return make(
        tmp_path / "nn_dataset.whl",
        {
            "ab/nn/nn/__init__.py": "",
            "ab/nn/nn/ga-1.py": SOURCE,
            "ab/nn/nn/ResNet-2.py": "\ufeff" + SOURCE,
            "ab/nn/nn/FCN32s.py": SOURCE,
            "ab/nn/nn/MoE-3.py": SOURCE,
            "ab/nn/nn/DeepSeek.py": SOURCE,
            "ab/nn/loader/cifar-10.py": "raise SystemExit",
            "doc/licenses/LICENSE-BSD-NNs": BSD,
            "doc/licenses/LICENSE-MIT-NNs": MIT,
            f"{STAT}ga-1/1.json": trials(0.3, 0.5, 0.4),
            f"{STAT}ga-1/2.json": trials(0.9),
            f"{STAT}with_underscores/1.json": trials(0.2),
            "ab/nn/stat/img-classification_cifar-10_acc_old/1.json": trials(0.1),
            "ab/nn/stat/train/img-classification_mnist_acc_ga-1/1.json": trials(0.99),
            "ab/nn/stat/train/txt-generation_wikitext_ppl_LSTM/1.json": trials(31.5),
            "ab/nn/stat/run/img-classification_ga-1/1.json": trials(0.7),
        },
    )


def test_networks_come_with_their_licence_by_lemurs_rule(wheel: Path) -> None:
    with open_lemur(wheel) as opened:
        networks = {network.name: network for network in opened.networks()}
    assert {name: network.licence for name, network in networks.items()} == {
        "DeepSeek": "MIT AND LicenseRef-DeepSeek-Model",
        "FCN32s": "BSD-3-Clause AND MIT",
        "MoE-3": "MIT",
        "ResNet-2": "BSD-3-Clause",
        "ga-1": "MIT",
    }
    assert {network.source for network in networks.values()} == {SOURCE}
    assert opened.skipped == []


def test_the_best_first_epoch_of_what_was_asked_for_is_read(wheel: Path) -> None:
    with open_lemur(str(wheel)) as opened:
        cifar = opened.first_epoch_accuracies()
        mnist = opened.first_epoch_accuracies(dataset="mnist")
        text = opened.first_epoch_accuracies("txt-generation", "wikitext", metric="ppl")
        nothing = opened.first_epoch_accuracies(dataset="svhn")
    assert cifar == {"ga-1": 0.5, "with_underscores": 0.2, "old": 0.1}
    assert mnist == {"ga-1": 0.99}
    assert text == {"LSTM": 31.5}
    assert nothing == {}
    assert opened.skipped == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("not JSON", "it is not JSON"),
        (b"\xff\xfe\x00", "it is not JSON"),
        ("[" * 100_000, "it is not JSON"),
        ('{"accuracy": 0.5}', "it is not a list of trials"),
        ("[]", "it has no trials"),
        ("[0.5]", "a trial is not an object"),
        ('[{"lr": 0.5}]', "a trial has no finite accuracy"),
        (trials(float("nan"), float("inf")), "a trial has no finite accuracy"),
        (trials(None, "0.5"), "a trial has no finite accuracy"),
        ('[{"accuracy": true}]', "a trial has no finite accuracy"),
        ('[{"accuracy": 1' + "0" * 400 + "}]", "a trial has no finite accuracy"),
        (" " * (lemur.LARGEST_MEMBER + 1), "it is larger than 1,000,000 bytes"),
    ],
)
def test_bad_trials_are_skipped_and_reported_once(
    tmp_path: Path, content: str | bytes, reason: str
) -> None:
    bad = f"{STAT}bad/1.json"
    path = make(
        tmp_path / "x.whl",
        {"ab/nn/nn/a.py": SOURCE, bad: content, f"{STAT}good/1.json": trials(0.4)},
    )
    with open_lemur(path) as opened:
        assert opened.first_epoch_accuracies() == {"good": 0.4}
        assert [(skipped.member, skipped.reason) for skipped in opened.skipped] == [(bad, reason)]


def test_a_good_trial_beside_a_bad_one_counts(tmp_path: Path) -> None:
    path = make(
        tmp_path / "x.whl",
        {"ab/nn/nn/a.py": SOURCE, f"{STAT}a/1.json": '[{"accuracy": NaN}, {"accuracy": 0.25}, 1]'},
    )
    with open_lemur(path) as opened:
        assert opened.first_epoch_accuracies() == {"a": 0.25}
        assert len(opened.skipped) == 2


@pytest.mark.parametrize("name", ["../../escape", "it's", 'a"b', "a/b", "", "a b", "a;--"])
def test_odd_names_are_skipped_and_reported(tmp_path: Path, name: str) -> None:
    odd = f"ab/nn/nn/{name}.py"
    path = make(tmp_path / "x.whl", {"ab/nn/nn/a.py": SOURCE, odd: SOURCE})
    with open_lemur(path) as opened:
        assert [network.name for network in opened.networks()] == ["a"]
        assert [skipped.member for skipped in opened.skipped] == [odd]


def test_unreadable_and_large_networks_are_skipped_and_reported(tmp_path: Path) -> None:
    large = "#" * (lemur.LARGEST_MEMBER + 1)
    path = make(
        tmp_path / "x.whl",
        {"ab/nn/nn/a.py": SOURCE, "ab/nn/nn/b.py": b"\xff\xff", "ab/nn/nn/c.py": large},
    )
    with open_lemur(path) as opened:
        assert [network.name for network in opened.networks()] == ["a"]
        assert [skipped.reason for skipped in opened.skipped] == [
            "it is not UTF-8 text",
            "it is larger than 1,000,000 bytes",
        ]


def test_a_file_that_is_no_wheel_of_lemur_is_a_mistake_of_the_user(
    tmp_path: Path, wheel: Path
) -> None:
    text = tmp_path / "text.whl"
    text.write_text("no zip file")
    truncated = tmp_path / "truncated.whl"
    truncated.write_bytes(wheel.read_bytes()[:-200])
    other = make(tmp_path / "other.whl", {"other/module.py": ""})
    for path, message in (
        (tmp_path / "missing.whl", "does not exist"),
        (tmp_path, "holds no networks of LEMUR"),
        (text, "not a wheel, or is truncated"),
        (truncated, "not a wheel, or is truncated"),
        (other, f"take version {LEMUR_VERSION}"),
    ):
        with pytest.raises(UsageError, match=message):
            open_lemur(path)


def test_damage_inside_a_wheel_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("ab/nn/nn/a.py", SOURCE)
    path.write_bytes(path.read_bytes().replace(b"class Net", b"class Nut", 1))
    with open_lemur(path) as opened, pytest.raises(FetchError, match=r"damaged at ab/nn/nn/a\.py"):
        list(opened.networks())


def test_without_a_file_the_known_version_is_fetched_into_the_cache(
    tmp_path: Path, wheel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def download(requirement: str, directory: Path, **options: object) -> Path:
        asked.extend([requirement, directory, options["sha256"]])
        return wheel

    monkeypatch.setenv("CATTA_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(lemur, "pip_download", download)
    with open_lemur() as opened:
        assert opened.path == wheel
    assert asked == ["nn-dataset==2.1.2", tmp_path / "cache" / "wheels", LEMUR_SHA256]


@pytest.mark.parametrize(
    ("version", "reason", "sentence"),
    [
        (
            "9.9.9",
            "ERROR: No matching distribution found for nn-dataset==9.9.9",
            "^pip finds no version 9.9.9 of nn-dataset; known to work are 1.0.3, 1.2.6, 2.0.6, ",
        ),
        ("9.9.9", "the disk is full", "^the disk is full$"),
        ("2.1.2", "No matching distribution found", "^No matching distribution found$"),
    ],
)
def test_a_version_that_pip_does_not_find(
    monkeypatch: pytest.MonkeyPatch, version: str, reason: str, sentence: str
) -> None:
    def fail(*_: object, **__: object) -> Path:
        raise FetchError(reason)

    monkeypatch.setattr(lemur, "pip_download", fail)
    with pytest.raises(FetchError, match=sentence):
        open_lemur(version)
