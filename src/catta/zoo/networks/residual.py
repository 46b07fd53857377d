"""Pre-activation residual network: every stage but the first halves the image.

He, Zhang, Ren, Sun: Identity Mappings in Deep Residual Networks, 2016, arXiv 1603.05027.
Task: img-classification. Normalisation and ReLU come before a convolution, so that the sum of a
block passes on unchanged.
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional

WIDTHS = (16, 32, 64, 128)  # channels of the stages


class Block(nn.Module):
    """Two 3x3 convolutions beside a shortcut; a stride of 2 halves height and width."""

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv1 = nn.Conv2d(channels, width, 3, stride, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        same = stride == 1 and channels == width
        self.shortcut = None if same else nn.Conv2d(channels, width, 1, stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, channels, H, W) to (B, width, H / stride, W / stride)."""
        y = functional.relu(self.norm1(x))
        shortcut = x if self.shortcut is None else self.shortcut(y)
        y = self.conv1(y)
        y = self.conv2(functional.relu(self.norm2(y)))
        return shortcut + y


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
        self.stem = nn.Conv2d(in_shape[1], channels, 3, padding=1, bias=False)
        blocks: list[nn.Module] = []
        for stage, width in enumerate(WIDTHS):
            blocks.append(Block(channels, width, stride=1 if stage == 0 else 2))
            channels = width
        self.blocks = nn.Sequential(*blocks)
        self.norm = nn.BatchNorm2d(channels)
        self.dropout = nn.Dropout(prm["dropout"])
        self.classifier = nn.Linear(channels, out_shape[0])

    def forward(self, x: Tensor) -> Tensor:
        """Images (B, C, H, W) to scores (B, classes)."""
        x = self.blocks(self.stem(x))  # (B, 128, H / 8, W / 8)
        x = functional.relu(self.norm(x)).mean(dim=(2, 3))  # (B, 128)
        return self.classifier(self.dropout(x))

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
