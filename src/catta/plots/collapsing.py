"""Large graphs as few boxes: neighbours in execution, put together by the modules they are of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from catta.graphs import INPUT, OUTPUT, Graph

Span = tuple[int, int]
"""Places of nodes from the first to one behind the last, in the order of execution."""


@dataclass(frozen=True, slots=True)
class Box:
    """Nodes that are drawn as one: those of a span of the order of execution.

    Edges between spans only lead onwards, so boxes have no cycles whatever is put together.

    Attributes:
        span: Its nodes.
        module: The module that they are of, or the first of them.
        last: The last of several modules, where they have no module of their own.
    """

    span: Span
    module: str
    last: str = ""

    @property
    def size(self) -> int:
        """How many nodes it stands for."""
        return self.span[1] - self.span[0]


@dataclass(frozen=True, slots=True)
class _Part:
    span: Span
    depth: int  # components of the module's path that its nodes have in common
    whole: bool = True  # whether its nodes are of one module at that depth

    @property
    def size(self) -> int:
        return self.span[1] - self.span[0]


def boxes(graph: Graph, most: int) -> list[Box]:
    """A graph as at most `most` boxes (no fewer than its inputs and outputs need).

    All of it is one box at first, and the box of most nodes is opened, with those that hold the
    same operators, as long as there is room: into its modules; where these are too many, into
    runs of them. With room for all, each node is a box of its own.
    """
    paths = [_path(node.operator, node.module) for node in graph.nodes]
    if len(paths) <= most:
        parts = [_Part((place, place + 1), 0) for place in range(len(paths))]
    else:
        operators = [node.operator for node in graph.nodes]
        parts = _opened([_Part((0, len(paths)), 0)], paths, operators, most)
    return [_box(part, paths) for part in parts]


def contents(graph: Graph, box: Box, kinds: int = 3) -> str:
    """What a box of several nodes holds: `12 operators: 4 conv2d, 4 relu, ...`."""
    found = Counter(node.operator for node in graph.nodes[box.span[0] : box.span[1]])
    common = sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
    named = ", ".join(f"{number} {name}" for name, number in common[:kinds])
    return f"{box.size:,} operators: {named}{', ...' if len(common) > kinds else ''}"


def edges(graph: Graph, found: Sequence[Box]) -> dict[tuple[int, int], list[tuple[int, ...]]]:
    """Between boxes, by their places: the distinct shapes of what goes from one to the other."""
    home = [0] * len(graph.nodes)
    for place, box in enumerate(found):
        home[box.span[0] : box.span[1]] = [place] * box.size
    between: dict[tuple[int, int], dict[tuple[int, ...], None]] = {}
    for place, node in enumerate(graph.nodes):
        for source in node.inputs:
            if home[source] != home[place]:
                pair = (home[source], home[place])
                between.setdefault(pair, {})[graph.nodes[source].shape] = None
    return {pair: list(shapes) for pair, shapes in between.items()}


def _path(operator: str, module: str) -> tuple[str, ...]:
    # What goes in and out is not put together with anything.
    if operator in (INPUT, OUTPUT):
        return (f"<{operator}>",)
    return tuple(module.split(".")) if module else ()


def _opened(
    parts: list[_Part], paths: Sequence[tuple[str, ...]], operators: Sequence[str], most: int
) -> list[_Part]:
    closed: set[Span] = set()
    while True:
        alike: dict[tuple[str, ...], list[_Part]] = {}
        for part in parts:
            if part.size > 1 and part.span not in closed:
                alike.setdefault(tuple(operators[slice(*part.span)]), []).append(part)
        if not alike:
            return parts
        # What is alike is opened together or not at all: repeated blocks look the same.
        chosen = max(alike.values(), key=lambda p: (p[0].size, -p[0].span[0]))
        inner = {part.span: _inner(part, paths) for part in chosen}
        room = most - len(parts)
        if sum(len(found) - 1 for found in inner.values()) > room:
            left = sum(part.size for same in alike.values() for part in same)
            runs = min(round(room * chosen[0].size / left), room + 1)
            closed.update(part.span for part in chosen)
            if len(chosen) > 1 or runs < 2:
                continue
            inner = {chosen[0].span: _runs(inner[chosen[0].span], runs, chosen[0].depth)}
            closed.update(part.span for part in inner[chosen[0].span])
        parts = [new for part in parts for new in inner.get(part.span, [part])]


def _inner(part: _Part, paths: Sequence[tuple[str, ...]]) -> list[_Part]:
    """The parts of a part one step further down the modules' paths; at the end, its nodes."""
    first, behind = part.span
    depth = part.depth + 1
    found: list[_Part] = []
    start = first
    for place in range(first + 1, behind + 1):
        if place == behind or paths[place][:depth] != paths[start][:depth]:
            found.append(_Part((start, place), depth))
            start = place
    if len(found) > 1:
        return found
    if any(len(path) > depth for path in paths[first:behind]):
        return _inner(found[0], paths)
    return [_Part((place, place + 1), depth) for place in range(first, behind)]


def _runs(parts: list[_Part], number: int, depth: int) -> list[_Part]:
    """So many runs of neighbours, of about as many nodes each."""
    nodes = sum(part.size for part in parts)
    found: list[_Part] = []
    run: list[_Part] = []
    done = 0
    for place, part in enumerate(parts):
        run.append(part)
        done += part.size
        left = len(parts) - place - 1
        if done >= nodes * (len(found) + 1) / number or left < number - len(found) - 1:
            whole = len(run) == 1
            span = (run[0].span[0], part.span[1])
            found.append(_Part(span, run[0].depth if whole else depth, whole))
            run = []
    if run:
        found.append(_Part((run[0].span[0], run[-1].span[1]), depth, whole=False))
    return found


def _box(part: _Part, paths: Sequence[tuple[str, ...]]) -> Box:
    first, behind = part.span
    inside = [path[: part.depth] for path in paths[first:behind]]
    if part.whole and len(set(inside)) == 1:
        path = paths[first] if part.size == 1 else inside[0]
        return Box(part.span, ".".join(path))
    ends = [".".join(paths[place][: part.depth + 1]) for place in (first, behind - 1)]
    return Box(part.span, ends[0], ends[1] if ends[1] != ends[0] else "")
