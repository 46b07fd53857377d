"""`catta tune`: the hyperparameters of a network, or of all networks of a task."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from catta.cli.guard import guarded
from catta.cli.interruption import stop_on_signals
from catta.cli.option_groups import grouped
from catta.cli.options import AsJson, CorpusPath, Threads, Unsafe, Workers
from catta.cli.output import check_target, print_json, print_rich, write_text
from catta.cli.place_options import DataOptions
from catta.cli.tune_options import EPOCHS, SearchOptions, TrialOptions
from catta.cli.tuning_tables import filled_table, tune_lines, tune_table
from catta.errors import UsageError
from catta.paths import default_corpus

if TYPE_CHECKING:
    from catta.corpus import Corpus
    from catta.hpo import Filled, TuneReport, TuneSettings


@guarded
@grouped
def tune(
    network: Annotated[
        str | None, typer.Argument(metavar="NETWORK", help="FILE.py or a name.")
    ] = None,
    *,
    all_: Annotated[
        bool, typer.Option("--all", help="Every network of the task that lacks trials.")
    ] = False,
    profile: Annotated[
        str, typer.Option("--profile", metavar="NAME", help="With --all: lemur or quick.")
    ] = "lemur",
    search: SearchOptions,
    best: Annotated[
        Path | None,
        typer.Option("--best", metavar="FILE.toml", help="Write the best recipe for catta train."),
    ] = None,
    recipe: TrialOptions,
    place: DataOptions,
    workers: Workers = None,
    threads: Threads = None,
    unsafe: Unsafe = False,
    corpus: CorpusPath = None,
    as_json: AsJson = False,
) -> None:
    """Search hyperparameters with Optuna; a study goes on when the same is asked for again."""
    from catta.corpus import Corpus

    _check_what(network, best, search.study, every=all_)
    check_target(best, "--best")
    place.load_plugins()
    settings = search.tune_settings(
        fixed=tuple(recipe.hyperparameters()),
        seed=recipe.seed or 0,
        workers=1 if workers is None else workers,
        threads=threads,
        directory=place.directory(),
        unsafe=unsafe,
    )
    with Corpus.open(corpus or default_corpus()) as store:
        if network is None:
            _show_all(_fill(store, profile, recipe, settings), as_json=as_json)
        else:
            _show(network, _tune(store, network, recipe, settings), best, as_json=as_json)


def _check_what(network: str | None, best: Path | None, study: str | None, *, every: bool) -> None:
    if every == (network is not None):
        raise UsageError("give either the name of a network or --all")
    if every and (best is not None or study is not None):
        raise UsageError("--best and --study are about one network, not about --all")


def _tune(store: Corpus, network: str, recipe: TrialOptions, settings: TuneSettings) -> TuneReport:
    from catta import hpo, training

    subject = training.find_subject(network, store)
    given = {"epochs": EPOCHS, **recipe.settings()}
    base = training.recipe_for(
        recipe.purpose(), subject.source, prm=recipe.hyperparameters(), **given
    )
    with stop_on_signals(_tell) as stop:
        return hpo.tune(subject, base, corpus=store, settings=settings, tell=_tell, stop=stop)


def _fill(
    store: Corpus, profile: str, recipe: TrialOptions, settings: TuneSettings
) -> list[Filled]:
    from catta import hpo

    if profile not in hpo.PROFILES:
        known = ", ".join(hpo.PROFILES)
        raise UsageError(f"profile must be one of {known}, not {profile!r}")
    if recipe.prm:
        raise UsageError("--prm fixes hyperparameters of one network, not of --all")
    with stop_on_signals(_tell) as stop:
        filled = hpo.fill(
            store,
            recipe.purpose(),
            profile=hpo.PROFILES[profile],
            recipe=recipe.settings(),
            settings=settings,
            tell=_tell,
            stop=stop,
        )
        return list(filled)


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
