"""What this network is, in one line.

Task: img-segmentation, to tell for each pixel of an image what it is part of.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional


def convolution(channels: int, width: int, stride: int = 1) -> nn.Sequential:
    """3x3 convolution, batch norm and ReLU."""
    return nn.Sequential(
        nn.Conv2d(channels, width, 3, stride, padding=1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(),
    )


class Net(nn.Module):
    """Every network is a class of this name, with these four arguments."""

    def __init__(
        self,
        in_shape: tuple[int, ...],  # of one batch of images: (B, channels, height, width)
        out_shape: tuple[int, ...],  # (classes,), the background among them
        prm: dict[str, float],  # the hyperparameters named at the end of this file
        device: torch.device,
    ) -> None:
        super().__init__()
        self.device = device
        channels, classes = in_shape[1], out_shape[0]
        # Change from here on. What is around a pixel tells as much as the pixel: go down to a
        # smaller image, and up again.
        self.fine = nn.Sequential(convolution(channels, 32, stride=2), convolution(32, 32))
        self.coarse = nn.Sequential(convolution(32, 64, stride=2), convolution(64, 64))
        self.dropout = nn.Dropout2d(prm["dropout"])
        self.classifier = nn.Conv2d(32 + 64, classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Images (B, channels, H, W), normalised, to scores (B, classes, H, W) of each pixel.

        In training they are compared with masks (B, H, W), in which -1 is a pixel not judged.
        """
        fine = self.fine(x)  # (B, 32, H / 2, W / 2)
        coarse = self.coarse(fine)  # (B, 64, H / 4, W / 4)
        coarse = functional.interpolate(coarse, size=fine.shape[2:])
        scores = self.classifier(self.dropout(torch.cat([fine, coarse], dim=1)))
        return functional.interpolate(scores, size=x.shape[2:], mode="bilinear")


# Catta trains with an optimizer, a schedule and a loss of its own. To train the network its own
# way, add the methods `train_setup(self, prm)`, called once, and `learn(self, train_data)`, called
# once an epoch; the network `u-net` of the zoo shows them.


def supported_hyperparameters() -> set[str]:
    """Names of the values of `prm` that are read: they can be given, and tuned."""
    return {"dropout"}
