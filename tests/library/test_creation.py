"""`catta.create`: a network in this process, for those who trust it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

import catta
from catta.corpus import Corpus
from catta.errors import UsageError
from catta.novelty import network_id
from catta.records import Network

SOURCE = """
from dataclasses import dataclass
import torch
from torch import nn
open({mark!r}, "w").close()

@dataclass
class Width:
    value: "int"

class Net(nn.Module):
    def __init__(self, in_shape, out_shape, prm, device):
        super().__init__()
        self.width = Width(in_shape[1] * in_shape[2] * in_shape[3])
        self.head = nn.Linear(self.width.value, out_shape[0])
        self.dropout = nn.Dropout(prm["dropout"])

    def forward(self, x):
        return self.head(self.dropout(x.flatten(1)))
"""


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    """A file that is there once the text was executed."""
    return tmp_path / "executed"


@pytest.fixture
def corpus(mark: Path) -> Iterator[Corpus]:
    with Corpus.open("sqlite://") as opened:
        for name, source in (("mine", SOURCE.format(mark=str(mark))), ("none", "x = 1\n")):
            opened.networks.add(
                [Network(id=network_id(source), source=source, name=name, origin="user")]
            )
        yield opened


def test_nothing_is_executed_without_trust(corpus: Corpus, mark: Path) -> None:
    with pytest.raises(UsageError, match="trust=True"):
        catta.create("mine", (1, 1, 4, 4), (3,), {"dropout": 0.5}, corpus=corpus)
    assert not mark.exists()


def test_a_trusted_network_is_built(corpus: Corpus, mark: Path) -> None:
    prm = {"dropout": 0.5}
    net = catta.create("mine", (1, 1, 4, 4), (3,), prm, trust=True, corpus=corpus)
    assert mark.exists()
    assert net(torch.zeros(2, 1, 4, 4)).shape == (2, 3)
    assert net.get_submodule("dropout").p == 0.5
    other = catta.create("mine", [1, 2, 4, 4], [5], prm, device="meta", trust=True, corpus=corpus)
    assert next(other.parameters()).device.type == "meta"
    assert net(torch.zeros(2, 1, 4, 4)).shape == (2, 3)


def test_what_cannot_be_built(corpus: Corpus) -> None:
    with pytest.raises(UsageError, match="Net is not a class"):
        catta.create("none", (1, 1, 4, 4), (3,), {}, trust=True, corpus=corpus)
    with pytest.raises(UsageError, match="no name or id"):
        catta.create("missing", (1, 1, 4, 4), (3,), {}, trust=True, corpus=corpus)
    with pytest.raises(KeyError, match="dropout"):
        catta.create("mine", (1, 1, 4, 4), (3,), {}, trust=True, corpus=corpus)
