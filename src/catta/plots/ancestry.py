"""Where the networks of a run come from, as a drawing: a column a cycle, edges from parents."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from catta.errors import UsageError
from catta.plots.dot import FAINT, INK, QUIET, Drawing, digraph, head, literal

if TYPE_CHECKING:
    import pandas as pd
    from graphviz import Digraph

_MOST = 80
_PALE, _DARK = (0xEE, 0xF5, 0xFB), (0x00, 0x5A, 0x8F)
_WHITE_FROM = 0.55
"""Share of the way from pale to dark from which text on it is white."""


class _Member(NamedTuple):
    cycle: int
    place: int
    accuracy: float | None
    admitted: bool
    parent: str | None
    nearest: str | None
    jaccard: float | None

    @property
    def source(self) -> str | None:
        """What it was made from or, unknown, what it is most like."""
        return self.parent or self.nearest


def lineage(
    frame: pd.DataFrame,
    *,
    of: str | None = None,
    names: Mapping[str, str] | None = None,
    title: str = "Lineage",
    most: int = _MOST,
) -> Drawing:
    """Networks and their parents: a solid edge from what a network was made from (a mutation).

    Where no parent is known, since a language model wrote the network, a dashed edge comes from
    the most similar network known at that time, with their Jaccard similarity. Of many networks
    the admitted ones stay, of those the best, with all they come from.

    Args:
        frame: A row a candidate: `network`, `parent`, `nearest` (ids of networks or missing),
            `jaccard`, `cycle`, `index`, `accuracy`, `admitted`.
        of: Only this network, what it comes from, and what comes from it.
        names: What networks from outside the run are called, by id.
        title: What stands above it.
        most: Networks of the run to draw.

    Raises:
        UsageError: The package graphviz or a column is missing, or `of` is not in the frame.
    """
    members = _members(frame)
    if of is not None and of not in members:
        raise UsageError(f"the run has no network {of}")
    kept = _family(members, of) if of is not None else _best(members, most)
    drawing = digraph(
        direction="LR", label=_title(title, len(kept), len(members)), nodesep="0.12",
        ranksep="0.9",
    )  # fmt: skip
    outside = _outside(members, kept)
    _columns(drawing, members, kept, outside, names or {})
    for network in kept:
        _edge(drawing, members, network)
    return Drawing(drawing)


def _members(frame: pd.DataFrame) -> dict[str, _Member]:
    """The networks of a run by id; of candidates with the same network the one with a score."""
    needed = ["network", "parent", "nearest", "jaccard", "cycle", "index", "accuracy", "admitted"]
    missing = [name for name in needed if name not in frame.columns]
    if missing:
        raise UsageError(f"there is no column {', '.join(missing)}")
    found: dict[str, _Member] = {}
    rows: Any = frame[needed]
    for row in rows.to_dict("records"):
        network = _text(row["network"])
        if network is None:
            continue
        member = _Member(
            cycle=int(row["cycle"]), place=int(row["index"]), accuracy=_number(row["accuracy"]),
            admitted=bool(row["admitted"]), parent=_text(row["parent"]),
            nearest=_text(row["nearest"]), jaccard=_number(row["jaccard"]),
        )  # fmt: skip
        known = found.get(network)
        if known is None or (known.accuracy is None and member.accuracy is not None):
            found[network] = member
    return found


def _best(members: Mapping[str, _Member], most: int) -> list[str]:
    """The admitted networks (all with a score where none is), the best of them, and ancestors."""
    chosen = [n for n, m in members.items() if m.admitted]
    chosen = chosen or [n for n, m in members.items() if m.accuracy is not None] or list(members)
    chosen.sort(key=lambda n: (-(members[n].accuracy or 0.0), members[n].cycle, members[n].place))
    kept: dict[str, None] = {}
    for network in chosen:
        line = [name for name in _ancestors(members, network) if name not in kept]
        if len(kept) + len(line) <= most:
            kept.update(dict.fromkeys(line))
    return _in_order(members, kept)


def _family(members: Mapping[str, _Member], of: str) -> list[str]:
    found = {of, *_ancestors(members, of)}
    grown = True
    after = {of}
    while grown:
        more = {n for n, m in members.items() if m.source in after and n not in after}
        grown = bool(more)
        after |= more
    return _in_order(members, dict.fromkeys([*found, *after]))


def _ancestors(members: Mapping[str, _Member], network: str) -> list[str]:
    """A network and what it comes from, as far as that is of the run."""
    found: dict[str, None] = {}
    at: str | None = network
    while at is not None and at in members and at not in found:
        found[at] = None
        at = members[at].source
    return list(found)


def _in_order(members: Mapping[str, _Member], kept: Mapping[str, None]) -> list[str]:
    return sorted(kept, key=lambda name: (members[name].cycle, members[name].place))


def _outside(members: Mapping[str, _Member], kept: list[str]) -> list[str]:
    """What networks come from that is not of the run: seeds."""
    sources = (members[network].source for network in kept)
    return sorted({source for source in sources if source is not None and source not in members})


def _edge(drawing: Digraph, members: Mapping[str, _Member], network: str) -> None:
    member = members[network]
    source = member.source
    if source is None or source == network:
        return
    words: dict[str, Any] = {}
    if member.parent is None:
        likeness = "" if member.jaccard is None else f"{member.jaccard:.2f}"
        words = {"xlabel": literal(likeness), "style": "dashed", "color": FAINT}
    if source in members and members[source].cycle >= member.cycle:
        words["constraint"] = "false"  # it is in the same column, which stays one
    drawing.edge(_id(source), _id(network), **words)


def _columns(
    drawing: Any, members: Mapping[str, _Member], kept: list[str], outside: list[str],
    names: Mapping[str, str],
) -> None:  # fmt: skip
    scores = [s for s in (members[network].accuracy for network in kept) if s is not None]
    heads: list[str] = []
    if outside:
        heads.append("seeds")
        with drawing.subgraph() as column:
            _head(column, "seeds")
            for seed in outside:
                label = literal(names.get(seed, seed[:14]), longest=30)
                column.node(_id(seed), label, shape="ellipse", style="filled", fillcolor="white")
    for cycle in sorted({members[network].cycle for network in kept}):
        heads.append(f"cycle {cycle}")
        with drawing.subgraph() as column:
            _head(column, heads[-1])
            for network in kept:
                if members[network].cycle == cycle:
                    _add(column, network, members[network], scores)
    for one, other in pairwise(heads):
        drawing.edge(_id(one), _id(other), style="invis", weight="100")


def _head(column: Any, text: str) -> None:
    column.attr(rank="same")
    column.node(_id(text), literal(text), shape="plaintext", style="", fontcolor=QUIET)


def _add(column: Any, network: str, member: _Member, scores: list[float]) -> None:
    score = "no score" if member.accuracy is None else f"{member.accuracy:.3f}"
    share = 0.0
    if member.accuracy is not None and max(scores) > min(scores):
        share = (member.accuracy - min(scores)) / (max(scores) - min(scores))
    column.node(
        _id(network),
        literal(f"{member.cycle}/{member.place}, {score}"),
        fillcolor=_shade(share),
        fontcolor="white" if share > _WHITE_FROM else INK,
        color=INK if member.admitted else FAINT,
        penwidth="2" if member.admitted else "0.9",
        tooltip=literal(network),
    )


def _shade(share: float) -> str:
    mixed = (round(p + share * (d - p)) for p, d in zip(_PALE, _DARK, strict=True))
    return "#" + "".join(f"{value:02X}" for value in mixed)


def _title(title: str, shown: int, there: int) -> Any:
    facts = (
        f"n = {shown:,} of {there:,} networks, as cycle/index and validation accuracy (0 to 1); "
        "darker: better; thick border: admitted",
        "solid: made from; dashed: most similar known network, with Jaccard similarity (0 to 1)",
    )
    return head(title, *facts)


def _id(text: str) -> str:
    # A colon in a node's name would be read as a port.
    return f"x{text.encode().hex()}"


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if number == number else None
