"""`catta corpus import optuna`: the trials of a study."""

from __future__ import annotations

from typing import Annotated

import typer

from catta.cli.formats import because, counted
from catta.cli.guard import guarded
from catta.cli.options import AsJson, CorpusPath
from catta.cli.output import print_json, print_rich
from catta.paths import default_corpus


@guarded
def optuna(
    storage: Annotated[
        str, typer.Argument(metavar="STORAGE", help="Database URL, SQLite file or journal file.")
    ],
    study: Annotated[str, typer.Argument(metavar="STUDY", help="Name of the study.")],
    dataset: Annotated[str, typer.Option("--dataset", metavar="NAME", help="What was trained on.")],
    task: Annotated[
        str, typer.Option("--task", metavar="NAME", help="What for.")
    ] = "img-classification",
    metric: Annotated[
        str, typer.Option("--metric", metavar="NAME", help="What the values are.")
    ] = "acc",
    name: Annotated[
        str | None,
        typer.Option("--nn", metavar="NAME", help="Network that was tuned; default: STUDY."),
    ] = None,
    corpus: CorpusPath = None,
    as_json: AsJson = False,
) -> None:
    """Bring the trials of an Optuna study into the corpus."""
    from catta.corpus import Corpus
    from catta.library import import_optuna

    with Corpus.open(corpus or default_corpus()) as store:
        report = import_optuna(
            store, storage, study, dataset=dataset, task=task, metric=metric, name=name
        )
    if as_json:
        print_json(report)
        return
    new = counted(report.new_trials, "new trial")
    print_rich(f"{new} of {report.trials:,} under {report.name}.")
    for reason, count in report.skipped.items():
        print_rich(f"Skipped {because(count, 'trial', reason)}")
