"""`catta stats`: what the measurements of a corpus show, as tables."""

from __future__ import annotations

from typing import Annotated

import typer

from catta.cli.filter_options import Filters, NetworkFilters, SideFilters
from catta.cli.frames import SHOWN, settings_text, show_frame
from catta.cli.guard import guarded
from catta.cli.option_groups import grouped
from catta.cli.options import AsJson, CorpusPath

app = typer.Typer(help="What the measurements of a corpus show.", no_args_is_help=True)

_Texts = list[str] | None

Seed = Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Of drawing and resampling.")]
Sample = Annotated[
    int, typer.Option("--sample", metavar="N", min=10, help="At most so many trainings a problem.")
]
Rows = Annotated[int, typer.Option("--rows", metavar="N", min=1, help="So many rows are shown.")]
By = Annotated[
    _Texts,
    typer.Option(
        "--by",
        metavar="COLUMN",
        help="What groups agree in, such as family or epoch; may be repeated. "
        "Default: task, dataset and metric; others are added to these.",
    ),
]
SideBy = Annotated[
    str, typer.Option("--by", metavar="COLUMN", help="family, nn, transform or source.")
]
A = Annotated[str, typer.Argument(metavar="A", help="One group, such as a family.")]
B = Annotated[str, typer.Argument(metavar="B", help="The other.")]

_NOTHING = "No measurement matches."
_TOO_FEW = "No measurement matches, or too few to say anything."
_PROBLEM = ("task", "dataset", "metric")


@app.command()
@guarded
@grouped
def summary(
    *,
    by: By = None,
    filters: Filters,
    seed: Seed = 0,
    rows: Rows = SHOWN,
    corpus: CorpusPath = None,
    as_json: AsJson = False,
) -> None:
    """How many measurements, how good, with 95 % intervals (bootstrap over networks)."""
    from catta import stats

    table = stats.summary(corpus, by=[*_PROBLEM, *(by or [])], seed=seed, **filters.chosen())
    hidden = ["q05", "q25", "q75", "q95", "min", "max"]
    show_frame(table, title="Summary", nothing=_NOTHING, hidden=hidden, as_json=as_json, rows=rows)


@app.command()
@guarded
@grouped
def leaderboard(
    *,
    n: Annotated[
        int, typer.Option("-n", metavar="N", min=1, help="So many networks of each problem.")
    ] = 10,
    filters: Filters,
    rows: Rows = SHOWN,
    corpus: CorpusPath = None,
    as_json: AsJson = False,
) -> None:
    """The best networks of each task, dataset and metric."""
    from catta import stats

    table = stats.leaderboard(corpus, n=n, **filters.chosen())
    if not as_json:
        table = table[[*_PROBLEM, "rank", "nn", "accuracy", "epoch", "seconds", "transform", "prm"]]
        table = table.assign(prm=[settings_text(text) for text in table["prm"]])
    show_frame(table, title="Leaderboard", nothing=_NOTHING, as_json=as_json, rows=rows)


@app.command()
@guarded
@grouped
def curves(
    *,
    names: Annotated[
        _Texts, typer.Argument(metavar="NAME", help="Networks; default: all of them.")
    ] = None,
    by: Annotated[
        str, typer.Option("--by", metavar="COLUMN", help="nn, family, transform or source.")
    ] = "nn",
    filters: NetworkFilters,
    rows: Rows = SHOWN,
    corpus: CorpusPath = None,
    as_json: AsJson = False,
) -> None:
    """Learning curves: mean and deviation after each epoch."""
    from catta import stats

    asked = filters.chosen()
    wanted = [*(names or []), *asked.pop("nn", [])]
    table = stats.learning_curves(corpus, names=wanted or None, by=by, **asked)
    show_frame(table, title="Learning curves", nothing=_NOTHING, as_json=as_json, rows=rows)


@app.command()
@guarded
@grouped
def ranks(
    *,
    final: Annotated[
        int | None, typer.Option("--final", metavar="N", min=2, help="The final epoch.")
    ] = None,
    filters: NetworkFilters,
    seed: Seed = 0,
    corpus: CorpusPath = None,
    as_json: AsJson = False,
) -> None:
    """Whether the first epoch tells the good networks: rank correlation with the final epoch."""
    from catta import stats

    table = stats.rank_correlation(corpus, final=final, seed=seed, **filters.chosen())
    hidden = ["spearman_p", "kendall_p"]
    show_frame(table, title="Rank correlation", nothing=_NOTHING, hidden=hidden, as_json=as_json)


@app.command()
@guarded
@grouped
def pareto(
    *,
    objectives: Annotated[
        _Texts,
        typer.Option(
            "--objective",
            metavar="NAME",
            help="accuracy, seconds, parameters, flops, latency or epoch; give two or more. "
            "Default: accuracy and seconds.",
        ),
    ] = None,
    filters: Filters,
    rows: Rows = SHOWN,
    corpus: CorpusPath = None,
    as_json: AsJson = False,
) -> None:
    """The measurements that no other one beats in everything."""
    from catta import stats

    names = objectives or ["accuracy", "seconds"]
    table = stats.pareto(corpus, objectives=names, **filters.chosen())
    if not as_json:
        table = table[list(dict.fromkeys([*_PROBLEM, "nn", *names, "epoch", "transform"]))]
    nothing = f"No measurement matches that has all of: {', '.join(names)}."
    show_frame(table, title="Pareto front", nothing=nothing, as_json=as_json, rows=rows)


@app.command()
@guarded
@grouped
def importance(
    *,
    context: Annotated[
        _Texts,
        typer.Option("--context", metavar="NAME", help="transform (default), family or nn."),
    ] = None,
    sample: Sample = 2_000,
    filters: Filters,
    seed: Seed = 0,
    rows: Rows = SHOWN,
    corpus: CorpusPath = None,
    as_json: AsJson = False,
) -> None:
    """Which hyperparameters decide: fANOVA and mean decrease in impurity, by Optuna."""
    from catta import stats

    given = tuple(context) if context else ("transform",)
    table = stats.importance(corpus, context=given, sample=sample, seed=seed, **filters.chosen())
    show_frame(table, title="Importance", nothing=_TOO_FEW, as_json=as_json, rows=rows)


@app.command()
@guarded
@grouped
def effects(
    *,
    sample: Sample = 1_000,
    filters: Filters,
    seed: Seed = 0,
    rows: Rows = SHOWN,
    corpus: CorpusPath = None,
    as_json: AsJson = False,
) -> None:
    """How the accuracy depends on each number: Spearman, distance correlation, information."""
    from catta import stats

    table = stats.effects(corpus, sample=sample, seed=seed, **filters.chosen())
    hidden = ["p", "drawn"]
    show_frame(table, title="Effects", nothing=_TOO_FEW, hidden=hidden, as_json=as_json, rows=rows)


@app.command()
@guarded
@grouped
def transforms(
    *,
    most: Annotated[
        int, typer.Option("--most", metavar="N", min=2, help="So many transforms of a problem.")
    ] = 12,
    filters: Filters,
    seed: Seed = 0,
    rows: Rows = SHOWN,
    corpus: CorpusPath = None,
    as_json: AsJson = False,
) -> None:
    """Transforms compared pairwise on the same networks, corrected for many tests."""
    from catta import stats

    table = stats.transforms(corpus, most=most, seed=seed, **filters.chosen())
    hidden = ["mean_a", "mean_b", "p"]
    show_frame(
        table, title="Transforms", nothing=_TOO_FEW, hidden=hidden, as_json=as_json, rows=rows
    )


@app.command()
@guarded
@grouped
def compare(
    *,
    a: A,
    b: B,
    by: SideBy = "family",
    on: Annotated[
        _Texts,
        typer.Option(
            "--match", metavar="NAME", help="What is matched; default: transform, batch, lr."
        ),
    ] = None,
    filters: SideFilters,
    seed: Seed = 0,
    corpus: CorpusPath = None,
    as_json: AsJson = False,
) -> None:
    """Two families side by side: all networks, those of equal settings, and what confounds them."""
    from catta import stats
    from catta.stats.matching import ON

    table = stats.compare(a, b, corpus, by=by, on=on or ON, seed=seed, **filters.chosen())
    nothing = f"There is no task, dataset, metric and epoch that both {a} and {b} have."
    hidden = ["p"]
    show_frame(table, title=f"{a} and {b}", nothing=nothing, hidden=hidden, as_json=as_json)


@app.command()
@guarded
@grouped
def confounding(
    *,
    a: A,
    b: B,
    by: SideBy = "family",
    filters: SideFilters,
    seed: Seed = 0,
    rows: Rows = SHOWN,
    corpus: CorpusPath = None,
    as_json: AsJson = False,
) -> None:
    """By which settings two families were trained, and which of these differ."""
    from catta import stats

    table = stats.confounding(a, b, corpus, by=by, seed=seed, **filters.chosen())
    nothing = f"There is no task, dataset, metric and epoch that both {a} and {b} have."
    show_frame(table, title=f"{a} and {b}", nothing=nothing, as_json=as_json, rows=rows)


@app.command()
@guarded
@grouped
def durations(
    *,
    by: By = None,
    filters: NetworkFilters,
    rows: Rows = SHOWN,
    corpus: CorpusPath = None,
    as_json: AsJson = False,
) -> None:
    """How many seconds an epoch takes."""
    from catta import stats

    table = stats.durations(corpus, by=[*_PROBLEM, *(by or [])], **filters.chosen())
    hidden = ["q05", "q25", "q75", "q95", "first_median"]
    title, nothing = "Seconds an epoch", "No measurement matches that has a duration."
    show_frame(table, title=title, nothing=nothing, hidden=hidden, as_json=as_json, rows=rows)
