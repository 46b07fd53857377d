"""What an import brought goes again, on a file and on a server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from catta.corpus import Corpus
from catta.corpus.catalogue import describe
from catta.corpus.removal import Removal, give_back_space, remove_import
from catta.errors import UsageError
from catta.library import import_lemur
from catta.novelty import network_id
from catta.records import Network, Recipe
from catta.testing.lemur import CIFAR, members, net, trial, write_wheel
from catta.testing.store import make_evaluation

STAT = "ab/nn/stat/train/"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def corpus(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Corpus]:
    on_server = request.param == "postgres"
    location = request.getfixturevalue("corpus_url") if on_server else tmp_path / "c.sqlite"
    with Corpus.open(location) as opened:
        yield opened


def figures(corpus: Corpus) -> dict[str, object]:
    """All counts, and the problems."""
    found = describe(corpus)
    return {n: value for n, value in found.items() if n not in ("imports", "size_bytes")}


def later(tmp_path: Path) -> Path:
    """A version with one more network, name, trial, module."""
    more = {
        "ab/nn/nn/New.py": net(7),
        "ab/nn/nn/Beta-alias.py": net(2),
        f"{STAT}{CIFAR}New/1.json": f"[{trial(0.4, 'u9')}]".replace("'", '"'),
        "ab/nn/transform/more.py": "x = 1\n",
    }
    return write_wheel(tmp_path / "later.whl", members("9.9.2") | more)


def test_an_import_is_taken_back(corpus: Corpus, tmp_path: Path) -> None:
    empty = figures(corpus)
    import_lemur(corpus, write_wheel(tmp_path / "x.whl", members()), workers=1)
    one = figures(corpus)
    import_lemur(corpus, later(tmp_path), workers=1)
    planned = remove_import(corpus, "9.9.2", dry=True)
    assert remove_import(corpus, "9.9.2") == planned
    assert planned == Removal(
        networks=(network_id(net(7)),), names=("Beta-alias", "New"), trials=1, modules=1
    )
    assert figures(corpus) == one
    removed = remove_import(corpus, "9.9.1")
    assert (removed.trials, removed.measurements, removed.modules) == (6, 1, 4)
    assert figures(corpus) == empty
    assert corpus.trials.imports() == []
    assert corpus.check_integrity(sample=None) == []
    report = import_lemur(corpus, tmp_path / "x.whl", workers=1)
    assert (report.repeated, report.new_trials) == (False, 6)
    assert figures(corpus) == one


def test_a_network_that_is_in_use_stays(corpus: Corpus, tmp_path: Path) -> None:
    recipe = Recipe.model_validate({})
    import_lemur(corpus, write_wheel(tmp_path / "x.whl", members()), workers=1)
    alpha, beta = (corpus.networks.get(name) for name in ("Alpha", "ga-beta"))
    assert alpha is not None
    assert beta is not None
    corpus.evaluations.add(make_evaluation(alpha, recipe), recipe)
    own = Network(id=beta.id, source=beta.source, name="mine", origin="user")
    corpus.networks.add([own])
    removed = remove_import(corpus, "9.9.1")
    assert (removed.networks, removed.kept, removed.trials) == ((), 2, 6)
    assert {network.id for network in corpus.networks.all()} == {alpha.id, beta.id}
    assert len(corpus.evaluations.all(recipe.id)) == 1
    assert corpus.check_integrity(sample=None) == []


def test_what_was_there_before_stays(corpus: Corpus, tmp_path: Path) -> None:
    known = Network(id=network_id(net(1)), source=net(1), name="mine", origin="user")
    corpus.networks.add([known])
    before = figures(corpus)
    import_lemur(corpus, write_wheel(tmp_path / "x.whl", members()), workers=1)
    remove_import(corpus, "9.9.1")
    assert figures(corpus) == before
    assert corpus.networks.all() == [known]


def test_an_import_that_others_rely_on_stays(corpus: Corpus, tmp_path: Path) -> None:
    import_lemur(corpus, write_wheel(tmp_path / "x.whl", members()), workers=1)
    import_lemur(corpus, later(tmp_path), workers=1)
    for source, sentence in (
        ("9.9.1", r"9\.9\.2 was imported later"),
        ("9.9", "was imported"),
        ("", "was imported"),
        ("' OR 1=1 --", "was imported"),
    ):
        with pytest.raises(UsageError, match=sentence):
            remove_import(corpus, source)
    assert corpus.trials.count() == 7
    digest = corpus.trials.imports()[1]["sha256"]
    assert remove_import(corpus, digest[:8]).trials == 1


def test_a_file_becomes_smaller(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    big = {f"ab/nn/nn/n{number}.py": net(number) + "#" * 5_000 for number in range(200)}
    with Corpus.open(path) as corpus:
        import_lemur(corpus, write_wheel(tmp_path / "x.whl", members() | big), workers=1)
        remove_import(corpus, "9.9.1")
    size = path.stat().st_size
    with Corpus.open(path) as corpus:
        give_back_space(corpus)
    assert path.stat().st_size < size / 2


def test_after_giving_back_space_everything_goes_on(corpus: Corpus) -> None:
    network = Network(id="n1:x", source="x", name="x", origin="user")
    give_back_space(corpus)

    def fail() -> None:
        with corpus.transaction():
            corpus.networks.add([network])
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert corpus.networks.count() == 0
    corpus.networks.add([network])
    assert corpus.networks.count() == 1


def test_a_failure_in_the_middle_removes_nothing(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_lemur(corpus, write_wheel(tmp_path / "x.whl", members()), workers=1)
    before = figures(corpus)

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("catta.corpus.removal._sweep", fail)
    with pytest.raises(KeyboardInterrupt):
        remove_import(corpus, "9.9.1")
    assert figures(corpus) == before
