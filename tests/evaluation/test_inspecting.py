"""What an inspection finds in a network, on the meta device and with real tensors."""

import os

import pytest
import torch
from torch import nn

from catta.evaluation import inspecting
from catta.evaluation.instance import ContractError
from catta.evaluation.problem_shapes import PROBLEM_SHAPES
from catta.evaluation.trace import graph_hash

HEAD = "import torch\nfrom torch import nn\nimport torch.nn.functional as F\n\n"
NET = """class Net(nn.Module):
    def __init__(self, in_shape, out_shape, prm, device):
        super().__init__()
        {init}

    def forward(self, x, *targets):
        {forward}
"""
POOLED = "return self.head(x.mean((2, 3)))"


def net(init: str, forward: str, extra: str = "") -> str:
    lines = (text.replace("\n", "\n        ") for text in (init, forward))
    start, body = lines
    return HEAD + extra + NET.format(init=start, forward=body)


RESIDUAL = net(
    "self.stem = nn.Conv2d(3, 8, 3, padding=1, bias=False)\n"
    "self.block = nn.Sequential(nn.BatchNorm2d(8), nn.Conv2d(8, 8, 3, padding=1), nn.ReLU())\n"
    "self.short = nn.Conv2d(8, 8, 1)\n"
    "self.drop = nn.Dropout(prm['dropout'])\n"
    "self.head = nn.Linear(8, out_shape[0])",
    f"x = self.stem(x)\nx = self.drop(self.block(x)) + self.short(x)\n{POOLED}",
)
ATTENTION = net(
    "self.patch = nn.Conv2d(3, 8, 8, 8)\nself.q = nn.Linear(8, 8)\n"
    "self.head = nn.Linear(8, out_shape[0])",
    "x = self.patch(x).flatten(2).transpose(1, 2)\n"
    "weights = (self.q(x) @ x.transpose(1, 2) / 8**0.5).softmax(-1)\n"
    "return self.head((F.dropout(weights, 0.1, self.training) @ x).mean(1))",
)
LARGE = net(
    "self.conv = nn.Conv2d(3, 4, 40)\nself.head = nn.Linear(4, out_shape[0])",
    "x = self.conv(x)\n" + POOLED,
)
PLAIN = "self.head = nn.Linear(3, out_shape[0])"


def inspect(source: str, task: str = "img-classification") -> dict:
    sizes = PROBLEM_SHAPES[task].sizes
    job = {"source": source, "task": task, "sizes": sizes}
    return inspecting.inspect_source(job, name="c")[0]


def test_what_a_network_is_like() -> None:
    found = inspect(RESIDUAL)
    assert (found["resolution"], found["computed"], found["pretrained"]) == (32, False, False)
    convolutions = 8 * 3 * 9 + (8 * 8 * 9 + 8) + (8 * 8 + 8)
    assert found["parameters"] == found["trainable"] == convolutions + 16 + 8 * 10 + 10
    assert found["parameter_bytes"] == 4 * found["parameters"]
    assert found["buffer_bytes"] == 2 * 8 * 4 + 8
    pixels = 32 * 32
    assert found["flops"] == 2 * (pixels * (8 * 27 + 8 * 72 + 64) + 80)
    assert (found["depth"], found["layers"], found["leaf_layers"], found["nesting"]) == (3, 8, 7, 2)
    assert (found["dropouts"], found["residual"], found["attention"]) == (1, True, False)
    assert found["operators"]["convolution"] == 3
    assert list(found["operators"]) == sorted(found["operators"])
    assert found["activation_bytes"] >= 4 * pixels * 8 * 5


def test_the_smallest_input_that_works() -> None:
    assert inspect(LARGE)["resolution"] == 64
    with pytest.raises(RuntimeError, match="Kernel size can't be greater"):
        inspect(LARGE.replace("40", "400"))


@pytest.mark.parametrize(
    ("source", "attention", "residual"), [(ATTENTION, True, False), (RESIDUAL, False, True)]
)
def test_shapes_alone_say_what_computing_says(
    source: str, attention: bool, residual: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    shapes = inspect(source)
    assert (shapes["computed"], shapes["attention"], shapes["residual"]) == (
        *(False, attention, residual),
    )
    monkeypatch.setattr(inspecting, "on_meta_device", refuse)
    computed = inspect(source)
    assert computed.pop("computed") is True
    assert {**computed, "seconds": 0} == {k: v for k, v in shapes.items() if k != "computed"} | {
        "seconds": 0
    }


def refuse() -> None:
    raise NotImplementedError("meta")


def test_the_graph_is_that_of_the_build_check() -> None:
    class Small(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.head = nn.Linear(3, 10)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.head(x.mean((2, 3)))

    assert inspect(net(PLAIN, POOLED))["graph"] == graph_hash(Small().train(), (3, 32, 32))


@pytest.mark.parametrize(
    "forward",
    [
        "scale = 1.0 if x.sum().item() > 1e9 else 2.0\nx = x * scale",
        "x = torch.from_numpy(x.numpy())",
        "assert x.device.type == 'cpu'",
        "if x.isnan().any():\n    raise ValueError",
    ],
)
def test_what_needs_values_is_computed(forward: str) -> None:
    assert inspect(net(PLAIN, f"{forward}\n{POOLED}"))["computed"] is True


@pytest.mark.parametrize(
    "init",
    [
        "self.to(torch.device('cpu'))",
        "self.to('cpu')",
        "self.cpu()",
        "self.mask = torch.ones(1, device='cpu')",
    ],
)
def test_a_device_of_its_own_is_no_reason_to_compute(init: str) -> None:
    assert inspect(net(f"{PLAIN}\n{init}", POOLED))["computed"] is False


def test_values_that_shapes_do_not_tell_leave_no_graph() -> None:
    constant = net(PLAIN, "x = x * torch.tensor([2.0])\n" + POOLED)
    assert inspect(constant)["graph"] is None
    attention = net(PLAIN, f"x = F.scaled_dot_product_attention(x, x, x)\n{POOLED}")
    found = inspect(attention)
    assert (found["graph"], found["attention"]) == (None, True)


def test_hyperparameters_are_given_though_nobody_declares_them() -> None:
    declared = "def supported_hyperparameters():\n    return {'lr', 'width'}\n\n"
    known = "assert (prm['lr'], prm.get('width'), prm['other']) == (0.01, 0.5, 0.5)"
    assert inspect(net(f"{known}\n{PLAIN}", POOLED, declared))["resolution"] == 32


def test_pretrained_weights_are_not_fetched() -> None:
    load = nn.Module.load_state_dict
    source = net(
        PLAIN + "\nself.load_state_dict(torch.hub.load_state_dict_from_url('http://0.0.0.0/x'))",
        POOLED,
        "import os\nassert os.environ['HF_HUB_OFFLINE'] == '1'\n",
    )
    assert inspect(source)["pretrained"] is True
    assert nn.Module.load_state_dict is load
    assert os.environ.get("HF_HUB_OFFLINE") is None
    other = net(PLAIN + "\nself.head.load_state_dict(nn.Linear(3, 10).state_dict())", POOLED)
    assert inspect(other)["pretrained"] is False


def test_layers_that_find_their_size_out_later() -> None:
    lazy = net("self.head = nn.LazyLinear(out_shape[0])", "return self.head(x.flatten(1))")
    assert inspect(lazy)["parameters"] == 3 * 32 * 32 * 10 + 10


@pytest.mark.parametrize(
    ("task", "init", "forward"),
    [
        ("img-segmentation", "self.c = nn.Conv2d(3, 6, 1)", "return {'out': self.c(x)}"),
        (
            "obj-detection",
            "self.c = nn.Conv2d(3, 6, 1)",
            "self.c(x)\n"
            "if self.training:\n    return {'loss': targets[0][2]['boxes'].sum()}\n"
            "return [{'boxes': image} for image in x]",
        ),
        (
            "img-captioning",
            "self.e = nn.Embedding(out_shape[0], 4)",
            "return self.e(targets[0]) if self.training else x",
        ),
    ],
)
def test_other_tasks(task: str, init: str, forward: str) -> None:
    assert inspect(net(init, forward), task)["resolution"] == 32
    with pytest.raises((ContractError, RuntimeError, AttributeError)):
        inspect(net("self.c = nn.Conv2d(3, 6, 1)", "return self.missing(x)"), task)


def test_a_recurrent_layer_is_as_deep_as_it_has_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    source = net(
        "self.e = nn.Embedding(out_shape[0], 8)\nself.r = nn.LSTM(8, 8, 2, batch_first=True)\n"
        "self.o = nn.Linear(8, out_shape[0])",
        "zero = torch.zeros(2, x.shape[0], 8)\nreturn self.o(self.r(self.e(x), (zero, zero))[0])",
    )
    shapes = inspect(source, "txt-generation")
    assert (shapes["resolution"], shapes["graph"], shapes["computed"]) == (128, None, False)
    monkeypatch.setattr(inspecting, "on_meta_device", refuse)
    computed = inspect(source, "txt-generation")
    assert shapes["flops"] == computed["flops"]
    assert shapes["depth"] == computed["depth"] == 2 * 128 + 1


@pytest.mark.parametrize(
    ("forward", "message"),
    [
        ("return x", "shape"),
        ("return [x]", "list"),
        ("return self.head(x.mean((2, 3)))[0]", "(10,)"),
    ],
)
def test_an_output_of_another_kind(forward: str, message: str) -> None:
    with pytest.raises(ContractError, match=message):
        inspect(net(PLAIN, forward))
