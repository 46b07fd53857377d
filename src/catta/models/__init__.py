"""Causal language models: from a name to a directory, from a directory to a model in memory."""

import os

# The hub's client reads this when it is imported: nobody is told what a user of Catta does.
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

from catta.models.files import ADAPTER_WEIGHTS
from catta.models.quiet import quiet_peft
from catta.models.registry import DEFAULT_MODEL, ModelInfo, list_models, load, pull, resolve

__all__ = [
    "ADAPTER_WEIGHTS",
    "DEFAULT_MODEL",
    "ModelInfo",
    "list_models",
    "load",
    "pull",
    "quiet_peft",
    "resolve",
]
