"""Depthwise-separable network: a 3x3 filter for each channel, then a mix of the channels.

Howard et al.: MobileNets, 2017, arXiv 1704.04861.
Task: img-classification. A pair of the two costs about an eighth of a full 3x3 convolution.
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional

STAGES = ((48, 1), (96, 2), (96, 1), (192, 2), (192, 1), (288, 2))  # channels, stride


class Separable(nn.Module):
    """Depthwise 3x3 and pointwise 1x1 convolution, each with batch norm and ReLU."""

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(
            channels, channels, 3, stride, padding=1, groups=channels, bias=False
        )
        self.norm1 = nn.BatchNorm2d(channels)
        self.pointwise = nn.Conv2d(channels, width, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(width)

    def forward(self, x: Tensor) -> Tensor:
        """(B, channels, H, W) to (B, width, H / stride, W / stride)."""
        x = functional.relu(self.norm1(self.depthwise(x)))
        return functional.relu(self.norm2(self.pointwise(x)))


class Net(nn.Module):
    """Stem, separable convolutions, mean over the image, linear classifier."""

    def __init__(
        self,
        in_shape: tuple[int, ...],
        out_shape: tuple[int, ...],
        prm: dict[str, float],
        device: torch.device,
    ) -> None:
        super().__init__()
        self.device = device
        channels = 32
        self.stem = nn.Sequential(
            nn.Conv2d(in_shape[1], channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
        )
        layers: list[nn.Module] = []
        for width, stride in STAGES:
            layers.append(Separable(channels, width, stride))
            channels = width
        self.layers = nn.Sequential(*layers)
        self.dropout = nn.Dropout(prm["dropout"])
        self.classifier = nn.Linear(channels, out_shape[0])

    def forward(self, x: Tensor) -> Tensor:
        """Images (B, C, H, W) to scores (B, classes)."""
        x = self.layers(self.stem(x))  # (B, 288, H / 8, W / 8)
        return self.classifier(self.dropout(x.mean(dim=(2, 3))))

    def train_setup(self, prm: dict[str, float]) -> None:
        """Own recipe: make what `learn` needs."""
        self.to(self.device)
        self.optimizer = torch.optim.AdamW(self.parameters(), lr=prm["lr"])

    def learn(self, train_data: Iterable[tuple[Tensor, Tensor]]) -> None:
        """Own recipe: one epoch over batches of images (B, C, H, W) and labels (B,)."""
        self.train()
        for images, labels in train_data:
            scores = self(images.to(self.device))
            loss = functional.cross_entropy(scores, labels.to(self.device))
            self.optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(self.parameters(), 1.0)
            self.optimizer.step()


def supported_hyperparameters() -> set[str]:
    """Names of the values of `prm` that are read."""
    return {"lr", "dropout"}
