"""Captioner that looks: each word attends to the words before it and to the cells of the image.

Xu et al.: Show, Attend and Tell, 2015, arXiv 1502.03044; attention as in the transformer:
Vaswani et al., 2017, arXiv 1706.03762.
Task: img-captioning. In training it reads the caption it is to write; afterwards it reads its own.
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional

PADDING, START, END = 0, 1, 2  # tokens
LONGEST = 32  # tokens of a caption that is written, START and END among them
STAGES = (24, 48, 96)  # channels at a half, a quarter, an eighth of the size
WIDTH, DEPTH, HEADS = 128, 2, 4
CELLS = 8  # the image is looked at by so many rows and columns


def convolution(channels: int, width: int, stride: int = 1) -> nn.Sequential:
    """3x3 convolution, batch norm and ReLU."""
    return nn.Sequential(
        nn.Conv2d(channels, width, 3, stride, padding=1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(),
    )


class Encoder(nn.Module):
    """Images to a vector for each cell, with learnt positions."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for width in STAGES:
            layers += [convolution(channels, width, stride=2), convolution(width, width)]
            channels = width
        self.layers = nn.Sequential(*layers)
        self.out = nn.Linear(channels, WIDTH)
        self.positions = nn.Parameter(0.02 * torch.randn(1, CELLS * CELLS, WIDTH))

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to (B, 64, 128)."""
        x = functional.interpolate(self.layers(x), size=(CELLS, CELLS), mode="area")
        return self.out(x.flatten(2).transpose(1, 2)) + self.positions


class Attention(nn.Module):
    """Attention of several heads; of words to the words before them, or to the image."""

    def __init__(self, causal: bool) -> None:
        super().__init__()
        self.causal = causal
        self.query = nn.Linear(WIDTH, WIDTH)
        self.key_value = nn.Linear(WIDTH, 2 * WIDTH)
        self.out = nn.Linear(WIDTH, WIDTH)

    def forward(self, x: Tensor, seen: Tensor) -> Tensor:
        """(B, L, 128) and what it looks at (B, S, 128) to (B, L, 128)."""
        q = self.query(x).unflatten(2, (HEADS, -1)).transpose(1, 2)  # (B, heads, L, 32)
        kv = self.key_value(seen).unflatten(2, (2, HEADS, -1))  # (B, S, 2, heads, 32)
        k, v = kv.permute(2, 0, 3, 1, 4).unbind(0)
        y = functional.scaled_dot_product_attention(q, k, v, is_causal=self.causal)
        return self.out(y.transpose(1, 2).flatten(2))


class Block(nn.Module):
    """Attention to words, attention to the image, feed-forward layer, each beside a shortcut."""

    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.norm1, self.norm2, self.norm3 = (nn.LayerNorm(WIDTH) for _ in range(3))
        self.to_words, self.to_image = Attention(causal=True), Attention(causal=False)
        self.feed_forward = nn.Sequential(
            nn.Linear(WIDTH, 3 * WIDTH), nn.GELU(), nn.Linear(3 * WIDTH, WIDTH)
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, image: Tensor) -> Tensor:
        """Words (B, L, 128) and an image (B, 64, 128) to words (B, L, 128)."""
        y = self.norm1(x)
        x = x + self.dropout(self.to_words(y, y))
        x = x + self.dropout(self.to_image(self.norm2(x), image))
        return x + self.dropout(self.feed_forward(self.norm3(x)))


class Net(nn.Module):
    """Encoder, embedding with positions, blocks, linear classifier over the vocabulary."""

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
        self.embedding = nn.Embedding(vocabulary, WIDTH)
        self.positions = nn.Embedding(LONGEST, WIDTH)
        self.blocks = nn.ModuleList(Block(prm["dropout"]) for _ in range(DEPTH))
        self.norm = nn.LayerNorm(WIDTH)
        self.classifier = nn.Linear(WIDTH, vocabulary)

    def forward(self, x: Tensor, captions: Tensor | None = None) -> Tensor:
        """Images (B, C, H, W) to scores or to captions.

        With captions (B, L), scores (B, L, vocabulary) of each of their tokens, given the tokens
        before it; without, the tokens (B, 32) of captions it writes, padding after END.
        """
        image = self.encoder(x)  # (B, 64, 128)
        if captions is None:
            return self.write(image)
        return self.read(image, captions)

    def read(self, image: Tensor, tokens: Tensor) -> Tensor:
        """Scores (B, L, vocabulary) of each of the tokens (B, L), given those before it."""
        tokens = functional.pad(tokens[:, :-1], (1, 0), value=PADDING)  # nothing is before START
        # Captions longer than the table share its last position.
        steps = torch.arange(tokens.shape[1], device=tokens.device).clamp(max=LONGEST - 1)
        x = self.embedding(tokens) + self.positions(steps)  # (B, L, 128)
        for block in self.blocks:
            x = block(x, image)
        return self.classifier(self.norm(x))

    def write(self, image: Tensor) -> Tensor:
        """The likeliest token at each step, for images (B, 64, 128)."""
        captions = torch.full((len(image), LONGEST), PADDING, device=image.device)
        captions[:, 0] = START
        for step in range(1, LONGEST):
            token = self.read(image, captions[:, : step + 1])[:, step].argmax(dim=1)  # (B,)
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
