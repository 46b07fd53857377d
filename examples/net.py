"""A small residual network in Catta's contract; `catta check examples/net.py` trains it."""

import torch
import torch.nn as nn


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()
        )

    def forward(self, x):
        return x + self.conv(x)


class Net(nn.Module):
    def __init__(self, in_shape, out_shape, prm, device):
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(in_shape[1], 32, 3, stride=2, padding=1), nn.BatchNorm2d(32), nn.ReLU()
        )
        self.body = nn.Sequential(Block(32), nn.MaxPool2d(2), Block(32))
        self.head = nn.Linear(32, out_shape[0])

    def forward(self, x):
        x = self.body(self.stem(x))
        return self.head(torch.mean(x, dim=(2, 3)))
