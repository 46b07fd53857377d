"""Isolation of network code."""

from catta.evaluation.sandbox.protocol import Sandbox, runtime_paths
from catta.evaluation.sandbox.select import SANDBOXES, available_sandboxes, choose_sandbox

__all__ = ["SANDBOXES", "Sandbox", "available_sandboxes", "choose_sandbox", "runtime_paths"]
