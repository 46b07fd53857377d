"""Motifs of small networks and of published ones, and of networks that only look like them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torchvision
from torch import Tensor, nn
from traced import Block, trace

from catta.graphs import Graph, GraphNode
from catta.stats.motif_finding import KINDS, find_motifs, kind_of


def conv(before: int, after: int, size: int = 3, **settings: Any) -> nn.Conv2d:
    return nn.Conv2d(before, after, size, padding=size // 2, **settings)


def block(forward: Callable[[Any, Tensor], Any], **layers: Callable[[], nn.Module]) -> Any:
    """Motifs of a block, blocks only."""
    graph = trace(lambda: Block(forward, **{name: make() for name, make in layers.items()}))
    return {motif for motif in find_motifs(graph) if kind_of(motif) == "block"}


MIXED: dict[str, Callable[[], nn.Module]] = {
    "a": lambda: conv(8, 8, 1),
    "b": lambda: conv(8, 8, 3),
    "c": lambda: conv(8, 8, 5),
}


@pytest.mark.parametrize(
    ("forward", "expected"),
    [
        (lambda m, x: x + m.b(m.a(x).relu()), {"residual"}),
        (lambda m, x: m.a(x).add_(x), {"residual"}),
        (lambda m, x: m.c(m.b(x)) + m.a(x), {"residual"}),
        (lambda m, x: x + m.b(x) + m.c(x), {"residual", "parallel sum"}),
        (lambda m, x: m.b(x) + m.c(x), {"parallel sum"}),
        (lambda m, x: x + x.relu(), set()),
        (lambda m, x: m.b(x) + 1, set()),
        (lambda m, x: m.b(x) + m.a.bias[:, None, None], set()),
        (lambda m, x: m.b(x) + m.c(x).mean((2, 3), keepdim=True), set()),
    ],
)
def test_sums(forward: Any, expected: set[str]) -> None:
    assert block(forward, **MIXED) == expected


@pytest.mark.parametrize(
    ("forward", "expected"),
    [
        (lambda m, x: torch.cat([x, m.b(x)], 1), {"dense"}),
        (lambda m, x: torch.cat([m.a(x), m.b(x), m.c(x)], 1), {"inception"}),
        (
            lambda m, x: torch.cat(
                [m.a(x), m.b(x), nn.functional.max_pool2d(x, 3, 1, 1), m.b(m.a(x))], 1
            ),
            {"inception"},
        ),
        (lambda m, x: torch.cat([m.b(x), m.b(x), m.b(x)], 1), {"parallel concatenation"}),
        (lambda m, x: torch.cat([m.a(x), m.b(x)], 1), {"parallel concatenation"}),
        (lambda m, x: torch.cat([x, x.relu()], 1), set()),
        (lambda m, x: torch.cat([m.a(x)], 1), set()),
        (lambda m, x: torch.cat([x.relu(), -x], 1), set()),
        (
            lambda m, x: torch.cat(
                [x, nn.functional.interpolate(m.a(nn.functional.max_pool2d(x, 2)), scale_factor=2)],
                1,
            ),
            {"skip concatenation"},
        ),
    ],
)
def test_concatenations(forward: Any, expected: set[str]) -> None:
    assert block(forward, **MIXED) == expected


def test_a_split_whose_parts_are_joined_again_is_not_dense() -> None:
    def forward(m: Any, x: Tensor) -> Tensor:
        kept, changed = x.chunk(2, 1)
        return torch.cat([kept, m.a(changed)], 1)

    assert block(forward, a=lambda: conv(4, 4)) == {"split concatenation"}


SQUEEZE: dict[str, Callable[[], nn.Module]] = {
    "down": lambda: nn.Linear(8, 2),
    "up": lambda: nn.Linear(2, 8),
    "one": lambda: conv(8, 8, 1),
    "map": lambda: conv(8, 1, 7),
}


@pytest.mark.parametrize(
    ("forward", "expected"),
    [
        (
            lambda m, x: x * m.up(m.down(x.mean((2, 3))).relu()).sigmoid()[:, :, None, None],
            {"squeeze-excite"},
        ),
        (
            lambda m, x: (
                nn.functional.hardsigmoid(m.one(nn.functional.adaptive_avg_pool2d(x, 1))) * x
            ),
            {"squeeze-excite"},
        ),
        (
            lambda m, x: x * (nn.functional.relu6(m.one(x.mean((2, 3), keepdim=True)) + 3) / 6),
            {"squeeze-excite"},
        ),
        (lambda m, x: x * m.map(x).sigmoid(), {"spatial attention"}),
        (lambda m, x: x * x.sigmoid(), {"self-gating"}),
        (lambda m, x: m.one(x).tanh() * m.one(x).sigmoid(), {"self-gating"}),
        (lambda m, x: x * x.mean((2, 3), keepdim=True), set()),
        (lambda m, x: x * m.one(x), set()),
        (lambda m, x: x * m.one.bias.sigmoid()[:, None, None], set()),
        (lambda m, x: x.sigmoid() * 2, set()),
    ],
)
def test_gates(forward: Any, expected: set[str]) -> None:
    assert block(forward, **SQUEEZE) == expected


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ([conv(8, 8, groups=8), nn.BatchNorm2d(8), nn.ReLU(), conv(8, 16, 1)], "separable"),
        ([conv(8, 32, 1), nn.ReLU6(), conv(32, 32, groups=32), conv(32, 8, 1)], "inverted"),
        ([conv(8, 8, groups=8), conv(8, 16, 3)], ""),
        ([conv(8, 8, groups=4), conv(8, 16, 1)], "grouped"),
        ([conv(8, 2, 1), nn.ReLU(), conv(2, 2), nn.ReLU(), conv(2, 8, 1)], "bottleneck"),
        ([conv(8, 32, 1), nn.ReLU(), conv(32, 32), nn.ReLU(), conv(32, 8, 1)], ""),
        ([conv(8, 2, 1), nn.ReLU(), conv(2, 2)], ""),
        ([conv(8, 2, 1), conv(2, 2), nn.MaxPool2d(2), conv(2, 8, 1)], ""),
    ],
)
def test_blocks_of_convolutions(layers: list[nn.Module], expected: str) -> None:
    found = set(find_motifs(trace(lambda: nn.Sequential(*layers).to("meta"))))
    blocks = {
        "": set(),
        "separable": {"depthwise separable"},
        "inverted": {"depthwise separable", "inverted bottleneck"},
        "grouped": {"grouped convolution"},
        "bottleneck": {"bottleneck"},
    }[expected]
    named = {"depthwise separable", "inverted bottleneck", "grouped convolution", "bottleneck"}
    assert found & named == blocks
    assert ("depthwise convolution" in found) == any(
        isinstance(layer, nn.Conv2d) and layer.groups == layer.in_channels for layer in layers
    )


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (lambda: nn.Conv2d(8, 8, 3, dilation=2), {"dilated convolution"}),
        (lambda: nn.Conv2d(8, 8, (1, 7)), {"asymmetric convolution", "large kernel"}),
        (lambda: nn.Conv2d(8, 8, 8, stride=8), {"patch convolution"}),
        (lambda: nn.Conv2d(8, 8, 1), {"pointwise convolution"}),
        (lambda: nn.ConvTranspose2d(8, 8, 2, 2), {"transposed convolution", "upsampling"}),
        (lambda: nn.Conv2d(8, 8, 3), set()),
        (lambda: nn.GroupNorm(2, 8), {"group norm"}),
        (lambda: nn.InstanceNorm2d(8), {"instance norm"}),
        (lambda: nn.LayerNorm(16), {"layer norm"}),
        (lambda: nn.AdaptiveAvgPool2d(1), {"global pool"}),
        (lambda: nn.AdaptiveAvgPool2d(4), {"adaptive average pool"}),
        (lambda: nn.AvgPool2d(16), {"global pool"}),
        (lambda: nn.AvgPool2d(2), {"average pool"}),
        (lambda: nn.MaxPool2d(2), {"max pool"}),
        (lambda: nn.Dropout2d(0.5), {"dropout"}),
        (lambda: nn.Hardswish(), {"hardswish"}),
        (lambda: nn.ReLU6(inplace=True), {"relu6"}),
        (lambda: nn.Upsample(scale_factor=2), {"upsampling"}),
        (lambda: nn.Linear(16, 2), {"linear layer"}),
        (lambda: nn.Identity(), set()),
    ],
)
def test_layers(layer: Callable[[], nn.Module], expected: set[str]) -> None:
    assert set(find_motifs(trace(layer))) == expected


@pytest.mark.parametrize(
    ("forward", "expected"),
    [
        (lambda m, x: (x @ x.mT / 4).softmax(-1) @ x, 1),
        (lambda m, x: nn.functional.dropout((x @ x.mT).softmax(-1)) @ m.value(x), 1),
        (lambda m, x: torch.einsum("bij,bjd->bid", (x @ x.mT).softmax(-1), x), 1),
        (lambda m, x: nn.functional.scaled_dot_product_attention(x, x, x), 1),
        (lambda m, x: m.heads(x, x, x)[0], 1),
        (lambda m, x: x.softmax(-1), 0),
        (lambda m, x: m.value(x.softmax(-1)), 0),
        (lambda m, x: x @ x.mT @ x, 0),
    ],
)
def test_attention(forward: Any, expected: int) -> None:
    layers = {"value": nn.Linear(16, 16), "heads": nn.MultiheadAttention(16, 2, batch_first=True)}
    graph = trace(lambda: Block(forward, **layers).to("meta"), (2, 5, 16))
    assert find_motifs(graph).get("attention", 0) == expected


def test_a_graph_without_anything() -> None:
    assert find_motifs(Graph(())) == {}
    assert find_motifs(Graph((GraphNode("input"), GraphNode("output", (0,))))) == {}
    damaged = (GraphNode("conv2d"), GraphNode("mul", (0, 0)), GraphNode("linear", (1,)))
    assert set(find_motifs(Graph(damaged))) == {"linear layer"}


def test_a_graph_made_to_be_slow_is_looked_at_in_time() -> None:
    nodes = [GraphNode("input", shape=(2, 8))]
    for step in range(1, 1_200):
        before = max(0, 3 * step - 5), max(0, 3 * step - 4)
        nodes += [GraphNode("linear", (source,), (2, 8)) for source in before]
        nodes.append(GraphNode("add", (3 * step - 2, 3 * step - 1), (2, 8)))
    assert find_motifs(Graph(tuple(nodes)))["parallel sum"] == 1_199


PUBLISHED = {
    "resnet18": {"residual": 8, "max pool": 1, "global pool": 1},
    "resnext50_32x4d": {"residual": 16, "bottleneck": 16, "grouped convolution": 16},
    "densenet121": {"dense": 58, "average pool": 3},
    "mobilenet_v3_small": {
        "squeeze-excite": 9,
        "depthwise separable": 11,
        "inverted bottleneck": 10,
        "residual": 6,
    },
    "googlenet": {"inception": 9, "dropout": 1},
    "squeezenet1_0": {"parallel concatenation": 8},
    "efficientnet_b0": {"squeeze-excite": 16, "depthwise separable": 16, "residual": 9},
    "vit_b_16": {"attention": 12, "residual": 24, "patch convolution": 1, "gelu": 12},
    "shufflenet_v2_x0_5": {"split concatenation": 13, "parallel concatenation": 3},
}
BLOCKS = {
    *("residual", "dense", "inception", "squeeze-excite", "depthwise separable", "bottleneck"),
    *("parallel concatenation", "attention", "inverted bottleneck", "split concatenation"),
    *("parallel sum", "spatial attention", "self-gating", "skip concatenation"),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_networks_have_the_blocks_their_papers_tell(name: str) -> None:
    more = {"aux_logits": False, "init_weights": False} if name == "googlenet" else {}
    make = getattr(torchvision.models, name)
    found = find_motifs(trace(lambda: make(weights=None, **more), (3, 3, 224, 224)))
    expected = PUBLISHED[name]
    assert {motif: found.get(motif, 0) for motif in expected} == expected
    allowed = {*expected, "inverted bottleneck", "depthwise separable"}
    assert {motif for motif in found if motif in BLOCKS} <= allowed


def test_every_motif_is_of_a_kind() -> None:
    assert {kind_of(motif) for motif in BLOCKS} == {"block"}
    kinds = {
        "batch norm": "normalisation",
        "global pool": "pooling",
        "relu6": "activation",
        "dropout": "layer",
        "large kernel": "convolution",
    }
    assert {motif: kind_of(motif) for motif in kinds} == kinds
    assert set(kinds.values()) | {"block"} == set(KINDS)
