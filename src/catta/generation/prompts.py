"""What a language model is asked and how it is taught: the same words in both."""

from __future__ import annotations

import ast

from catta.records import Caps, Example, Problem, Prompt

STANDARD_IMPORTS = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F"
"""The beginning of every module. Without a newline at the end: tokenizers differ in whether they
join it with what follows, and training must meet the tokens that generation meets."""

_CONSTRUCTOR = """

class Net(nn.Module):

    def __init__(self, in_shape, out_shape, prm, device):
        super().__init__()"""

_STANDARD = (("torch", None), ("torch.nn", "nn"), ("torch.nn.functional", "F"))


def build_prompt(
    problem: Problem, caps: Caps, *, accuracy: float | None, helpers: bool = True
) -> Prompt:
    """The instruction for one network, as comments, and the forced beginning of the answer.

    Args:
        problem: What goes in and comes out: images, and scores of their classes.
        caps: Largest number of parameters and of FLOPs.
        accuracy: Validation accuracy in 0..1 that is asked for; None asks for any.
        helpers: Whether the module may define anything before `Net`; otherwise the forced
            beginning reaches into the constructor, up to `super().__init__()`.
    """
    score = "any" if accuracy is None else f"accuracy >= {accuracy:.2f}"
    channels, height, width = problem.sample
    text = (
        "# PyTorch image classifier: class Net(nn.Module).\n"
        f"# Input (N, {channels}, {height}, {width}), output (N, {problem.outputs}).\n"
        f"# At most {_short(caps.parameters)} parameters, {_short(caps.flops)} FLOPs.\n"
        f"# Score: {score}.\n"
    )
    return Prompt(text=text, prefix=STANDARD_IMPORTS + ("" if helpers else _CONSTRUCTOR))


def training_example(prompt: Prompt, source: str | ast.Module) -> Example:
    """A network as the answer to a prompt: its standard imports first, one newline at the end.

    Args:
        prompt: As `build_prompt` made it.
        source: Normalised source of the network, or its tree without docstrings.

    Raises:
        ValueError: The source cannot be parsed, or the tree cannot be written.
    """
    return Example(prompt=prompt.text, completion=with_standard_imports(source) + "\n")


def with_standard_imports(source: str | ast.Module) -> str:
    """The module with the three standard imports first, then its other imports, then the rest.

    `torch`, `nn` and `F` are then always defined. The text is what `ast.unparse` prints.

    Raises:
        ValueError: The source cannot be parsed.
    """
    try:
        module = ast.parse(source) if isinstance(source, str) else source
        body = [part for statement in module.body for part in _others(statement)]
        imports = [s for s in body if isinstance(s, ast.Import | ast.ImportFrom)]
        rest = [s for s in body if not isinstance(s, ast.Import | ast.ImportFrom)]
        # `from __future__` must stay first in a module, and does nothing for a network.
        imports = [s for s in imports if getattr(s, "module", None) != "__future__"]
        text = ast.unparse(ast.Module(body=[*imports, *rest], type_ignores=[]))
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise ValueError(f"the source cannot be parsed: {error}") from error
    # unparse separates a class or function from what stands before it, but not at the beginning
    separator = "\n" if imports or not text or text.startswith("\n") else _gap(rest)
    return (STANDARD_IMPORTS + separator + text).rstrip()


def _gap(rest: list[ast.stmt]) -> str:
    blocks = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return "\n\n" if rest and isinstance(rest[0], blocks) else "\n"


def _others(statement: ast.stmt) -> list[ast.stmt]:
    """A statement without the imports that every module begins with."""
    if isinstance(statement, ast.Import):
        names = [a for a in statement.names if (a.name, a.asname) not in _STANDARD]
        return [ast.Import(names=names)] if names else []
    if isinstance(statement, ast.ImportFrom) and statement.level == 0:
        standard = {
            alias.name
            for alias in statement.names
            if (f"{statement.module}.{alias.name}", alias.asname or alias.name) in _STANDARD
        }
        names = [a for a in statement.names if a.name not in standard]
        if len(names) == len(statement.names):
            return [statement]
        return [ast.ImportFrom(module=statement.module, names=names, level=0)] if names else []
    return [statement]


def _short(number: int) -> str:
    """1000000 -> 1M, 500000 -> 500k: fewer tokens."""
    for unit, size in (("G", 10**9), ("M", 10**6), ("k", 10**3)):
        if number >= size and number % size == 0:
            return f"{number // size}{unit}"
    return str(number)
