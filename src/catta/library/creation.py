"""`catta.create()`: a network of the corpus as a module of this process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import nn

from catta.corpus import Corpus
from catta.corpus.opening import opened
from catta.corpus.registry import find
from catta.errors import UsageError
from catta.evaluation import ContractError, instantiate


def create(
    name: str,
    in_shape: Sequence[int],
    out_shape: Sequence[int],
    prm: Mapping[str, float],
    *,
    device: str | torch.device | None = None,
    trust: bool = False,
    corpus: str | Path | Corpus | None = None,
) -> nn.Module:
    """Build a network of the corpus in this process, with fresh weights.

    That executes its text, which a language model or a stranger wrote, with all the rights of this
    process: it may read and delete files, send them away, start programs, or fetch pretrained
    weights. `trust=True` says that you have read it (`catta.network(name).source`) or do not mind.
    To train a network that you do not trust, use `catta.check`, which builds it in a sandbox.

    Args:
        name: Name, alias or id of the network.
        in_shape: Shape of one batch, (N, C, H, W) for images.
        out_shape: (classes,) for classification.
        prm: Hyperparameters by name, as LEMUR's networks read them: `lr`, `momentum`, `dropout`.
        device: Where it is to live; default: the CPU.
        trust: Whether its text may be executed here.
        corpus: A corpus, its path or URL; default: `CATTA_CORPUS` or the user's data directory.

    Raises:
        UsageError: It is not trusted, there is none of that name, or it defines no `Net`.
        Exception: Whatever its text raises, for instance for hyperparameters or shapes that it
            cannot do with.
    """
    if not trust:
        raise UsageError(
            f"create: building {name} would execute its text in this process with all your rights; "
            "read it in catta.network(name).source and say trust=True if you trust it"
        )
    with opened(corpus) as store:
        found = find(store, name)
    where = torch.device(device or "cpu")
    module = "catta_network_" + found.id.replace(":", "_")
    try:
        made = instantiate(found.source, tuple(in_shape), tuple(out_shape), prm, where, name=module)
    except ContractError as error:
        raise UsageError(f"create: {name} is no network: {error}") from error
    return made.to(where)
