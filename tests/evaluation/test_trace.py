import subprocess
import sys

import pytest
import torch
from torch import nn
from torch.nn import functional

from catta.evaluation.trace import graph_hash

SAMPLE = (3, 8, 8)


class Base(nn.Module):
    """Convolution, norm, activation, dropout, head; the arguments make other networks."""

    def __init__(
        self, width=8, kernel=3, stride=1, padding=1, rate=0.2, activation=functional.relu
    ):
        super().__init__()
        self.conv = nn.Conv2d(3, width, kernel, stride, padding)
        self.norm = nn.BatchNorm2d(width)
        self.drop = nn.Dropout(rate)
        self.head = nn.Linear(width, 4)
        self.activation = activation

    def forward(self, x):
        x = self.activation(self.norm(self.conv(x)))
        return self.head(self.drop(x.mean((2, 3))))


class Renamed(nn.Module):
    """Base with other names, another order of definition, in-place ops and dead code."""

    def __init__(self):
        super().__init__()
        self.classifier = nn.Linear(8, 4)
        self.regulariser = nn.Dropout(0.2)
        self.stem = nn.Sequential(
            nn.Conv2d(3, 8, (3, 3), padding=(1, 1)), nn.BatchNorm2d(8), nn.ReLU(inplace=True)
        )

    def forward(self, images):
        features = self.stem(images)
        features.sum()  # leads nowhere
        pooled = torch.mean(features, dim=(2, 3))
        return self.classifier(self.regulariser(pooled))


def hash_of(network: nn.Module, sample=SAMPLE) -> str:
    return graph_hash(network, sample)


def from_forward(forward, *, width: int = 4) -> str:
    """Hash of a network with two layers, `a` and `b`, that do not change the shape."""

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.a = nn.Conv2d(3, width, 3, padding=1)
            self.b = nn.Conv2d(3, width, 1)
            self.register_buffer("scale", torch.ones(1))

        def forward(self, x):
            return forward(self, x)

    return hash_of(Net())


def test_it_has_a_version_and_does_not_change():
    first = hash_of(Base())
    assert first.startswith("g1:")
    assert len(first) == 35
    assert first == hash_of(Base())


def test_names_formatting_order_and_dead_code_do_not_matter():
    assert hash_of(Base()) == hash_of(Renamed())


@pytest.mark.parametrize(
    "other",
    [
        {"width": 16},
        {"kernel": 5, "padding": 2},
        {"stride": 2},
        {"padding": 0},
        {"rate": 0.3},
        {"activation": functional.gelu},
        {"activation": torch.sigmoid},
    ],
    ids=str,
)
def test_another_architecture_has_another_hash(other):
    assert hash_of(Base(**other)) != hash_of(Base())


def test_the_values_of_weights_do_not_matter():
    network = Base()
    before = hash_of(network)
    for parameter in network.parameters():
        nn.init.normal_(parameter)
    assert hash_of(network) == before


def test_the_size_of_the_input_matters():
    assert hash_of(Base(), (3, 8, 8)) != hash_of(Base(), (3, 16, 16))


def test_the_batch_size_told_to_the_constructor_does_not_enter():
    class Told(nn.Module):
        def __init__(self, batch):
            super().__init__()
            self.batch = batch
            self.head = nn.Linear(3 * 64, 4)

        def forward(self, x):
            return self.head(x.reshape(x.shape[0], -1))

    assert hash_of(Told(2)) == hash_of(Told(64))


def test_parallel_branches_may_run_in_any_order():
    def one_first(net, x):
        left = net.a(x)
        right = torch.tanh(net.b(x))
        return left + right

    def other_first(net, x):
        right = torch.tanh(net.b(x))
        left = net.a(x)
        return right + left

    assert from_forward(one_first) == from_forward(other_first)


def test_the_order_of_a_subtraction_matters():
    assert from_forward(lambda net, x: net.a(x) - net.b(x)) != from_forward(
        lambda net, x: net.b(x) - net.a(x)
    )


def test_in_place_is_the_same_as_out_of_place():
    def in_place(net, x):
        x = net.a(x)
        functional.relu_(x)
        x *= 2
        return x

    assert from_forward(in_place) == from_forward(lambda net, x: functional.relu(net.a(x)) * 2)


def test_a_write_through_a_view_is_seen_in_its_base():
    def plain(net, x):
        return net.a(x)

    def written(net, x):
        x = net.a(x)
        x[:, 0] += 1
        return x

    def written_elsewhere(net, x):
        x = net.a(x)
        x[:, 1] += 1
        return x

    assert len({from_forward(f) for f in (plain, written, written_elsewhere)}) == 3


def test_a_write_to_the_base_is_seen_in_its_view():
    def plain(net, x):
        return net.a(x).flatten(1)

    def written(net, x):
        x = net.a(x)
        view = x.flatten(1)
        x.mul_(3)
        return view

    assert from_forward(plain) != from_forward(written)


def test_a_write_after_it_was_read_does_not_matter():
    def plain(net, x):
        return net.a(x) * 2

    def written(net, x):
        x = net.a(x)
        result = x * 2
        x.zero_()
        return result

    assert from_forward(plain) == from_forward(written)


def test_the_same_view_may_be_written_in_several_ways():
    ways = [
        lambda net, x: net.a(x).view(x.size(0), -1),
        lambda net, x: net.a(x).view(x.size(0), 256),
        lambda net, x: torch.flatten(net.a(x), 1),
        lambda net, x: net.a(x).reshape(len(x), -1),
    ]
    assert len({from_forward(way) for way in ways}) == 1


def test_constants_in_forward_matter():
    def scaled(factor):
        return lambda net, x: net.a(x) * torch.tensor(factor)

    hashes = {from_forward(scaled(0.1)), from_forward(scaled(0.2))}
    hashes |= {from_forward(lambda net, x: net.a(x) * 0.1)}
    assert len(hashes) == 3
    assert from_forward(scaled(0.1)) == from_forward(scaled(0.1))


def test_keyword_arguments_are_told_apart():
    assert from_forward(lambda net, x: torch.clamp(net.a(x), min=1.0)) != from_forward(
        lambda net, x: torch.clamp(net.a(x), max=1.0)
    )


def test_shared_weights_are_not_separate_ones():
    def twice(shared: bool) -> str:
        first = nn.Conv2d(3, 3, 3, padding=1)
        return hash_of(nn.Sequential(first, first if shared else nn.Conv2d(3, 3, 3, padding=1)))

    assert twice(True) != twice(False)


def test_frozen_weights_are_not_trained_ones():
    frozen = Base()
    frozen.conv.requires_grad_(False)
    assert hash_of(frozen) != hash_of(Base())


def test_the_mode_matters():
    assert hash_of(Base().eval()) != hash_of(Base())


@pytest.mark.parametrize(
    "network",
    [
        nn.LSTM(8, 4, batch_first=True),
        nn.TransformerEncoderLayer(8, 2, 16, batch_first=True),
    ],
    ids=lambda network: type(network).__name__,
)
def test_sequence_layers_are_traced(network):
    class Sequence(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = network

        def forward(self, x):
            result = self.layer(x)
            return result[0] if isinstance(result, tuple) else result

    assert hash_of(Sequence(), (5, 8)) == hash_of(Sequence(), (5, 8))
    assert hash_of(Sequence(), (5, 8)) != hash_of(Sequence(), (6, 8))


def test_a_fresh_process_finds_the_same_hash():
    code = (
        "from torch import nn; from catta.evaluation.trace import graph_hash; "
        "print(graph_hash(nn.Sequential(nn.Conv2d(3, 5, 3), nn.Dropout(.1), nn.ReLU()), (3, 8, 8)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    here = hash_of(nn.Sequential(nn.Conv2d(3, 5, 3), nn.Dropout(0.1), nn.ReLU()))
    assert done.stdout.strip() == here
