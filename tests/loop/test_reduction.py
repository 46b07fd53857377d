import pytest

from catta.loop.reduction import imports_of, reduce_to_architecture, uses_pretrained
from catta.novelty import InvalidSource, network_id

LEMUR = '''
"""A network as LEMUR has them."""
import math
import torch
import torch.nn as nn
from typing import List, Optional
import numpy as np

RATE = 0.1
UNUSED = RATE * 2
CONFIG = {"width": 16}
CONFIG.update(depth=2)
print("loading")


def supported_hyperparameters():
    return {"lr", "momentum", "dropout"}


def helper(n: "Optional[int]"):
    """Used."""
    return math.ceil(n * RATE)


def evaluate(net):
    return np.mean([net(x) for x in range(3)])


class Block(nn.Module):
    def __init__(self, n):
        super(Block, self).__init__()
        self.conv = nn.Conv2d(n, n, 3, padding=1)  # keeps the size

    def forward(self, x):
        return self.conv(x)


class Orphan(Block):
    pass


class Net(nn.Module):
    """Doc."""

    def train_setup(self, prm):
        self.to(self.device)
        self.criteria = (nn.CrossEntropyLoss().to(self.device),)
        self.optimizer = torch.optim.SGD(self.parameters(), lr=self.learning_rate)

    def learn(self, train_data):
        self._log("learning")
        for x, y in train_data:
            self.optimizer.zero_grad()
            self.criteria[0](self(x), y).backward()

    def __init__(self, in_shape: tuple, out_shape: tuple, prm: dict, device: torch.device) -> None:
        super(Net, self).__init__()
        self.device = device
        self.optimizer = None
        momentum = prm["momentum"]
        self.learning_rate = prm["lr"]
        self.width = CONFIG["width"]
        self.blocks = nn.Sequential(*[Block(in_shape[1]) for _ in range(helper(12))])
        self.head = self._make_head(self.width, out_shape[0])
        self.train_setup(prm)

    def _log(self, text):
        print(text)

    def _make_head(self, width, classes):
        return nn.LazyLinear(classes)

    def forward(self, x):
        return self.head(torch.flatten(self.blocks(x), 1))


if __name__ == "__main__":
    print(evaluate(Net))
'''

REDUCED = """
import math
import torch
import torch.nn as nn
from typing import Optional
RATE = 0.1
CONFIG = {'width': 16}
CONFIG.update(depth=2)

def helper(n: 'Optional[int]'):
    return math.ceil(n * RATE)

class Block(nn.Module):

    def __init__(self, n):
        super().__init__()
        self.conv = nn.Conv2d(n, n, 3, padding=1)

    def forward(self, x):
        return self.conv(x)

class Net(nn.Module):

    def __init__(self, in_shape: tuple, out_shape: tuple, prm: dict, device: torch.device) -> None:
        super().__init__()
        self.width = CONFIG['width']
        self.blocks = nn.Sequential(*[Block(in_shape[1]) for _ in range(helper(12))])
        self.head = self._make_head(self.width, out_shape[0])

    def _make_head(self, width, classes):
        return nn.LazyLinear(classes)

    def forward(self, x):
        return self.head(torch.flatten(self.blocks(x), 1))
"""


def test_only_the_architecture_is_left() -> None:
    assert reduce_to_architecture(LEMUR) == REDUCED.strip()


def test_reducing_again_changes_nothing() -> None:
    assert reduce_to_architecture(REDUCED) == REDUCED.strip()


def test_what_forward_uses_stays_even_if_the_training_used_it_too() -> None:
    source = LEMUR.replace(
        "def forward(self, x):\n        return self.head",
        "def forward(self, x):\n        x = x.to(self.device)\n        return self.head",
    )
    assert "self.device = device" in reduce_to_architecture(source)


def test_training_does_not_make_another_network() -> None:
    other = LEMUR.replace("torch.optim.SGD", "torch.optim.AdamW").replace('prm["lr"]', "0.1")
    assert network_id(other) != network_id(LEMUR)
    assert reduce_to_architecture(other) == reduce_to_architecture(LEMUR)


def test_a_fallback_for_an_import_stays_where_it_is_needed() -> None:
    source = "try:\n    from a import B\nexcept ImportError:\n    B = None\n"
    net = "class Net:\n    base = {}\n"
    assert "try:" in reduce_to_architecture(source + net.format("B"))
    assert "try:" not in reduce_to_architecture(source + net.format("1"))


def test_a_star_import_and_the_future_stay() -> None:
    source = (
        "from __future__ import annotations\nfrom torch.nn import *\nimport os\nclass Net: pass"
    )
    assert "import os" not in reduce_to_architecture(source)
    assert reduce_to_architecture(source).startswith(
        "from __future__ import annotations\nfrom torch.nn import *"
    )


@pytest.mark.parametrize("source", ["x = 1", "class Network: pass", "class Net(:", ""])
def test_a_text_without_a_net_is_refused(source: str) -> None:
    with pytest.raises(InvalidSource):
        reduce_to_architecture(source)


def test_imports_are_found_wherever_they_stand() -> None:
    source = "import torch.nn as nn, os.path\ndef f():\n    from a.b import c\n    from . import d"
    assert imports_of(source) == {"torch", "os", "a", "."}
    assert imports_of(reduce_to_architecture(LEMUR)) == {"math", "torch", "typing"}


def test_pretrained_weights_are_noticed() -> None:
    assert not uses_pretrained(LEMUR)
    assert uses_pretrained("m = torchvision.models.resnet18(pretrained=True)")
    assert uses_pretrained("m = torch.hub.load('a', 'b')")
    assert not uses_pretrained("m = resnet18(weights=None, pretrained=False)")
