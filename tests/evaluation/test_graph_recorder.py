"""Which nodes and edges a forward pass leaves; the networks are written as users write them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torchvision
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from catta.evaluation import graph_recorder, inspecting
from catta.evaluation.graph_recorder import GraphRecorder
from catta.evaluation.graphs import packed, unpacked
from catta.evaluation.inspect_meta import on_meta_device
from catta.graphs import MAX_MODULE, Graph

Forward = Callable[[Tensor], Any]


class Function(nn.Module):
    """A network that is one function."""

    def __init__(self, forward: Forward) -> None:
        super().__init__()
        self.function = forward

    def forward(self, x: Tensor) -> Any:
        return self.function(x)


def trace(network: nn.Module | Forward, shape: tuple[int, ...] = (2, 4, 8, 8)) -> Graph:
    module = network if isinstance(network, nn.Module) else Function(network)
    inputs = torch.zeros(shape)
    recorder = GraphRecorder(module, inputs)
    with torch.no_grad(), recorder:
        outputs = module(inputs)
    graph = recorder.graph(outputs)
    assert graph is not None
    return graph


def lines(graph: Graph) -> list[str]:
    """`operator inputs`, one a node."""
    return [" ".join([n.operator, *map(str, n.inputs)]) for n in graph.nodes]


class Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(4, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4))

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.body(x) + x, inplace=True)


def test_what_a_node_says() -> None:
    graph = trace(Residual())
    assert lines(graph) == ["input", "conv2d 0", "batch_norm 1", "add 2 0", "relu 3", "output 4"]
    convolution, norm, total = graph.nodes[1:4]
    assert (convolution.module, norm.module, total.module) == ("body.0", "body.1", "")
    assert (convolution.parameters, norm.parameters, total.parameters) == (4 * 4 * 9, 8, 0)
    assert convolution.settings == {
        "kernel": (3, 3),
        "channels": 4,
        "stride": (1, 1),
        "padding": (1, 1),
        "dilation": (1, 1),
        "groups": 1,
    }
    assert {node.shape for node in graph.nodes} == {(2, 4, 8, 8)}


@pytest.mark.parametrize(
    ("forward", "operators"),
    [
        (lambda x: (1 + x) * 2 - x / 3, "add mul div sub"),
        (lambda x: 1 - x, "sub"),
        (lambda x: x**2 @ x.mT, "pow mT matmul"),
        (lambda x: torch.concat([x, x.multiply(2)], 1), "mul cat"),
        (lambda x: x.relu_().sigmoid(), "relu sigmoid"),
        (lambda x: F.max_pool2d(F.adaptive_avg_pool2d(x, 4), 2), "adaptive_avg_pool2d max_pool2d"),
        (lambda x: x.detach().contiguous().to(torch.float64).float().relu(), "relu"),
        (lambda x: x[:, :2].reshape(-1), "getitem reshape"),
        (lambda x: F.relu6(F.hardtanh(nn.ReLU6()(x))), "relu6 hardtanh relu6"),
        (lambda x: x, ""),
    ],
)
def test_operators_are_called_by_one_name(forward: Forward, operators: str) -> None:
    found = [node.operator for node in trace(forward).nodes]
    assert found == ["input", *operators.split(), "output"]


def test_what_nobody_uses_is_left_out() -> None:
    def forward(x: Tensor) -> Tensor:
        unused = x.sigmoid()
        unused.add_(1)
        return x.tanh()

    assert lines(trace(forward)) == ["input", "tanh 0", "output 1"]


def test_writing_in_place_is_an_edge() -> None:
    def forward(x: Tensor) -> Tensor:
        joined = torch.zeros(2, 8, 8, 8)
        joined[:, :4] = x
        joined[:, 4:].add_(x.tanh())
        return joined.relu()

    graph = trace(forward)
    assert lines(graph) == [
        *("input", "zeros", "setitem 1 0", "getitem 2", "tanh 0"),
        *("add 3 4", "relu 5", "output 6"),
    ]


def test_several_outputs_come_from_one_node() -> None:
    def forward(x: Tensor) -> dict[str, Any]:
        first, second = x.chunk(2, 1)
        return {"a": first, "b": [second.tanh()]}

    assert lines(trace(forward)) == ["input", "chunk 0", "tanh 1", "output 1 2"]


def test_attention_is_one_node_however_it_is_written() -> None:
    layer = nn.MultiheadAttention(16, 4, batch_first=True)
    graph = trace(lambda x: layer(x, x, x, need_weights=False)[0], (2, 5, 16))
    node = next(n for n in graph.nodes if n.operator == "multi_head_attention")
    assert len(set(node.inputs)) == 1
    assert node.settings == {"heads": 4}
    graph = trace(lambda x: F.scaled_dot_product_attention(x, x, x), (2, 5, 16))
    assert lines(graph)[1] == "scaled_dot_product_attention 0 0 0"


def test_recurrent_layers_are_one_node() -> None:
    class Recurrent(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lstm = nn.LSTM(16, 8, batch_first=True)

        def forward(self, x: Tensor) -> Tensor:
            return self.lstm(x)[0][:, -1]

    graph = trace(Recurrent(), (2, 5, 16))
    node = next(n for n in graph.nodes if n.operator == "lstm")
    assert node.parameters == sum(p.numel() for p in Recurrent().parameters())
    assert node.shape == (2, 5, 8)


def test_modules_have_the_paths_they_are_called_by() -> None:
    class Outer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.add_module("a" * 400, nn.Sequential(nn.Tanh()))
            self.add_module("\x1b<b>", nn.ReLU())

        def forward(self, x: Tensor) -> Tensor:
            for child in self.children():
                x = child(x)
            return nn.Sigmoid()(x)  # belongs to nobody

    tanh, relu, sigmoid = trace(Outer()).nodes[1:4]
    assert (len(tanh.module), tanh.module[-3:]) == (MAX_MODULE, "...")
    assert relu.module == "?<b>"
    assert sigmoid.module == ""


def test_hooks_go_even_when_the_network_fails() -> None:
    def forward(x: Tensor) -> Tensor:
        raise RuntimeError(x.shape)

    for _ in range(2):
        with pytest.raises(RuntimeError):
            trace(forward)
    assert not nn.modules.module._global_forward_pre_hooks
    assert not nn.modules.module._global_forward_hooks
    assert trace(Residual()).nodes[1].module == "body.0"


def test_too_large_a_graph_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def forward(x: Tensor) -> Tensor:
        for _ in range(30):
            x = x + 1
        return x

    def found() -> Graph | None:
        module, inputs = Function(forward), torch.zeros(1)
        recorder = GraphRecorder(module, inputs)
        with recorder:
            outputs = module(inputs)
        return recorder.graph(outputs)

    monkeypatch.setattr(graph_recorder, "MAX_NODES", 32)
    assert found() is not None
    monkeypatch.setattr(graph_recorder, "MAX_NODES", 31)
    assert found() is None
    monkeypatch.setattr(graph_recorder, "_MOST_CALLS", 10)
    assert found() is None


@pytest.mark.parametrize(
    ("name", "operators"),
    [
        ("resnet18", {"conv2d": 20, "batch_norm": 20, "add": 8, "max_pool2d": 1, "linear": 1}),
        ("vit_b_16", {"multi_head_attention": 12, "gelu": 12, "layer_norm": 25}),
        ("squeezenet1_0", {"conv2d": 26, "cat": 8, "max_pool2d": 3, "dropout": 1}),
    ],
)
def test_known_networks(name: str, operators: dict[str, int]) -> None:
    with on_meta_device():
        network = getattr(torchvision.models, name)(weights=None)
        inputs = torch.zeros(3, 3, 224, 224)
        recorder = GraphRecorder(network, inputs)
        with torch.no_grad(), recorder:
            graph = recorder.graph(network(inputs))
    assert graph is not None
    counts = Counter(node.operator for node in graph.nodes)
    assert {key: counts[key] for key in operators} == operators
    assert sum(n.parameters for n in graph.nodes) == sum(p.numel() for p in network.parameters())
    assert Graph.from_json(graph.to_json()) == graph
    assert unpacked(packed(graph)) == graph


SOURCE = """import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, in_shape, out_shape, prm, device):
        super().__init__()
        self.head = nn.Linear(3, out_shape[0])

    def forward(self, x):
        return self.head(torch.dropout(x.mean((2, 3)), prm_p, self.training))

prm_p = 0.5
"""


def test_an_inspection_brings_the_graph_in_training_mode() -> None:
    job = {"source": SOURCE, "task": "img-classification", "sizes": (32,)}
    header, arrays = inspecting.inspect_source(job, name="c")
    graph = unpacked(arrays)
    assert graph is not None
    assert header["computed"] is False
    assert lines(graph) == ["input", "mean 0", "dropout 1", "linear 2", "output 3"]
    assert graph.nodes[0].shape == (3, 3, 32, 32)
    assert graph.nodes[1].settings == {"dim": (2, 3)}
    assert graph.nodes[2].settings == {"p": 0.5}


def test_nothing_packed_is_no_graph() -> None:
    assert packed(None) == {}
    assert unpacked({}) is None


def test_other_arrays_are_refused() -> None:
    graph = packed(trace(Residual()))
    (name,) = graph
    for arrays in (
        {"other": graph[name]},
        {**graph, "more": graph[name]},
        {name: graph[name].astype("int64")},
        {name: graph[name][:-1]},
    ):
        with pytest.raises(ValueError, match=r"graph|JSON|delimiter|Expecting"):
            unpacked(arrays)
