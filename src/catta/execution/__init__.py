"""Where evaluations run."""

from catta.execution.executor import Executor
from catta.execution.local import LocalExecutor

__all__ = ["Executor", "LocalExecutor"]
