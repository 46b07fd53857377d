"""What a network says about its hyperparameters and its training, read from its text."""

from __future__ import annotations

import ast

from catta.errors import UsageError

_DECLARATION = "supported_hyperparameters"


def declared_hyperparameters(source: str) -> frozenset[str]:
    """The names that `supported_hyperparameters()` returns, if it returns them as literals.

    Raises:
        UsageError: The text is not Python.
    """
    for node in _parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name == _DECLARATION:
            return frozenset(
                constant.value
                for part in ast.walk(node)
                if isinstance(part, ast.Return) and part.value is not None
                for constant in ast.walk(part.value)
                if isinstance(constant, ast.Constant) and isinstance(constant.value, str)
            )
    return frozenset()


def has_own_recipe(source: str) -> bool:
    """Whether `Net` defines `train_setup` and `learn` itself.

    Raises:
        UsageError: The text is not Python.
    """
    for node in _parse(source).body:
        if isinstance(node, ast.ClassDef) and node.name == "Net":
            methods = {part.name for part in node.body if isinstance(part, ast.FunctionDef)}
            return {"train_setup", "learn"} <= methods
    return False


def _parse(source: str) -> ast.Module:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UsageError(f"the network is no Python module: {error}") from error
