"""`catta evolve` and `catta resume`: drive a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from catta.cli.formats import as_int, settings
from catta.cli.guard import guarded
from catta.cli.option_groups import grouped
from catta.cli.options import (
    AsJson,
    CorpusPath,
    Dataset,
    Model,
    Plugins,
    RunFile,
    Seed,
    Unsafe,
    Workers,
    load_plugins,
    overrides,
)
from catta.cli.output import check_target, print_json, print_rich, write_text
from catta.cli.place_options import DataOptions
from catta.cli.progress import Tally
from catta.cli.tables import assessment_table, best_text, cycles_table, improvement_table
from catta.cli.working import Work, working
from catta.errors import CorpusError, UsageError

if TYPE_CHECKING:
    from catta.loop import RunConfig, RunReport

BestFile = Annotated[
    Path | None,
    typer.Option("--best", metavar="FILE.py", help="Write the best network's source there."),
]


@guarded
@grouped
def evolve(
    run_file: RunFile = None,
    *,
    arm: Annotated[
        str | None, typer.Option("--arm", metavar="ARM", help="lora, frozen or mutation.")
    ] = None,
    dataset: Dataset = None,
    model: Model = None,
    cycles: Annotated[
        int | None, typer.Option("--cycles", metavar="N", help="Turns of the loop.")
    ] = None,
    candidates: Annotated[
        int | None, typer.Option("--candidates", metavar="N", help="Candidates a cycle.")
    ] = None,
    seed: Seed = None,
    threshold: Annotated[
        float | None,
        typer.Option(
            "--threshold", metavar="X", help="Validation accuracy (0..1) needed for admission."
        ),
    ] = None,
    workers: Workers = None,
    resume_unfinished: Annotated[
        bool,
        typer.Option(
            "--resume-unfinished",
            help="Go on with the newest unfinished run of the same configuration, if there is one.",
        ),
    ] = False,
    best: BestFile = None,
    place: DataOptions,
    unsafe: Unsafe = False,
    corpus: CorpusPath = None,
    as_json: AsJson = False,
) -> None:
    """Run the closed loop: generate, check, train, select, fine-tune, cycle after cycle."""
    from catta import loop
    from catta.export.loop_probe import edge_probe

    check_target(best, "--best")
    place.load_plugins()
    config = loop.load_config(
        run_file,
        overrides(
            dataset=dataset,
            data=place.data,
            unsafe=unsafe,
            arm=arm,
            model=model,
            cycles=cycles,
            candidates=candidates,
            seed=seed,
            threshold=threshold,
            workers=workers,
        ),
    )
    unfinished = _newest_unfinished(config, corpus) if resume_unfinished else None
    report = _resume_or_none(unfinished, corpus) if unfinished else None
    if report is None:
        with working(Tally(cycles=config.cycles, candidates=config.candidates)) as work:
            report = loop.evolve(
                config, corpus=corpus, observer=work.observer, stop=work.stop, edge=edge_probe
            )
    _show(report, best, as_json=as_json)


@guarded
def resume(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="Id of a run, or a unique beginning of it.")
    ],
    best: BestFile = None,
    plugin: Plugins = None,
    corpus: CorpusPath = None,
    as_json: AsJson = False,
) -> None:
    """Go on with a run where it stopped."""
    from catta import loop
    from catta.export.loop_probe import edge_probe

    check_target(best, "--best")
    load_plugins(plugin)
    before = loop.report(run, corpus=corpus)
    with working(_tally(before)) as work:
        report = loop.resume(
            run, corpus=corpus, observer=work.observer, stop=work.stop, edge=edge_probe
        )
    _show(report, best, as_json=as_json)


def _newest_unfinished(config: RunConfig, corpus: str | None) -> RunReport | None:
    """The newest run of this configuration that is not finished; None also without a corpus."""
    from catta import loop

    try:
        reports = loop.list_runs(corpus=corpus)
    except UsageError:  # there is no corpus yet; evolve makes it
        return None
    wanted = config.model_dump(mode="json")
    for report in reversed(reports):
        if report.run.finished is None and report.run.config.get("requested") == wanted:
            return report
    return None


def _resume_or_none(unfinished: RunReport, corpus: str | None) -> RunReport | None:
    """Go on with a run; None, after saying so, where what it had stored is damaged or gone."""
    from catta import loop
    from catta.export.loop_probe import edge_probe

    run = unfinished.run.id
    with working(_tally(unfinished)) as work:
        work.observer.message(f"Going on with the unfinished run {run}.")
        try:
            return loop.resume(
                run, corpus=corpus, observer=work.observer, stop=work.stop, edge=edge_probe
            )
        except CorpusError as error:
            _tell_new_run(work, run, error)
            return None


def _tell_new_run(work: Work, run: str, error: CorpusError) -> None:
    work.observer.message(f"Run {run} cannot go on ({error}); starting a new one.")


def _tally(report: RunReport) -> Tally:
    """How far a stored run is."""
    cycles, candidates = (as_int(settings(report.run).get(k)) for k in ("cycles", "candidates"))
    closed = sum(cycle.closed for cycle in report.cycles)
    return Tally(cycles=cycles or None, candidates=candidates, done=closed * candidates)


def _show(report: RunReport, best_file: Path | None, *, as_json: bool) -> None:
    best = report.best
    if best_file is not None and best is not None:
        write_text(best_file, best.source or "")
    if as_json:
        print_json(report.to_dict())
        return
    print_rich(cycles_table(report))
    for table in (improvement_table(report), assessment_table(report.run)):
        if table is not None:
            print_rich(table)
    print_rich(f"Corpus: {report.corpus}", best_text(report))
    if best_file is not None and best is not None:
        print_rich(f"Best network's source: {best_file}")
