"""LEMUR into a corpus: everything, once, or nothing."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import catta
from catta.corpus import Corpus
from catta.errors import FetchError, Interrupted, UsageError
from catta.library import ImportReport, import_lemur
from catta.novelty import network_id
from catta.records import Network
from catta.testing.lemur import CIFAR, members, net, trial, write_directory, write_wheel

STAT = "ab/nn/stat/train/"


@pytest.fixture
def corpus(tmp_path: Path) -> Iterator[Corpus]:
    with Corpus.open(tmp_path / "c.sqlite") as opened:
        yield opened


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    return write_wheel(tmp_path / "nn_dataset.whl", members())


def dump(path: Path) -> list[str]:
    connection = sqlite3.connect(path)
    lines = list(connection.iterdump())
    connection.close()
    return lines


def test_everything_arrives(corpus: Corpus, wheel: Path) -> None:
    report = import_lemur(corpus, wheel, workers=1)
    assert (report.version, report.names, report.networks) == ("9.9.1", 3, 2)
    assert (report.trials, report.new_trials, report.trial_files) == (6, 6, 5)
    assert (report.parameter_sets, report.modules, report.measurements) == (2, 4, 1)
    assert report.skipped == ()
    assert corpus.trials.count() == 6
    alpha = corpus.networks.get("Alpha")
    assert alpha is not None
    assert (alpha.source, alpha.origin, alpha.licence) == (net(1), "lemur", "MIT")
    assert corpus.networks.aliases(alpha.id) == ["Alpha", "Alpha-twin_2.0"]
    assert corpus.check_integrity() == []


def test_traits_are_kept(corpus: Corpus, tmp_path: Path) -> None:
    source = (
        "import torch, os.path\nfrom torchvision import models\n"
        "class Net(torch.nn.Module):\n"
        "    def __init__(self):\n"
        "        from .x import y\n"
        "        self.m = torch.nn.Sequential(models.resnet18(pretrained=True))\n"
    )
    path = write_wheel(tmp_path / "x.whl", members() | {"ab/nn/nn/rag-1.py": source})
    import_lemur(corpus, path, workers=1)
    traits = corpus.trials.traits(network_id(source))
    assert traits is not None
    assert traits.imports == (".", "os", "torch", "torchvision")
    assert (traits.family, traits.pretrained) == ("rag", True)
    assert (traits.classes, traits.functions, traits.sequential) == (1, 1, True)
    plain = corpus.trials.traits(network_id(net(2)))
    assert plain is not None
    assert (plain.family, plain.pretrained, plain.sequential) == ("ga", False, False)


@pytest.mark.parametrize("layout", ["train/", ""])
def test_a_directory_is_read_as_a_wheel_is(corpus: Corpus, tmp_path: Path, layout: str) -> None:
    content = {name.replace("stat/train/", f"stat/{layout}"): m for name, m in members().items()}
    directory = write_directory(tmp_path / "checkout", content)
    report = import_lemur(corpus, directory, workers=1)
    assert (report.trials, report.networks, report.measurements) == (6, 2, 1)
    assert import_lemur(corpus, directory, workers=1).repeated


def test_links_out_of_a_directory_are_not_followed(corpus: Corpus, tmp_path: Path) -> None:
    secret = tmp_path / "secret.py"
    secret.write_text(net(7))
    directory = write_directory(tmp_path / "checkout", members())
    (directory / "ab/nn/nn/link.py").symlink_to(secret)
    import_lemur(corpus, directory, workers=1)
    assert corpus.networks.get("link") is None


def test_importing_twice_changes_nothing(corpus: Corpus, wheel: Path) -> None:
    first = import_lemur(corpus, wheel, workers=1)
    before = dump(Path(corpus.location))
    second = import_lemur(corpus, wheel, workers=1)
    assert second.repeated
    assert second.to_dict() == first.to_dict()
    assert dump(Path(corpus.location)) == before


def test_a_later_version_brings_only_what_is_new(corpus: Corpus, tmp_path: Path) -> None:
    import_lemur(corpus, write_wheel(tmp_path / "old.whl", members("1.0.0")), workers=1)
    changed = members("2.0.0") | {
        "ab/nn/nn/Alpha.py": net(3),
        f"{STAT}{CIFAR}Alpha/1.json": json.dumps([trial(0.5), trial(0.5), trial(0.75, "u3")]),
    }
    report = import_lemur(corpus, write_wheel(tmp_path / "new.whl", changed), workers=1)
    assert (report.trials, report.new_trials) == (7, 2)
    assert [row["version"] for row in corpus.trials.imports()] == ["1.0.0", "2.0.0"]
    frame = catta.data(nn="Alpha", epoch=1, corpus=corpus)
    assert sorted(frame["accuracy"]) == [0.5, 0.5, 0.7, 0.75]
    assert set(frame["nn_code"]) == {net(3)}


def test_a_name_keeps_its_code_when_a_later_version_has_none(
    corpus: Corpus, wheel: Path, tmp_path: Path
) -> None:
    import_lemur(corpus, wheel, workers=1)
    later = members("10.0")
    del later["ab/nn/nn/Alpha.py"]
    import_lemur(corpus, write_wheel(tmp_path / "later.whl", later), workers=1)
    assert set(catta.data(nn="Alpha", corpus=corpus)["nn_code"]) == {net(1)}


def test_an_architecture_that_is_published_as_it_is_becomes_a_published_network(
    corpus: Corpus, wheel: Path
) -> None:
    identity = network_id(net(2))
    corpus.networks.add(
        [Network(id=identity, source=net(2), name="ga-beta", origin="architecture")]
    )
    import_lemur(corpus, wheel, workers=1)
    assert {n.id for n in corpus.networks.all("lemur")} == {identity, network_id(net(1))}


def test_a_published_network_comes_before_others_of_its_name(corpus: Corpus, wheel: Path) -> None:
    corpus.networks.add(
        [Network(id=network_id(net(9)), source=net(9), name="Alpha", origin="architecture")]
    )
    import_lemur(corpus, wheel, workers=1)
    found = corpus.networks.get("Alpha")
    assert found is not None
    assert found.source == net(1)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        (f"{STAT}{CIFAR}Alpha/3.json", '[{"accuracy": 0.5', "it is not JSON"),
        (f"{STAT}{CIFAR}Alpha/3.json", "[]", "it has no trials"),
        (f"{STAT}{CIFAR}Alpha/3.json", "{}", "it is not a list of trials"),
        (f"{STAT}{CIFAR}it's/3.json", json.dumps([trial(0.5)]), "its name is not"),
        (f"{STAT}../../{CIFAR}a/3.json", json.dumps([trial(0.5)]), "its path is not"),
        (f"{STAT}mind-reading_x_acc_a/1.json", json.dumps([trial(0.5)]), "its task is unknown"),
        (f"{STAT}{CIFAR}Alpha/best.json", "[]", "its path is not"),
        ("ab/nn/stat/README.md", "text", "its path is not"),
        ("ab/nn/stat/run/img-classification_Alpha/x.json", "[]", "it is not a measurement"),
        ("ab/nn/nn/broken.py", "class Net(", "does not parse"),
        ("ab/nn/nn/large.py", "#" * 10_000_000, "it is larger"),
        ("ab/nn/nn/a'; DROP TABLE trials;--.py", net(4), "its name is not"),
        ("ab/nn/metric/a b.py", "", "its name is not"),
        ("ab/nn/loader/bad.py", b"\xff\xff", "it is not UTF-8"),
    ],
)
def test_what_cannot_be_taken_is_named(
    corpus: Corpus, tmp_path: Path, name: str, content: str | bytes, reason: str
) -> None:
    path = write_wheel(tmp_path / "x.whl", members() | {name: content})
    report = import_lemur(corpus, path, workers=1)
    assert [skipped.member for skipped in report.skipped] == [name]
    assert reason in report.skipped[0].reason
    assert (report.trials, report.networks) == (6, 2)


@pytest.mark.parametrize(
    "bad",
    [
        trial(float("nan")),
        trial("0.5"),
        trial(0.5, uid=7),  # type: ignore[arg-type]
        trial(0.5, transform=None),
        trial(0.5, duration=-1),
        trial(0.5, duration="long"),
        trial(0.5, lr=float("inf")),
        trial(0.5, lr=None),
        trial(0.5, layers=[1, 2]),
        trial(0.5, nested={"a": 1}),
        trial(0.5, huge=10**400),
        [0.5],
    ],
)
def test_a_bad_trial_is_counted_and_the_one_beside_it_is_taken(
    corpus: Corpus, tmp_path: Path, bad: object
) -> None:
    name = f"{STAT}{CIFAR}Alpha/9.json"
    path = write_wheel(tmp_path / "x.whl", members() | {name: json.dumps([bad, trial(0.45), bad])})
    report = import_lemur(corpus, path, workers=1)
    assert [(skipped.member, skipped.trials) for skipped in report.skipped] == [(name, 2)]
    assert report.trials == 7


def test_a_text_with_brackets_is_a_hyperparameter(corpus: Corpus, tmp_path: Path) -> None:
    odd = trial(0.45, act="relu [null] {x}", flag=True)
    path = write_wheel(
        tmp_path / "x.whl", members() | {f"{STAT}{CIFAR}Alpha/9.json": json.dumps([odd])}
    )
    assert import_lemur(corpus, path, workers=1).skipped == ()
    prm = catta.data(epoch=9, corpus=corpus)["prm"][0]
    assert (prm["act"], prm["flag"]) == ("relu [null] {x}", True)


def test_a_stop_leaves_the_corpus_as_it_was(corpus: Corpus, wheel: Path) -> None:
    before = dump(Path(corpus.location))
    with pytest.raises(Interrupted, match="as it was before"):
        import_lemur(corpus, wheel, workers=1, stop=lambda: True)
    assert dump(Path(corpus.location)) == before


def test_damage_found_late_leaves_the_corpus_as_it_was(corpus: Corpus, tmp_path: Path) -> None:
    path = tmp_path / "x.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members().items():
            archive.writestr(name, content)
    path.write_bytes(path.read_bytes().replace(b'"accuracy": 0.8', b'"accuracy": 0.9', 1))
    before = dump(Path(corpus.location))
    with pytest.raises(FetchError, match="damaged at"):
        import_lemur(corpus, path, workers=1)
    assert dump(Path(corpus.location)) == before


def test_killed_in_the_middle_the_corpus_is_as_before(corpus: Corpus, wheel: Path) -> None:
    before = dump(Path(corpus.location))
    code = (
        "import os, signal, sys\n"
        "from catta.corpus import Corpus\n"
        "from catta.corpus.trials import Trials\n"
        "from catta.library import import_lemur\n"
        "Trials.end_import = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "import_lemur(Corpus.open(sys.argv[1]), sys.argv[2], workers=1)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, corpus.location, str(wheel)], check=False)
    assert done.returncode == -9
    assert dump(Path(corpus.location)) == before
    assert import_lemur(corpus, wheel, workers=1).new_trials == 6


def test_processes_give_the_same_as_one(corpus: Corpus, tmp_path: Path) -> None:
    many = {f"ab/nn/nn/n{i}.py": net(i) for i in range(210)}
    path = write_wheel(tmp_path / "x.whl", members() | many | {"ab/nn/nn/bad.py": "("})
    report = import_lemur(corpus, path, workers=2)
    assert (report.names, report.networks) == (213, 210)
    assert [skipped.member for skipped in report.skipped] == ["ab/nn/nn/bad.py"]


def test_a_version_number_is_fetched(
    corpus: Corpus, wheel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def download(requirement: str, directory: Path, **options: object) -> Path:
        asked.extend([requirement, options["sha256"]])
        return wheel

    monkeypatch.setattr("catta.corpus.importers.lemur.pip_download", download)
    assert import_lemur(corpus, "1.2.6", workers=1).trials == 6
    assert asked == ["nn-dataset==1.2.6", None]


def test_what_is_no_lemur_is_a_mistake_of_the_user(corpus: Corpus, tmp_path: Path) -> None:
    text = tmp_path / "text.whl"
    text.write_text("no zip file")
    for source in (text, tmp_path / "missing.whl", tmp_path, "nonsense"):
        with pytest.raises(UsageError):
            import_lemur(corpus, source)
    assert corpus.trials.imports() == []


def test_a_report_comes_back_as_it_was_stored() -> None:
    values = {"names": 1, "networks": 1, "trials": 1, "new_trials": 1, "trial_files": 1}
    values |= {"parameter_sets": 1, "modules": 0, "measurements": 0}
    skipped = [{"member": "m", "reason": "r", "trials": 2}, {"member": "n", "reason": "r"}]
    report = ImportReport.from_dict({"version": None, "sha256": "ab", **values, "skipped": skipped})
    assert report.reasons() == {"r": 2}
    assert ImportReport.from_dict(report.to_dict()) == report


@pytest.mark.slow
@pytest.mark.timeout(1_800)
def test_a_real_wheel_arrives_whole(corpus: Corpus) -> None:
    path = os.environ.get("CATTA_LEMUR_WHEEL")
    if not path:
        pytest.skip("CATTA_LEMUR_WHEEL names no wheel of nn-dataset")
    import_lemur(corpus, path)
    frame = catta.data(corpus=corpus)
    keys = ["task", "dataset", "metric", "nn", "epoch"]
    groups = dict(iter(frame.groupby(keys, sort=False)))
    with zipfile.ZipFile(path) as archive:
        files = [
            name
            for name in archive.namelist()
            if "/stat/" in name and "/stat/run/" not in name and name.endswith(".json")
        ]
        stored = {name: json.loads(archive.read(name)) for name in files}
    assert sum(map(len, stored.values())) == len(frame) == corpus.trials.count()
    chosen = random.Random(0).sample([name for name in files if stored[name]], 1_000)
    for name in chosen:
        folder, file = name.split("/")[-2:]
        task, dataset, metric, nn = folder.split("_", 3)
        rows = groups[(task, dataset, metric, nn, int(file.removesuffix(".json")))]
        expected = random.Random(name).choice(stored[name])
        prm = {k: v for k, v in expected.items() if k not in ("accuracy", "duration", "uid")}
        found = rows[
            (rows["prm_id"] == expected["uid"]) & (rows["accuracy"] == expected["accuracy"])
        ]
        assert prm in list(found["prm"])
        duration = expected.get("duration")
        assert duration is None or duration in list(found["duration"])
