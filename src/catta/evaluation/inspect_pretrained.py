"""Networks that ask for pretrained weights get random ones: a sandbox has no network."""

# torch ships partly typed: what it leaves unknown is not our mistake.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from typing import Any, cast
from unittest.mock import patch

from torch import hub, nn

# torchvision holds the function under names of its own, once it is imported.
_HOLDERS = ("torchvision._internally_replaced_utils", "torchvision.models._api")
# Otherwise transformers waits for a network, again and again.
_OFFLINE = {"HF_HUB_OFFLINE": "1"}
_NAME = "load_state_dict_from_url"


class RandomWeights:
    """Whether pretrained weights were asked for within a `random_weights` block."""

    requested = False


class _NoWeights(dict[str, Any]):
    """Stands for weights that cannot be had; loading it changes nothing."""


@contextmanager
def random_weights() -> Generator[RandomWeights]:
    """Let the functions that fetch weights return none, and loading none leave a module as it is.

    torchvision's `weights=` go through them too. Only for a process that does nothing else.
    """
    asked = RandomWeights()
    load = nn.Module.load_state_dict

    def fetch(*_: object, **__: object) -> _NoWeights:
        asked.requested = True
        return _NoWeights()

    def load_state_dict(self: nn.Module, state: Any, *args: Any, **kwargs: Any) -> object:
        if isinstance(state, _NoWeights):
            return cast("Any", nn.modules.module)._IncompatibleKeys([], [])
        return load(self, state, *args, **kwargs)

    with ExitStack() as patches:
        for holder in (hub, *(sys.modules[name] for name in _HOLDERS if name in sys.modules)):
            patches.enter_context(patch.object(holder, _NAME, fetch))
        patches.enter_context(patch.dict(os.environ, _OFFLINE))
        patches.enter_context(patch.object(nn.Module, "load_state_dict", load_state_dict))
        yield asked
