"""Small networks for the tests of the loop."""

NETWORK = """import torch
import torch.nn as nn
import torch.nn.functional as F

class Net(nn.Module):

    def __init__(self, in_shape, out_shape, prm, device):
        super().__init__()
        self.body = nn.Sequential({layers})
        self.head = nn.Linear({width}, out_shape[0])

    def forward(self, x):
        return self.head(torch.mean(self.body(x), dim=(2, 3)))
"""


def network(width: int, *, kernel: int = 3, activation: str = "ReLU", extra: str = "") -> str:
    """A small network; different arguments make novel ones."""
    layers = (
        f"nn.Conv2d(in_shape[1], {width}, {kernel}, padding={kernel // 2}), "
        f"nn.BatchNorm2d({width}), nn.{activation}(), nn.MaxPool2d(2){extra}"
    )
    return NETWORK.format(layers=layers, width=width)
