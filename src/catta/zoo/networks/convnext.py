"""ConvNeXt: convolutions arranged as a transformer arranges attention and its feed-forward layer.

Liu, Mao, Wu, Feichtenhofer, Darrell, Xie: A ConvNet for the 2020s, 2022, arXiv 2201.03545.
Task: img-classification. Large depthwise filters, layer norm, few activations.
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional

WIDTHS = (40, 80, 160)  # channels of the stages
KERNEL = 5  # 7 in the paper, whose images are seven times as large
EXPANSION = 3  # of the channels, between the two layers after a depthwise convolution


class ChannelNorm(nn.Module):
    """Layer norm over the channels of each pixel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)

    def forward(self, x: Tensor) -> Tensor:
        """(B, channels, H, W) to the same shape."""
        return self.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Block(nn.Module):
    """Depthwise convolution, then two layers at each pixel, beside a shortcut."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(channels, channels, KERNEL, padding=KERNEL // 2, groups=channels)
        self.mix = nn.Sequential(
            nn.LayerNorm(channels),
            nn.Linear(channels, EXPANSION * channels),
            nn.GELU(),
            nn.Linear(EXPANSION * channels, channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, channels, H, W) to the same shape."""
        y = self.depthwise(x).permute(0, 2, 3, 1)  # (B, H, W, channels), as linear layers want it
        return x + self.mix(y).permute(0, 3, 1, 2)


class Net(nn.Module):
    """One block a stage, mean over the image, linear classifier."""

    def __init__(
        self,
        in_shape: tuple[int, ...],
        out_shape: tuple[int, ...],
        prm: dict[str, float],
        device: torch.device,
    ) -> None:
        super().__init__()
        self.device = device
        channels = in_shape[1]
        layers: list[nn.Module] = []
        for width in WIDTHS:
            # Patches of 2x2 pixels; the padding keeps the last row and column of an odd image.
            layers += [nn.Conv2d(channels, width, 2, stride=2, padding=1), ChannelNorm(width)]
            layers.append(Block(width))
            channels = width
        self.layers = nn.Sequential(*layers)
        self.head = nn.Sequential(
            nn.LayerNorm(channels), nn.Dropout(prm["dropout"]), nn.Linear(channels, out_shape[0])
        )

    def forward(self, x: Tensor) -> Tensor:
        """Images (B, C, H, W) to scores (B, classes)."""
        x = self.layers(x)  # (B, 160, about H / 8, about W / 8)
        return self.head(x.mean(dim=(2, 3)))

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
