"""Isolation of network code."""

from catta.evaluation.sandbox.paths import (
    PACKAGE,
    hidden_paths,
    import_roots,
    runtime_paths,
    visible,
)
from catta.evaluation.sandbox.protocol import Sandbox
from catta.evaluation.sandbox.select import SANDBOXES, available_sandboxes, choose_sandbox

__all__ = [
    "PACKAGE",
    "SANDBOXES",
    "Sandbox",
    "available_sandboxes",
    "choose_sandbox",
    "hidden_paths",
    "import_roots",
    "runtime_paths",
    "visible",
]
