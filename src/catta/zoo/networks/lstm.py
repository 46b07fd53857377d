"""Recurrent network with long short-term memory: reads a text and predicts each next token.

Hochreiter and Schmidhuber, 1997; as a model of characters: Graves, 2013, arXiv 1308.0850.
Task: txt-generation. What comes out at a token depends on it and on those before it only.
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional

EMBEDDING, WIDTH = 64, 256


class Net(nn.Module):
    """Embedding, one recurrent layer, linear classifier over the vocabulary."""

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
        self.embedding = nn.Embedding(vocabulary, EMBEDDING)
        self.lstm = nn.LSTM(EMBEDDING, WIDTH, batch_first=True)
        self.dropout = nn.Dropout(prm["dropout"])
        self.classifier = nn.Linear(WIDTH, vocabulary)

    def forward(self, x: Tensor) -> Tensor:
        """Tokens (B, S) to scores of the token after each (B, S, vocabulary)."""
        states, _ = self.lstm(self.embedding(x))  # (B, S, 256)
        return self.classifier(self.dropout(states))

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
