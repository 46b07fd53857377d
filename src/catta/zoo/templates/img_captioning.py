"""What this network is, in one line.

Task: img-captioning, to say in words what an image shows.
"""

import torch
from torch import Tensor, nn

PADDING, START, END = 0, 1, 2  # tokens; 3 is a word that is not known
LONGEST = 32  # tokens of a caption that is written


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
        out_shape: tuple[int, ...],  # (vocabulary,)
        prm: dict[str, float],  # the hyperparameters named at the end of this file
        device: torch.device,
    ) -> None:
        super().__init__()
        self.device = device
        channels, vocabulary = in_shape[1], out_shape[0]
        # Change from here on. Here the image is the state in which reading begins.
        self.encoder = nn.Sequential(
            convolution(channels, 32, stride=2),
            convolution(32, 64, stride=2),
            convolution(64, 128, stride=2),
            nn.AdaptiveAvgPool2d(2),
            nn.Flatten(),
            nn.Linear(128 * 2 * 2, 192),
        )
        self.embedding = nn.Embedding(vocabulary, 64)
        self.recurrent = nn.GRU(64, 192, batch_first=True)
        self.dropout = nn.Dropout(prm["dropout"])
        self.classifier = nn.Linear(192, vocabulary)

    def forward(self, x: Tensor, captions: Tensor | None = None) -> Tensor:
        """Images (B, channels, H, W), normalised, to scores or to captions.

        In training there are captions (B, L) from START to END, padded: return the scores
        (B, L - 1, vocabulary) of each token but the first, given those before it. In evaluation
        there are none: return the tokens (B, at most 32) of captions that the network writes.
        """
        state = self.encoder(x)[None]  # (1, B, 192)
        if captions is None:
            return self.write(state)
        states, _ = self.recurrent(self.embedding(captions[:, :-1]), state)  # (B, L - 1, 192)
        return self.classifier(self.dropout(states))

    def write(self, state: Tensor) -> Tensor:
        """The likeliest token at each step, from a state (1, B, 192)."""
        captions = torch.full((state.shape[1], LONGEST), PADDING, device=state.device)
        captions[:, 0] = START
        for step in range(1, LONGEST):
            before = captions[:, step - 1]
            states, state = self.recurrent(self.embedding(before[:, None]), state)
            token = self.classifier(states[:, 0]).argmax(dim=1)  # (B,)
            over = (before == END) | (before == PADDING)
            captions[:, step] = token.masked_fill(over, PADDING)
        return captions


# Catta trains with an optimizer, a schedule and a loss of its own. To train the network its own
# way, add the methods `train_setup(self, prm)`, called once, and `learn(self, train_data)`, called
# once an epoch; the network `cnn-lstm` of the zoo shows them.


def supported_hyperparameters() -> set[str]:
    """Names of the values of `prm` that are read: they can be given, and tuned."""
    return {"dropout"}
