"""U-Net: down to a small image with many channels, and up again with what each size had seen.

Ronneberger, Fischer, Brox: U-Net, 2015, arXiv 1505.04597. What each size had seen is added, as in
LinkNet (Chaurasia, Culurciello, 2017, arXiv 1707.03718): half the cost of putting it beside.
Task: img-segmentation. It works at half the height and width, a quarter of the cost, and enlarges
its scores at the end.
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional

WIDTHS = (24, 64, 128, 176)  # channels at a half, a quarter, an eighth, a sixteenth of the size
UNJUDGED = -1  # in a mask, a pixel that does not count


def convolution(channels: int, width: int, stride: int = 1) -> nn.Sequential:
    """3x3 convolution, batch norm and ReLU."""
    return nn.Sequential(
        nn.Conv2d(channels, width, 3, stride, padding=1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(),
    )


class Up(nn.Module):
    """Enlarge an image to the size of one from the way down, and mix the two."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.narrow = nn.Conv2d(channels, width, 1)
        self.mix = convolution(width, width)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        """(B, channels, h, w) and (B, width, H, W) to (B, width, H, W)."""
        x = functional.interpolate(self.narrow(x), size=skip.shape[2:], mode="nearest")
        return self.mix(x + skip)


class Net(nn.Module):
    """Four sizes down, three up, scores for each pixel."""

    def __init__(
        self,
        in_shape: tuple[int, ...],
        out_shape: tuple[int, ...],
        prm: dict[str, float],
        device: torch.device,
    ) -> None:
        super().__init__()
        self.device = device
        self.down = nn.ModuleList()
        channels = in_shape[1]
        for width in WIDTHS:
            self.down.append(
                nn.Sequential(convolution(channels, width, stride=2), convolution(width, width))
            )
            channels = width
        self.dropout = nn.Dropout2d(prm["dropout"])
        self.up = nn.ModuleList()
        for width in reversed(WIDTHS[:-1]):
            self.up.append(Up(channels, width))
            channels = width
        self.classifier = nn.Conv2d(channels, out_shape[0], 1)

    def forward(self, x: Tensor) -> Tensor:
        """Images (B, C, H, W) to scores of each pixel (B, classes, H, W)."""
        size = x.shape[2:]
        skips: list[Tensor] = []
        for stage in self.down:
            x = stage(x)
            skips.append(x)
        x = self.dropout(skips.pop())  # (B, 176, H / 16, W / 16)
        for stage in self.up:
            x = stage(x, skips.pop())
        scores = self.classifier(x)  # (B, classes, H / 2, W / 2)
        return functional.interpolate(scores, size=size, mode="bilinear", align_corners=False)

    def train_setup(self, prm: dict[str, float]) -> None:
        """Own recipe: make what `learn` needs."""
        self.to(self.device)
        self.optimizer = torch.optim.AdamW(self.parameters(), lr=prm["lr"])

    def learn(self, train_data: Iterable[tuple[Tensor, Tensor]]) -> None:
        """Own recipe: one epoch over batches of images (B, C, H, W) and masks (B, H, W)."""
        self.train()
        for images, masks in train_data:
            scores = self(images.to(self.device))
            loss = functional.cross_entropy(scores, masks.to(self.device), ignore_index=UNJUDGED)
            self.optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(self.parameters(), 1.0)
            self.optimizer.step()


def supported_hyperparameters() -> set[str]:
    """Names of the values of `prm` that are read."""
    return {"lr", "dropout"}
