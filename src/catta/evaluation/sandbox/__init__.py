"""Isolation of network code."""

from catta.evaluation.sandbox.accelerators import VARIABLES, accelerators, files_of_drivers
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
    "VARIABLES",
    "Sandbox",
    "accelerators",
    "available_sandboxes",
    "choose_sandbox",
    "files_of_drivers",
    "hidden_paths",
    "import_roots",
    "runtime_paths",
    "visible",
]
