"""`catta corpus groups`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_builders import Invoke

from catta.corpus import Corpus
from catta.corpus.published import Trial, TrialFile
from catta.novelty import network_id
from catta.records import Network

ACCURACIES = {"one": 0.5, "near": 0.7, "far": 0.6}


def source(*layers: int) -> str:
    lines = "".join(f"        self.layer_{n} = nn.Linear({n}, {n + 1})\n" for n in layers)
    return f"from torch import nn\nclass Net(nn.Module):\n    def build(self):\n{lines}"


SOURCES = {"one": source(*range(40)), "near": source(*range(39)), "far": source(99)}


@pytest.fixture
def filled(corpus: Path) -> None:
    ids = {name: network_id(text) for name, text in SOURCES.items()}
    with Corpus.open(corpus) as store:
        store.networks.add(
            Network(id=ids[name], source=text, name=name, origin="user")
            for name, text in SOURCES.items()
        )
        files = [
            TrialFile(
                task="img-classification",
                dataset="cifar-10",
                metric="acc",
                name=name,
                epoch=1,
                trials=[Trial("u", "norm", b"{}", value, None)],
            )
            for name, value in ACCURACIES.items()
        ]
        store.trials.add(store.trials.begin_import("ab", None), files, ids)


@pytest.mark.usefixtures("filled")
def test_what_stands_beside_an_anchor(invoke: Invoke) -> None:
    result = invoke("corpus", "groups", "--anchor", "one", "--band", "high")
    assert result.exit_code == 0
    first, second = [line.split() for line in result.stdout.splitlines() if line.strip()][-2:]
    assert first == ["cifar-10", "one", "0.500", "1", "-"]
    assert second[:3] == ["near", "0.700", "1"]
    assert 0.95 <= float(second[3]) <= 0.98
    assert "compute signatures: begins (3 to do)" in result.stderr
    again = invoke("corpus", "groups", "--anchor", "one", "--band", "high")
    assert (again.stdout, again.stderr) == (result.stdout, "")


@pytest.mark.usefixtures("filled")
def test_json(invoke: Invoke) -> None:
    result = invoke("corpus", "groups", "-n", "3", "--any", "--limit", "1", "--json")
    answer = json.loads(result.stdout)
    (group,) = answer["groups"]
    assert sorted(member["nn"] for member in group["networks"]) == ["far", "near", "one"]
    assert (group["dataset"], answer["note"]) == ("cifar-10", None)


@pytest.mark.usefixtures("filled")
def test_none_and_why(invoke: Invoke) -> None:
    result = invoke("corpus", "groups", "--anchor", "one", "--band", "low")
    assert "There are none." in result.stdout
    assert result.stdout.splitlines()[-1] == (
        "one: no network has a similarity of 0.6 to 0.85 (band low); there are some in "
        "high (1 network), very_low_far (1 network)"
    )
    unknown = invoke("corpus", "groups", "--band", "lowish")
    assert (unknown.exit_code, unknown.stdout) == (2, "")
    assert "band: 'lowish' is not one of very_high" in unknown.stderr
