"""What this network is, in one line.

Task: img-classification, to tell which of some classes an image shows.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional


class Net(nn.Module):
    """Every network is a class of this name, with these four arguments."""

    def __init__(
        self,
        in_shape: tuple[int, ...],  # of one batch of images: (B, channels, height, width)
        out_shape: tuple[int, ...],  # (classes,)
        prm: dict[str, float],  # the hyperparameters named at the end of this file
        device: torch.device,
    ) -> None:
        super().__init__()
        self.device = device
        channels, classes = in_shape[1], out_shape[0]
        # Change from here on. Sizes of images differ between datasets: a mean over the image
        # before the classifier suits them all.
        self.conv1 = nn.Conv2d(channels, 32, 3, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(32)
        self.conv2 = nn.Conv2d(32, 64, 3, stride=2, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(64)
        self.conv3 = nn.Conv2d(64, 128, 3, stride=2, padding=1, bias=False)
        self.norm3 = nn.BatchNorm2d(128)
        self.dropout = nn.Dropout(prm["dropout"])
        self.classifier = nn.Linear(128, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Images (B, channels, H, W), normalised, to scores (B, classes), before any softmax."""
        x = functional.relu(self.norm1(self.conv1(x)))  # (B, 32, H, W)
        x = functional.relu(self.norm2(self.conv2(x)))  # (B, 64, H / 2, W / 2)
        x = functional.relu(self.norm3(self.conv3(x)))  # (B, 128, H / 4, W / 4)
        return self.classifier(self.dropout(x.mean(dim=(2, 3))))


# Catta trains with an optimizer, a schedule and a loss of its own. To train the network its own
# way, add the methods `train_setup(self, prm)`, called once, and `learn(self, train_data)`, called
# once an epoch; the network `residual` of the zoo shows them.


def supported_hyperparameters() -> set[str]:
    """Names of the values of `prm` that are read: they can be given, and tuned."""
    return {"dropout"}
