"""Captioner of a convolutional and a recurrent network: the image is the first word it reads.

Vinyals, Toshev, Bengio, Erhan: Show and Tell, 2014, arXiv 1411.4555.
Task: img-captioning. In training it reads the caption it is to write; afterwards it reads its own.
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional

PADDING, START, END = 0, 1, 2  # tokens
LONGEST = 32  # tokens of a caption that is written, START and END among them
WIDTHS = (24, 48, 96, 128)  # channels at a half, a quarter, an eighth, a sixteenth of the size
EMBEDDING, HIDDEN = 128, 256
CELLS = 4  # the encoder sees where things are by so many rows and columns


def convolution(channels: int, width: int, stride: int = 1) -> nn.Sequential:
    """3x3 convolution, batch norm and ReLU."""
    return nn.Sequential(
        nn.Conv2d(channels, width, 3, stride, padding=1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(),
    )


class Encoder(nn.Module):
    """Images to one vector of the kind that words have."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for width in WIDTHS:
            layers += [convolution(channels, width, stride=2), convolution(width, width)]
            channels = width
        self.layers = nn.Sequential(*layers, nn.Conv2d(channels, 32, 1), nn.ReLU())
        self.out = nn.Linear(32 * CELLS * CELLS, EMBEDDING)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to (B, 128)."""
        x = functional.interpolate(self.layers(x), size=(CELLS, CELLS), mode="area")
        return self.out(x.flatten(1))


class Net(nn.Module):
    """Encoder, embedding, recurrent layer, linear classifier over the vocabulary."""

    def __init__(
        self,
        in_shape: tuple[int, ...],
        out_shape: tuple[int, ...],
        prm: dict[str, float],
        device: torch.device,
    ) -> None:
        super().__init__()
        self.device = device
        vocabulary = out_shape[0]
        self.encoder = Encoder(in_shape[1])
        self.embedding = nn.Embedding(vocabulary, EMBEDDING)
        self.lstm = nn.LSTM(EMBEDDING, HIDDEN, batch_first=True)
        self.dropout = nn.Dropout(prm["dropout"])
        self.classifier = nn.Linear(HIDDEN, vocabulary)

    def forward(self, x: Tensor, captions: Tensor | None = None) -> Tensor:
        """Images (B, C, H, W) to scores or to captions.

        With captions (B, L), scores (B, L, vocabulary) of each of their tokens, given the tokens
        before it; without, the tokens (B, 32) of captions it writes, padding after END.
        """
        image = self.encoder(x)[:, None]  # (B, 1, 128)
        if captions is None:
            return self.write(image)
        words = self.embedding(captions[:, :-1])  # (B, L - 1, 128)
        states, _ = self.lstm(torch.cat([image, words], dim=1))  # (B, L, 256)
        return self.classifier(self.dropout(states))

    def write(self, image: Tensor) -> Tensor:
        """The likeliest token at each step, for images (B, 1, 128)."""
        captions = torch.full((len(image), LONGEST), PADDING, device=image.device)
        captions[:, 0] = START
        _, state = self.lstm(image)
        for step in range(1, LONGEST):
            states, state = self.lstm(self.embedding(captions[:, step - 1 : step]), state)
            token = self.classifier(states[:, 0]).argmax(dim=1)  # (B,)
            before = captions[:, step - 1]
            over = (before == END) | (before == PADDING)
            captions[:, step] = token.masked_fill(over, PADDING)
            if over.all():
                break
        return captions

    def train_setup(self, prm: dict[str, float]) -> None:
        """Own recipe: make what `learn` needs."""
        self.to(self.device)
        self.optimizer = torch.optim.AdamW(self.parameters(), lr=prm["lr"])

    def learn(self, train_data: Iterable[tuple[Tensor, Tensor]]) -> None:
        """Own recipe: one epoch over images (B, C, H, W) with R captions each (B, R, L).

        It learns from the first caption of each image: where captions have several forms, greedy
        decoding would waver between them.
        """
        self.train()
        for images, references in train_data:
            captions = references[:, 0].to(self.device)
            scores = self(images.to(self.device), captions)
            loss = functional.cross_entropy(
                scores.flatten(0, 1), captions.flatten(), ignore_index=PADDING
            )
            self.optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(self.parameters(), 1.0)
            self.optimizer.step()


def supported_hyperparameters() -> set[str]:
    """Names of the values of `prm` that are read."""
    return {"lr", "dropout"}
