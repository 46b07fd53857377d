"""Squeeze-and-excitation network: each residual block weighs its channels by what the image shows.

Hu, Shen, Albanie, Sun, Wu: Squeeze-and-Excitation Networks, 2017, arXiv 1709.01507.
Task: img-classification. The mean of each channel decides, by two small layers, how much it counts.
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional

WIDTHS = (24, 48, 96)  # channels of the stages
REDUCTION = 4  # of the channels, between the two layers of an excitation


class Excitation(nn.Module):
    """Multiply each channel by a weight in 0..1 that depends on the means of all channels."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.squeeze = nn.Linear(channels, channels // REDUCTION)
        self.excite = nn.Linear(channels // REDUCTION, channels)

    def forward(self, x: Tensor) -> Tensor:
        """(B, channels, H, W) to the same shape."""
        means = x.mean(dim=(2, 3))  # (B, channels)
        weights = torch.sigmoid(self.excite(functional.relu(self.squeeze(means))))
        return x * weights[:, :, None, None]


class Block(nn.Module):
    """Two 3x3 convolutions and an excitation beside a shortcut."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, width, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
            Excitation(width),
        )
        self.shortcut = nn.Sequential(
            nn.Conv2d(channels, width, 1, stride=2, bias=False), nn.BatchNorm2d(width)
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, channels, H, W) to (B, width, H / 2, W / 2)."""
        return functional.relu(self.body(x) + self.shortcut(x))


class Net(nn.Module):
    """Stem, one block a stage, mean over the image, linear classifier."""

    def __init__(
        self,
        in_shape: tuple[int, ...],
        out_shape: tuple[int, ...],
        prm: dict[str, float],
        device: torch.device,
    ) -> None:
        super().__init__()
        self.device = device
        channels = WIDTHS[0]
        self.stem = nn.Sequential(
            nn.Conv2d(in_shape[1], channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
        )
        blocks: list[nn.Module] = []
        for width in WIDTHS:
            blocks.append(Block(channels, width))
            channels = width
        self.blocks = nn.Sequential(*blocks)
        self.dropout = nn.Dropout(prm["dropout"])
        self.classifier = nn.Linear(channels, out_shape[0])

    def forward(self, x: Tensor) -> Tensor:
        """Images (B, C, H, W) to scores (B, classes)."""
        x = self.blocks(self.stem(x))  # (B, 96, H / 8, W / 8)
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
