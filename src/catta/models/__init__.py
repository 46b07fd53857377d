"""Causal language models: from a name to a directory, from a directory to a model in memory."""

from catta.models.quiet import quiet_peft
from catta.models.registry import DEFAULT_MODEL, ModelInfo, list_models, load, pull, resolve

__all__ = ["DEFAULT_MODEL", "ModelInfo", "list_models", "load", "pull", "quiet_peft", "resolve"]
