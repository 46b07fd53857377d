"""Vision transformer: an image is a sequence of patches, and attention relates each to every other.

Dosovitskiy et al., 2020, arXiv 2010.11929; mean instead of a class token: arXiv 2205.01580.
Task: img-classification. Patches are 4x4 pixels, larger in images above 64 pixels.
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional

WIDTH, DEPTH, HEADS = 96, 4, 4
PATCH = 4  # smallest height and width of a patch in pixels
MOST = 16  # patches in a row or column; the cost of attention grows with its fourth power


class Block(nn.Module):
    """Self-attention and a feed-forward layer, each after layer norm and beside a shortcut."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width)
        self.feed_forward = nn.Sequential(
            nn.Linear(width, 3 * width), nn.GELU(), nn.Linear(3 * width, width)
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """(B, patches, width) to the same shape."""
        x = x + self.dropout(self.attend(self.norm1(x)))
        return x + self.dropout(self.feed_forward(self.norm2(x)))

    def attend(self, x: Tensor) -> Tensor:
        """(B, patches, width) to the same shape."""
        qkv = self.qkv(x).unflatten(2, (3, self.heads, -1))  # (B, patches, 3, heads, width / heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)  # each (B, heads, patches, width / heads)
        y = functional.scaled_dot_product_attention(q, k, v)
        return self.out(y.transpose(1, 2).flatten(2))


class Net(nn.Module):
    """Patches with learnt positions, blocks, mean over the patches, linear classifier."""

    def __init__(
        self,
        in_shape: tuple[int, ...],
        out_shape: tuple[int, ...],
        prm: dict[str, float],
        device: torch.device,
    ) -> None:
        super().__init__()
        self.device = device
        _, channels, height, width = in_shape
        patch = max(PATCH, -(-max(height, width) // MOST))
        self.patches = nn.Conv2d(channels, WIDTH, patch, stride=patch)
        rows, columns = -(-height // patch), -(-width // patch)
        # Zeros below and to the right make the last patches whole.
        self.margin = (0, columns * patch - width, 0, rows * patch - height)
        self.positions = nn.Parameter(0.02 * torch.randn(1, rows * columns, WIDTH))
        self.blocks = nn.Sequential(*(Block(WIDTH, HEADS, prm["dropout"]) for _ in range(DEPTH)))
        self.norm = nn.LayerNorm(WIDTH)
        self.classifier = nn.Linear(WIDTH, out_shape[0])

    def forward(self, x: Tensor) -> Tensor:
        """Images (B, C, H, W) to scores (B, classes)."""
        x = self.patches(functional.pad(x, self.margin))  # (B, 96, rows, columns)
        x = x.flatten(2).transpose(1, 2) + self.positions  # (B, rows * columns, 96)
        return self.classifier(self.norm(self.blocks(x)).mean(dim=1))

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
