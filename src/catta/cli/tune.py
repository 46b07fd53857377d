"""`catta tune`: the hyperparameters of a network, or of all networks of a task."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from catta.cli.guard import guarded
from catta.cli.interruption import stop_on_signals
from catta.cli.options import (
    AsJson,
    CorpusPath,
    DataDirectory,
    Dataset,
    Length,
    Metric,
    Minutes,
    Optimizer,
    Plugins,
    Prm,
    Resolution,
    Seed,
    Task,
    Threads,
    Track,
    TrainSamples,
    Unsafe,
    ValidationSamples,
    Workers,
    directory_of,
    load_plugins,
    parse_prm,
)
from catta.cli.output import check_target, print_json, print_rich, write_text
from catta.cli.tuning_tables import filled_table, tune_lines, tune_table
from catta.errors import UsageError
from catta.paths import default_corpus

if TYPE_CHECKING:
    from catta.corpus import Corpus
    from catta.hpo import Filled, TuneReport, TuneSettings


@guarded
def tune(
    network: Annotated[
        str | None, typer.Argument(metavar="NETWORK", help="FILE.py or a name.")
    ] = None,
    all_: Annotated[
        bool, typer.Option("--all", help="Every network of the task that lacks trials.")
    ] = False,
    profile: Annotated[
        str, typer.Option("--profile", metavar="NAME", help="With --all: lemur or quick.")
    ] = "lemur",
    task: Task = None,
    dataset: Dataset = None,
    metric: Metric = None,
    trials: Annotated[
        int, typer.Option("--trials", metavar="N", help="How many, those of before included.")
    ] = 100,
    epochs: Annotated[
        int | None, typer.Option("--epochs", metavar="N", help="Of each trial; default: 5.")
    ] = None,
    sampler: Annotated[
        str, typer.Option("--sampler", metavar="NAME", help="tpe, cmaes, random, grid or nsga2.")
    ] = "tpe",
    pruner: Annotated[
        str, typer.Option("--pruner", metavar="NAME", help="none, hyperband, median or wilcoxon.")
    ] = "none",
    objective: Annotated[
        str,
        typer.Option(
            "--objective", metavar="NAME,...", help="Some of accuracy, params, flops, latency."
        ),
    ] = "accuracy",
    range_: Annotated[
        list[str] | None,
        typer.Option("--range", metavar="NAME=LOW:HIGH[:log]", help="May be repeated."),
    ] = None,
    choices: Annotated[
        list[str] | None,
        typer.Option("--choices", metavar="NAME=VALUE,...", help="May be repeated."),
    ] = None,
    transforms: Annotated[
        str | None, typer.Option("--transforms", metavar="NAME,...", help="To choose from.")
    ] = None,
    prm: Prm = None,
    resolution: Resolution = None,
    length: Length = None,
    train_samples: TrainSamples = None,
    validation_samples: ValidationSamples = None,
    track: Track = None,
    optimizer: Optimizer = None,
    minutes: Minutes = None,
    study: Annotated[
        str | None, typer.Option("--study", metavar="NAME", help="Name of the study.")
    ] = None,
    no_warm_start: Annotated[
        bool, typer.Option("--no-warm-start", help="Begin with nothing that is known.")
    ] = False,
    best: Annotated[
        Path | None,
        typer.Option("--best", metavar="FILE.toml", help="Write the best recipe for catta train."),
    ] = None,
    workers: Workers = None,
    threads: Threads = None,
    seed: Seed = None,
    plugin: Plugins = None,
    data: DataDirectory = None,
    unsafe: Unsafe = False,
    corpus: CorpusPath = None,
    as_json: AsJson = False,
) -> None:
    """Search hyperparameters with Optuna; a study goes on when the same is asked for again."""
    from catta import hpo
    from catta.corpus import Corpus

    if all_ == (network is not None):
        raise UsageError("give either the name of a network or --all")
    if all_ and (best is not None or study is not None):
        raise UsageError("--best and --study are about one network, not about --all")
    check_target(best)
    load_plugins(plugin)
    fixed = parse_prm(prm)
    recipe = {
        "dataset": dataset,
        "metric": metric,
        "epochs": epochs,
        "resolution": resolution,
        "length": length,
        "train_samples": train_samples,
        "validation_samples": validation_samples,
        "track": track,
        "optimizer": optimizer,
        "seed": seed,
        "seconds": None if minutes is None else minutes * 60,
    }
    settings = hpo.TuneSettings(
        trials=trials,
        sampler=sampler,
        pruner=pruner,
        objectives=tuple(objective.split(",")),
        space=_space(range_, choices),
        transforms=tuple(transforms.split(",")) if transforms else (),
        fixed=tuple(fixed),
        study=study,
        workers=1 if workers is None else workers,
        threads=threads,
        seed=seed or 0,
        warm_start=0 if no_warm_start else 5,
        directory=directory_of(data),
        unsafe=unsafe,
    )
    chosen = task or "img-classification"
    known = {name: value for name, value in recipe.items() if value is not None}
    with Corpus.open(corpus or default_corpus()) as store:
        if network is None:
            _show_all(_fill(store, chosen, profile, fixed, known, settings), as_json=as_json)
        else:
            report = _tune(store, network, chosen, fixed, known, settings)
            _show(network, report, best, as_json=as_json)


def _tune(
    store: Corpus,
    network: str,
    task: str,
    prm: Mapping[str, float],
    recipe: Mapping[str, Any],
    settings: TuneSettings,
) -> TuneReport:
    from catta import hpo, training

    subject = training.find_subject(network, store)
    base = training.recipe_for(task, subject.source, prm=prm, **{"epochs": 5, **recipe})
    with stop_on_signals(_tell) as stop:
        return hpo.tune(subject, base, corpus=store, settings=settings, tell=_tell, stop=stop)


def _fill(
    store: Corpus,
    task: str,
    profile: str,
    prm: Mapping[str, float],
    recipe: Mapping[str, Any],
    settings: TuneSettings,
) -> list[Filled]:
    from catta import hpo

    if profile not in hpo.PROFILES:
        known = ", ".join(hpo.PROFILES)
        raise UsageError(f"profile must be one of {known}, not {profile!r}")
    if prm:
        raise UsageError("--prm fixes hyperparameters of one network, not of --all")
    with stop_on_signals(_tell) as stop:
        return list(
            hpo.fill(
                store,
                task,
                profile=hpo.PROFILES[profile],
                recipe=recipe,
                settings=settings,
                tell=_tell,
                stop=stop,
            )
        )


def _space(ranges: Iterable[str] | None, choices: Iterable[str] | None) -> dict[str, Any]:
    from catta import hpo

    found = [hpo.parse_range(text) for text in ranges or ()]
    several = [*found, *(hpo.parse_choices(text) for text in choices or ())]
    space = dict(several)
    if len(space) < len(several):
        raise UsageError("--range, --choices: a hyperparameter is given twice")
    return space


def _show(network: str, report: TuneReport, best: Path | None, *, as_json: bool) -> None:
    from catta import hpo

    if best is not None and report.best:
        name = str(Path(network).absolute()) if network.endswith(".py") else network
        write_text(best, hpo.best_toml(name, report.best[0]))
    if as_json:
        print_json(_plain_report(report))
    else:
        print_rich(*tune_lines(report))
        if report.best:
            print_rich(tune_table(report))
            typer.echo(hpo.best_toml(network, report.best[0]))
    if not report.best:
        raise typer.Exit(1)


def _show_all(filled: list[Filled], *, as_json: bool) -> None:
    if as_json:
        print_json([_plain(one) for one in filled])
    else:
        print_rich(filled_table(filled))


def _plain_report(report: TuneReport) -> dict[str, Any]:
    """As the record has it, with recipes as objects."""
    best = [
        {
            "number": one.number,
            "values": dict(one.values),
            "hyperparameters": dict(one.hyperparameters),
            "recipe": one.recipe.model_dump(),
        }
        for one in report.best
    ]
    names = [field.name for field in fields(report) if field.name != "best"]
    return {name: getattr(report, name) for name in names} | {"best": best}


def _plain(one: Filled) -> dict[str, Any]:
    report = one.report
    return {
        "network": one.name,
        "why": one.why,
        "states": None if report is None else report.states,
        "new": 0 if report is None else report.new,
        "best": dict(report.best[0].values) if report is not None and report.best else None,
    }


def _tell(text: str) -> None:
    typer.echo(text, err=True)
