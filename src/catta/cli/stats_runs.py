"""`catta stats run`, `arms`, `motifs` and `nearest`: what runs of the loop have come to."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any

import typer

from catta.cli.frames import SHOWN, show_frame
from catta.cli.guard import guarded
from catta.cli.options import AsJson, CorpusPath
from catta.cli.output import print_json, print_rich
from catta.cli.stats import Rows
from catta.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

RunKey = Annotated[str, typer.Argument(metavar="RUN", help="Id of a run, or a beginning of it.")]

_CYCLES = (
    *("cycle", "generated", "valid", "valid_rate", "valid_low", "valid_high", "novel", "scored"),
    *("mean", "median", "best", "above_rate", "admitted", "nearest", "seconds_per_admitted"),
    "tokens_per_admitted",
)
_ARMS = (
    *("run", "arm", "generated", "valid_rate", "valid_low", "valid_high", "mean", "mean_low"),
    *("mean_high", "above_rate", "admitted", "seconds_per_admitted"),
)
_GAINS = {
    "valid_gain": "valid rate, less the first run's",
    "above_gain": "share above the first run's threshold, less the first run's",
    "mean_gain": "mean accuracy, less the first run's",
    "own_mean_gain": "mean accuracy, last two cycles less the first",
    "own_above_gain": "share above its upper quartile at first, last two cycles less the first",
}
_NO_GRAPHS = (
    "No graph of such a network is stored. `catta corpus inspect` stores them, with --run those of "
    "a run."
)


def register(app: typer.Typer) -> None:
    """Add the commands to a group."""
    for name, command in (("run", run), ("arms", arms), ("motifs", motifs), ("nearest", nearest)):
        app.command(name)(command)


@guarded
def run(
    key: RunKey, rows: Rows = SHOWN, corpus: CorpusPath = None, as_json: AsJson = False
) -> None:
    """A run by cycles: valid, novel, admitted, accuracy, cost; its failures; its assessment."""
    from catta import stats
    from catta.stats.run_reports import report_for

    found = report_for(key, corpus)
    tables = {
        "cycles": stats.cycles(found),
        "failures": stats.failures(found),
        "admitted": stats.admitted(found),
        "assessment": stats.assessment(found),
    }
    if as_json:
        print_json({name: table.to_dict(orient="records") for name, table in tables.items()})
        return
    cycles, failures, assessed = tables["cycles"], tables["failures"], tables["assessment"]
    _show(cycles[list(_CYCLES)], f"Cycles of {found.run.id}", "It has no cycle yet.", rows)
    _show(failures.drop(columns=["run", "of"]), "Failures", "No candidate failed.", rows)
    if found.run.finished is None:
        print_rich("The run is not finished; the test split is read at its end.")
    else:
        _show(assessed.drop(columns="run"), "On the test split", "Nothing was assessed.", rows)


@guarded
def arms(
    keys: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN", help="Runs; the first is the one that others are compared with."
        ),
    ],
    corpus: CorpusPath = None,
    as_json: AsJson = False,
) -> None:
    """Runs side by side, with intervals, and their differences from the first one."""
    import pandas as pd

    from catta import stats

    table = stats.arms(keys, corpus)
    if as_json:
        show_frame(table, title="", nothing="", as_json=True)
        return
    _show(table[list(_ARMS)], "Runs side by side", "", SHOWN)
    rows = [
        (row["run"], text, row[name], row[f"{name}_low"], row[f"{name}_high"])
        for row in table.to_dict(orient="records")
        for name, text in _GAINS.items()
        if not pd.isna(row[name])
    ]
    gains = pd.DataFrame(rows, columns=["run", "difference", "estimate", "low", "high"])
    _show(gains, "Differences with 95 % intervals", "There is too little to compare.", SHOWN)
    for row in table.to_dict(orient="records"):
        if row["confounded"]:
            print_rich(f"{row['run']} also differs in: {row['confounded']}.")


@guarded
def motifs(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NETWORK", help="Default: all of them.")
    ] = None,
    run: Annotated[
        str | None,
        typer.Option("--run", metavar="RUN", help="Of its seeds and cycles; and what is new."),
    ] = None,
    task: Annotated[
        str | None, typer.Option("--task", metavar="NAME", help="Only graphs for this task.")
    ] = None,
    rows: Rows = SHOWN,
    corpus: CorpusPath = None,
    as_json: AsJson = False,
) -> None:
    """How many networks have which blocks and operators, found in their traced graphs."""
    from catta import stats

    if run is None:
        table = stats.motifs(corpus, task=task, names=names or None)
        show_frame(table, title="Motifs", nothing=_NO_GRAPHS, as_json=as_json, rows=rows)
        return
    if names or task:
        raise UsageError("motifs: give networks or a task, or --run, not both")
    table, pairs = stats.motif_cycles(run, corpus), stats.novel_pairs(run, corpus)
    if as_json:
        both = {"motifs": table, "novel_pairs": pairs}
        print_json({name: found.to_dict(orient="records") for name, found in both.items()})
        return
    _show(_by_group(table), "Share of networks with a motif", _NO_GRAPHS, rows)
    nothing = "No pair of motifs is new to the seeds."
    _show(pairs.drop(columns=["run", "first_kind", "second_kind"]), "New pairs", nothing, rows)


@guarded
def nearest(
    key: RunKey,
    diff: Annotated[
        bool, typer.Option("--diff", help="Print how each differs from the nearest seed.")
    ] = False,
    rows: Rows = SHOWN,
    corpus: CorpusPath = None,
    as_json: AsJson = False,
) -> None:
    """For each admitted network the seed most like it, by its text and by its graph."""
    from catta import stats

    table = stats.nearest(key, corpus)
    nothing = "The run has admitted nothing yet."
    if as_json:
        show_frame(table, title="", nothing=nothing, as_json=True)
        return
    columns = ["cycle", "index", "accuracy", "seed_name", "jaccard", "graph_seed_name"]
    _show(table[[*columns, "graph_jaccard"]], "Nearest seeds", nothing, rows)
    if diff:
        print_rich(*(text for text in table["diff"].dropna().head(rows) if text))


def _by_group(table: pd.DataFrame) -> pd.DataFrame:
    """A row for each motif, a column for each group of networks with its size."""
    import pandas as pd

    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for row in table.to_dict(orient="records"):
        name = row["group"] if math.isnan(row["cycle"]) else f"{row['group']} {row['cycle']:.0f}"
        found = rows.setdefault((row["motif"], row["kind"]), {})
        found |= {"motif": row["motif"], "kind": row["kind"]}
        found[f"{name}\nn = {row['of']:,}"] = row["share"]
    return pd.DataFrame(list(rows.values()))


def _show(table: Any, title: str, nothing: str, rows: int) -> None:
    show_frame(table, title=title, nothing=nothing, as_json=False, rows=rows)
