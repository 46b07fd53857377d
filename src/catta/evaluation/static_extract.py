"""Take the module out of what a language model answered."""

from __future__ import annotations

import ast
import re

from catta.novelty import InvalidSource, parse

_FENCE = re.compile(r"^[ \t]*```[^\n]*\n?", re.MULTILINE)
_NET = re.compile(r"^class[ \t]+Net\b", re.MULTILINE)
_CODE = re.compile(r"^(?:import|from|class|def|async def|@)\b|^@", re.MULTILINE)
_TOP_LEVEL = re.compile(r"^(?=[^\s#)\]}])", re.MULTILINE)
_DEFINITION = re.compile(r"^(?:async[ \t]+)?(?:class|def)[ \t]+(\w+)", re.MULTILINE)
_IMPORT = re.compile(r"^(?:import|from)\b", re.MULTILINE)
_ATTEMPTS = 20


def extract(text: str) -> str | None:
    """The Python module in a completion.

    Markdown fences decide where there are any: the text before the first fence if it defines
    `Net` (a forced prefix has no opening fence), else the first fenced block that does, else the
    first block. Without fences, talk before the first statement is cut off.

    What follows a complete `class Net` and does not parse is cut off too, if it is talk or the
    beginning of a definition that the rest does not use: a generator that reached its token limit
    while it wrote something superfluous has still written a network. Text that ends inside
    `Net`, or inside something that `Net` uses, is left as it is and fails to parse.

    Args:
        text: The completion.

    Returns:
        The module's text, or None where nothing looks like one.
    """
    code = _unfenced(text)
    start = _CODE.search(code)
    if start is None:
        return None
    # A module may begin with a docstring or constants; only what does not parse is taken for talk.
    whole = _parse(code)
    if isinstance(whole, ast.Module):
        return code
    code = code[start.start() :]
    return _without_tail(code)


def _unfenced(text: str) -> str:
    fences = list(_FENCE.finditer(text))
    if not fences or _NET.search(text, 0, fences[0].start()):
        return text[: fences[0].start()] if fences else text
    ends = [*(f.start() for f in fences[1:]), len(text)]
    blocks = [text[fence.end() : end] for fence, end in zip(fences, ends, strict=True)][::2]
    return next((block for block in blocks if _NET.search(block)), blocks[0])


def _without_tail(code: str) -> str:
    """Cut off superfluous text after a complete `class Net`; else the code as it is."""
    net = _NET.search(code)
    failure = _parse(code)
    if net is None or isinstance(failure, ast.Module) or failure.line is None:
        return code
    boundaries = [
        match.start()
        for match in _TOP_LEVEL.finditer(code, net.end())
        if code.count("\n", 0, match.start()) < failure.line
    ]
    for cut in boundaries[: -_ATTEMPTS - 1 : -1]:
        kept = _parse(code[:cut])
        if isinstance(kept, ast.Module):
            return code[:cut] if _superfluous(code[cut:], kept) else code
    return code


def _superfluous(tail: str, kept: ast.Module) -> bool:
    if _IMPORT.search(tail):
        return False
    used = {n.id for n in ast.walk(kept) if isinstance(n, ast.Name)}
    return used.isdisjoint(_DEFINITION.findall(tail))


def _parse(code: str) -> ast.Module | InvalidSource:
    try:
        return parse(code)
    except InvalidSource as error:
        return error
