import itertools
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catta.novelty import (
    THRESHOLD,
    InvalidSource,
    NoveltyIndex,
    curate,
    identity_text,
    jaccard,
    network_id,
    signature,
    signature_from_bytes,
    signature_to_bytes,
)


def net(*widths: int, activation: str = "ReLU") -> str:
    layers = "".join(
        f"        self.conv{i} = nn.Conv2d({a}, {b}, kernel_size=3, padding=1)\n"
        f"        self.norm{i} = nn.BatchNorm2d({b})\n        self.act{i} = nn.{activation}()\n"
        for i, (a, b) in enumerate(itertools.pairwise(widths))
    )
    return (
        "import torch\nimport torch.nn as nn\n\nclass Net(nn.Module):\n"
        "    def __init__(self, in_shape, out_shape, prm, device):\n        super().__init__()\n"
        f"{layers}        self.head = nn.Linear({widths[-1]}, out_shape[0])\n"
    )


LONG = net(*range(100, 140))
LONG_TWIN = LONG.replace("nn.Linear(139", "nn.Linear(7")
OTHER = net(*range(300, 330), activation="GELU")


def exact_jaccard(one: str, other: str) -> float:
    sets = []
    for source in (one, other):
        tokens = re.findall(r"\w+|[^\w\s]", identity_text(source))
        sets.append({tuple(tokens[i : i + 10]) for i in range(len(tokens) - 9)})
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])


@pytest.mark.parametrize(
    ("one", "other"), [(LONG, LONG_TWIN), (LONG, OTHER), (net(*range(1, 21)), net(*range(1, 16)))]
)
def test_the_estimate_is_near_the_exact_similarity(one: str, other: str) -> None:
    estimate = jaccard(signature(one), signature(other))
    assert estimate == pytest.approx(exact_jaccard(one, other), abs=0.1)


def test_a_signature_ignores_what_identity_ignores() -> None:
    spelled = LONG.replace("import torch.nn as nn", "from torch import nn  # the same")
    assert np.array_equal(signature(spelled), signature(LONG))
    assert signature(LONG).dtype == np.uint32
    assert signature(LONG).shape == (256,)


def test_signatures_do_not_change_between_versions() -> None:
    # They are stored; if this fails, stored ones have become worthless.
    assert signature("x = 1")[:3].tolist() == [1113079045, 2492410041, 791472340]


@given(st.binary(min_size=1_024, max_size=1_024))
def test_signatures_survive_storage(data: bytes) -> None:
    assert signature_to_bytes(signature_from_bytes(data)) == data


def test_a_truncated_signature_is_refused() -> None:
    with pytest.raises(ValueError, match="1024 bytes, not 3"):
        signature_from_bytes(b"abc")


def test_short_and_empty_sources_have_signatures() -> None:
    assert jaccard(signature("x = 1"), signature("x = 1")) == 1.0
    assert jaccard(signature("x = 1"), signature("x = 2")) == 0.0
    assert signature("").shape == (256,)
    with pytest.raises(InvalidSource):
        signature("def")


def test_an_empty_index_knows_nothing() -> None:
    index = NoveltyIndex()
    judgement = index.judge("n1:a", signature(LONG), "g1:a")
    assert not judgement.duplicate
    assert judgement.nearest is None
    assert index.nearest(signature(LONG)) is None
    assert len(index) == 0


def test_the_levels_of_novelty_in_their_order() -> None:
    index = NoveltyIndex()
    index.add("n1:long", signature(LONG), "g1:long")

    exact = index.judge("n1:long", signature(LONG))
    assert (exact.duplicate, exact.level, exact.duplicate_of) == (True, "exact", "n1:long")

    near = index.judge("n1:twin", signature(LONG_TWIN), "g1:long")
    assert (near.duplicate, near.level, near.duplicate_of) == (True, "jaccard", "n1:long")
    assert near.nearest is not None
    assert THRESHOLD <= near.nearest.jaccard < 1

    graph = index.judge("n1:other", signature(OTHER), "g1:long")
    assert (graph.duplicate, graph.level, graph.duplicate_of) == (True, "graph", "n1:long")
    assert graph.nearest is not None
    assert graph.nearest.jaccard < 0.5

    new = index.judge("n1:other", signature(OTHER), "g1:other")
    assert (new.duplicate, new.level, new.duplicate_of) == (False, None, None)
    assert "n1:other" not in index


def test_the_threshold_is_inclusive_and_settable() -> None:
    similarity = jaccard(signature(LONG), signature(LONG_TWIN))
    for threshold, duplicate in [(similarity, True), (min(1.0, similarity + 1e-6), False)]:
        index = NoveltyIndex(threshold)
        index.add("n1:long", signature(LONG))
        assert index.judge("n1:twin", signature(LONG_TWIN)).duplicate is duplicate
    with pytest.raises(ValueError, match="threshold"):
        NoveltyIndex(1.5)


def test_the_index_grows_and_finds_the_nearest_of_many() -> None:
    rng = np.random.default_rng(0)
    rows = rng.integers(0, 2**32, (300, 256), dtype=np.uint32)
    index = NoveltyIndex()
    for i, row in enumerate(rows):
        index.add(f"n1:{i}", row)
    index.add("n1:7", rows[8])
    assert len(index) == 300
    query = rows[217].copy()
    query[:64] = 0
    match = index.nearest(query)
    assert match is not None
    assert (match.network_id, match.jaccard) == ("n1:217", 0.75)


def test_a_known_network_gains_its_graph() -> None:
    index = NoveltyIndex()
    index.add("n1:a", signature(LONG))
    index.add("n1:a", signature(LONG), "g1:a")
    assert len(index) == 1
    assert index.judge("n1:b", signature(OTHER), "g1:a").level == "graph"


def test_curation_keeps_the_first_of_each_group_in_order() -> None:
    items = [
        ("long", LONG),
        ("broken", "def f(:"),
        ("twin", LONG_TWIN),
        ("other", OTHER),
        ("again", LONG.replace("device", "where")),
    ]
    assert network_id(items[4][1]) == network_id(LONG)
    assert curate(items) == [0, 3]
    assert curate(reversed(items)) == [0, 1]
    assert curate(items, threshold=1.0) == [0, 2, 3]
