"""What this network is, in one line.

Task: txt-generation, to tell at each token of a text which one follows.
"""

import torch
from torch import Tensor, nn


class Net(nn.Module):
    """Every network is a class of this name, with these four arguments."""

    def __init__(
        self,
        in_shape: tuple[int, ...],  # of one batch of texts: (B, tokens)
        out_shape: tuple[int, ...],  # (vocabulary,)
        prm: dict[str, float],  # the hyperparameters named at the end of this file
        device: torch.device,
    ) -> None:
        super().__init__()
        self.device = device
        vocabulary = out_shape[0]
        # Change from here on. What comes out at a token must depend on it and on those before it
        # only: recurrent layers run forwards, attention needs a causal mask. Catta tests that.
        self.embedding = nn.Embedding(vocabulary, 64)
        self.recurrent = nn.GRU(64, 192, batch_first=True)
        self.dropout = nn.Dropout(prm["dropout"])
        self.classifier = nn.Linear(192, vocabulary)

    def forward(self, x: Tensor) -> Tensor:
        """Tokens (B, S) to scores (B, S, vocabulary) of the token that follows each."""
        states, _ = self.recurrent(self.embedding(x))  # (B, S, 192)
        return self.classifier(self.dropout(states))


# Catta trains with an optimizer, a schedule and a loss of its own. To train the network its own
# way, add the methods `train_setup(self, prm)`, called once, and `learn(self, train_data)`, called
# once an epoch; the network `lstm` of the zoo shows them.


def supported_hyperparameters() -> set[str]:
    """Names of the values of `prm` that are read: they can be given, and tuned."""
    return {"dropout"}
