"""Small GPT: a transformer in which each token attends to itself and to the tokens before it.

Brown et al., 2020, arXiv 2005.14165; positions by rotation (RoPE): Su et al., arXiv 2104.09864.
Task: txt-generation. Rotated queries and keys know only distances, so any length of text fits.
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional

WIDTH, DEPTH, HEADS = 128, 3, 4
BASE = 10_000.0  # the slowest rotation takes about this many tokens for one radian


def rotate(x: Tensor) -> Tensor:
    """Turn pairs of values by angles that grow with the position; (B, heads, S, D), D even."""
    length, half = x.shape[2], x.shape[3] // 2
    rates = BASE ** (-torch.arange(half, device=x.device) / half)  # (D / 2,) radians a token
    angles = torch.arange(length, device=x.device)[:, None] * rates  # (S, D / 2)
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    a, b = x.chunk(2, dim=3)
    return torch.cat([a * cos - b * sin, a * sin + b * cos], dim=3)


class Block(nn.Module):
    """Causal self-attention and a feed-forward layer, each after layer norm beside a shortcut."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width)
        self.feed_forward = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """(B, S, width) to the same shape."""
        x = x + self.dropout(self.attend(self.norm1(x)))
        return x + self.dropout(self.feed_forward(self.norm2(x)))

    def attend(self, x: Tensor) -> Tensor:
        """(B, S, width) to the same shape."""
        qkv = self.qkv(x).unflatten(2, (3, self.heads, -1))  # (B, S, 3, heads, width / heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)  # each (B, heads, S, width / heads)
        y = functional.scaled_dot_product_attention(rotate(q), rotate(k), v, is_causal=True)
        return self.out(y.transpose(1, 2).flatten(2))


class Net(nn.Module):
    """Embedding, blocks, and the embedding again as the classifier over the vocabulary."""

    def __init__(
        self,
        in_shape: tuple[int, ...],
        out_shape: tuple[int, ...],
        prm: dict[str, float],
        device: torch.device,
    ) -> None:
        super().__init__()
        self.device = device
        self.embedding = nn.Embedding(out_shape[0], WIDTH)
        nn.init.normal_(self.embedding.weight, std=0.02)  # small: it is the classifier as well
        self.blocks = nn.Sequential(*(Block(WIDTH, HEADS, prm["dropout"]) for _ in range(DEPTH)))
        self.norm = nn.LayerNorm(WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        """Tokens (B, S) to scores of the token after each (B, S, vocabulary)."""
        x = self.norm(self.blocks(self.embedding(x)))  # (B, S, 128)
        return functional.linear(x, self.embedding.weight)

    def train_setup(self, prm: dict[str, float]) -> None:
        """Own recipe: make what `learn` needs."""
        self.to(self.device)
        self.optimizer = torch.optim.AdamW(self.parameters(), lr=prm["lr"])

    def learn(self, train_data: Iterable[tuple[Tensor, Tensor]]) -> None:
        """Own recipe: one epoch over batches of tokens (B, S) and those that follow (B, S)."""
        self.train()
        for tokens, following in train_data:
            scores = self(tokens.to(self.device))
            loss = functional.cross_entropy(
                scores.flatten(0, 1), following.to(self.device).flatten()
            )
            self.optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(self.parameters(), 1.0)
            self.optimizer.step()


def supported_hyperparameters() -> set[str]:
    """Names of the values of `prm` that are read."""
    return {"lr", "dropout"}
