"""The whole report: which pages there are, and what goes onto each."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import as_file
from pathlib import Path
from typing import TYPE_CHECKING, Any

from catta import stats
from catta.corpus import Corpus
from catta.corpus.engine import IN_MEMORY
from catta.corpus.opening import opened
from catta.graphs import Graph
from catta.loop.reports import RunReport, find_run, report_of
from catta.records import Candidate, Network
from catta.report.code import difference, highlighted, highlighted_difference, style_sheet
from catta.report.drawing import Scale
from catta.report.drawings import DRAWN, Drawn, draw_graph, draw_lineage
from catta.report.embedding import write_data
from catta.report.folder import check_target, replacing
from catta.report.leaderboard import Leaderboard, leaderboard_of
from catta.report.network_page import Networks, NetworkView
from catta.report.overview import overview_of
from catta.report.plotting import copy_script
from catta.report.rendering import Pages, assets, check_extra
from catta.report.run_page import RunView, view_of

if TYPE_CHECKING:
    import pandas as pd

FIRST_ROWS = 50
"""Rows of the leaderboard that stand in its page, so that there is something to see at once."""

_UNIT = Scale(low=-1.0, high=1.0, start=6, end=194)

Tell = Callable[[str], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Built:
    """A report that was written.

    Attributes:
        directory: The folder.
        index: Its first page.
        runs: Pages of runs.
        networks: Pages of networks.
        rows: Rows of the leaderboard.
        bytes: Size of the folder.
    """

    directory: Path
    index: Path
    runs: int
    networks: int
    rows: int
    bytes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class _Chosen:
    """A network that gets a page, and what it was in a run, if a run made it."""

    network: Network
    candidate: Candidate | None
    page: str


def write_report(
    corpus: str | Path | Corpus | None,
    directory: str | Path,
    *,
    runs: Sequence[str] = (),
    tell: Tell | None = None,
) -> Built:
    """Write the report of a corpus as one folder of static pages, whole or not at all.

    Args:
        corpus: An open corpus, its path or URL; default: `CATTA_CORPUS` or the user's.
        directory: The folder; a report of before is replaced.
        runs: Ids, or unique beginnings of them, of the runs that get pages; none: all.
        tell: Is told what is being done.

    Raises:
        UsageError: There is no such corpus or run, the folder holds something else, or a package
            of the extra `report` is missing.
    """
    check_extra()
    target = check_target(Path(directory))
    with opened(corpus) as store:
        reports = [report_of(run, store) for run in _runs(store, runs)]
        said = tell or _silent
        said("reading the measurements")
        trials = stats.load(store)
        with replacing(target) as folder:
            found = _write(store, trials, reports, folder, said)
    networks, rows = found
    size = sum(path.stat().st_size for path in target.rglob("*") if path.is_file())
    return Built(
        directory=target,
        index=target / "index.html",
        runs=len(reports),
        networks=networks,
        rows=rows,
        bytes=size,
    )


def _runs(store: Corpus, names: Sequence[str]) -> Iterable[Any]:
    if not names:
        return store.runs.all()
    found = {run.id: run for run in (find_run(store, name) for name in names)}
    return found.values()


def _write(
    store: Corpus, trials: pd.DataFrame, reports: Sequence[RunReport], folder: Path, tell: Tell
) -> tuple[int, int]:
    tell("ranking the networks")
    leaderboard = leaderboard_of(trials)
    views = [
        view_of(report, store, f"runs/{_file_name(report.run.id, number)}.html")
        for number, report in enumerate(reports)
    ]
    chosen = _chosen(store, reports, leaderboard)
    pages = {identity: one.page for identity, one in chosen.items()}
    site = Pages(
        folder,
        corpus=_title(store.location),
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        runs=[view.entry for view in views],
        pages=pages,
        guard=_copy_assets(folder),
    )
    tell("writing the overview")
    overview = overview_of(store, trials, leaderboard, reports)
    site.write("index.html", "index.html", overview=overview, unit=_UNIT)
    sizes = bool(leaderboard.frame["parameters"].notna().any())
    rows = len(leaderboard.frame)
    head = leaderboard.head(FIRST_ROWS)
    site.write("leaderboard.html", "leaderboard.html", rows=head, total=rows, sizes=sizes)
    if rows:
        write_data(folder / "data/leaderboard.js", "leaderboard", leaderboard.columns(pages))
    for number, view in enumerate(views):
        tell(f"writing run {view.entry.id}")
        _write_run(site, view, f"run-{number}", store.networks.names(view.relatives))
    tell(f"writing {len(chosen):,} networks")
    graphs = dict(store.graphs.of(chosen))
    networks = Networks(store, trials, leaderboard.frame, pages)
    for number, one in enumerate(chosen.values()):
        view = networks.view(one.network, one.candidate)
        graph = graphs.get(one.network.id)
        _write_network(site, view, f"network-{number}", views, graph)
    return len(chosen), rows


def _write_run(site: Pages, view: RunView, key: str, names: Mapping[str, str]) -> None:
    pages = {identity: f"../{page}" for identity, page in site.shared["pages"].items()}
    if any(c.accuracy is not None for c in view.report.candidates):
        write_data(site.directory / f"data/{key}.js", key, view.points(pages))
    improvement = view.report.improvement
    lineage = None
    if any(c.admitted for c in view.report.candidates):
        lineage = draw_lineage(view.frame(), names, site.directory, key)
    site.write(
        view.entry.page,
        "run.html",
        view=view,
        key=key,
        improvement=improvement,
        names=names,
        lineage=lineage,
    )


def _write_network(
    site: Pages, view: NetworkView, key: str, runs: Sequence[RunView], graph: Graph | None
) -> None:
    drawing = None
    if graph is not None:
        drawing = Drawn(path=None, reason=f"Only the first {DRAWN} networks are drawn.")
        if site.drawn < DRAWN:
            site.drawn += 1
            drawing = draw_graph(graph, view.title, site.directory, key)
    curves = [c for c in view.curves if len(c.epoch) > 1]
    if curves:
        plain = [{"name": c.name, "epoch": c.epoch, "value": c.value} for c in curves]
        write_data(site.directory / f"data/{key}.js", key, plain)
    changed = None
    if view.nearest is not None and view.nearest_source is not None:
        names = (view.nearest.name, view.title)
        changed = difference(view.nearest_source, view.network.source, names)
    run = next((r for r in runs if view.candidate and r.entry.id == view.candidate.run), None)
    seed = run.seeds.get(view.network.id) if run else None
    site.write(
        view.page,
        "network.html",
        view=view,
        key=key,
        drawn=bool(curves),
        code=highlighted(view.network.source),
        difference=changed,
        graph=graph,
        drawing=drawing,
        run=run and run.entry,
        seed=seed,
        seed_difference=highlighted_difference(seed["diff"] or "") if seed else None,
    )


def _chosen(
    store: Corpus, reports: Sequence[RunReport], leaderboard: Leaderboard
) -> dict[str, _Chosen]:
    """Networks with a page: the admitted ones, and the best of each problem."""
    candidates: dict[str, Candidate] = {}
    for report in reports:
        for candidate in report.admitted:
            if candidate.network_id is not None:
                candidates.setdefault(candidate.network_id, candidate)
    best: Any = leaderboard.frame.drop_duplicates("problem")["nn_id"]
    ids = [*candidates, *(i for i in best if isinstance(i, str) and i not in candidates)]
    found = {network.id: network for network in store.networks.get_many(list(dict.fromkeys(ids)))}
    return {
        identity: _Chosen(
            network=found[identity],
            candidate=candidates.get(identity),
            page=f"networks/{identity.replace(':', '-')}.html",
        )
        for identity in dict.fromkeys(ids)
        if identity in found
    }


def _copy_assets(folder: Path) -> str | None:
    """Style sheets and scripts; returns what `copy_script` says."""
    target = folder / "assets"
    with as_file(assets()) as source:
        shutil.copytree(source, target)
    (target / "code.css").write_text(style_sheet(), encoding="utf-8")
    return copy_script(target)


def _file_name(run: str, number: int) -> str:
    """The id of a run as a file name, with its number where it is none."""
    plain = "".join(sign if sign.isascii() and sign.isalnum() else "-" for sign in run).strip("-")
    return plain[:80] if plain == run else f"{plain[:60]}-{number}".strip("-")


def _title(location: str) -> str:
    """Name of a corpus: of a file without its folder and ending, of a server its database."""
    if location == IN_MEMORY:
        return "corpus"
    return location.rstrip("/").rpartition("/")[2].removesuffix(".sqlite") or "corpus"


def _silent(text: str) -> None:
    """Tell nobody."""
