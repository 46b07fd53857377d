"""`catta corpus inspect`: static facts of networks, found in the sandbox."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from catta.cli.formats import counted, number
from catta.cli.guard import guarded
from catta.cli.options import AsJson, CorpusPath, Unsafe
from catta.cli.output import print_json, print_rich
from catta.cli.working import working
from catta.errors import SandboxError, UsageError
from catta.paths import default_corpus

if TYPE_CHECKING:
    from catta.corpus import Corpus
    from catta.library import AddReport, InspectReport

_OPERATORS_SHOWN = 8


@guarded
def inspect(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="Names, aliases or ids.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All networks of the corpus.")] = False,
    run: Annotated[
        str | None,
        typer.Option("--run", metavar="RUN", help="The seeds and the candidates of this run."),
    ] = None,
    task: Annotated[
        str | None,
        typer.Option("--task", metavar="NAME", help="For this task; default: that of its trials."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", metavar="N", min=1, help="At the same time.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", min=1, help="At most so many.")
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Those too that were inspected before.")
    ] = False,
    unsafe: Unsafe = False,
    corpus: CorpusPath = None,
    as_json: AsJson = False,
) -> None:
    """Build networks in the sandbox: parameters, FLOPs, depth, the smallest input that works."""
    from catta.corpus import Corpus
    from catta.library import inspect_networks

    if [bool(names), everything, run is not None].count(True) != 1:
        raise UsageError("inspect: give names of networks, or --run, or --all, and only one of it")
    with (
        working() as work,
        Corpus.open(corpus or default_corpus(), create=False) as store,
    ):
        report = inspect_networks(
            store,
            names or None,
            run=run,
            task=task,
            workers=workers,
            limit=limit,
            again=again,
            unsafe=unsafe,
            progress=work.observer,
            stop=work.stop,
        )
    if as_json:
        print_json(report)
    else:
        print_rich(*report_lines(report))


def inspect_added(store: Corpus, report: AddReport) -> InspectReport | None:
    """Inspect networks that were just added; None where nothing was, or no sandbox can be had."""
    from catta.library import inspect_networks

    if not report.ids:
        return None
    with working() as work:
        try:
            return inspect_networks(store, report.ids, progress=work.observer, stop=work.stop)
        except SandboxError as error:
            work.observer.message(f"The networks are added but not inspected: {error}")
            return None


def report_lines(report: InspectReport) -> Iterator[str]:
    """What inspecting showed, in sentences."""
    if not report.inspected:
        yield f"Nothing to do: {counted(report.networks, 'network')} inspected before."
        return
    done = counted(report.inspected, "network was", "networks were")
    left = (
        f"{report.remaining:,} of {report.networks:,} are still to be inspected"
        if report.remaining
        else "none is left to be inspected"
    )
    yield f"{done} inspected now; {left}."
    if report.outcomes:
        yield f"Outcomes: {outcomes_text(report.outcomes)}"
    if report.resolutions:
        sizes = (f"{size} for {count:,}" for size, count in report.resolutions.items())
        yield f"Smallest input that works, in pixels: {', '.join(sizes)}"
    if report.untraced:
        yield f"Too large for their graphs to be kept: {counted(report.untraced, 'network')}"


def outcomes_text(outcomes: Mapping[str, int]) -> str:
    """`19 OK, 1 INVALID`."""
    return ", ".join(f"{count:,} {outcome}" for outcome, count in outcomes.items())


def inspection_lines(found: Mapping[str, Any]) -> Iterator[str]:
    """One inspection of a network."""
    structure = found["structure"]
    if structure is None:
        yield f"For {found['task']}, inspecting it ended as {found['outcome']}: {found['error']}"
        return
    yield (
        f"For {found['task']}: works from an input of {structure['resolution']} on; there "
        f"{number(structure['parameters'])} parameters ({number(structure['trainable'])} "
        f"trainable), {number(structure['flops'])} FLOPs, depth {structure['depth']}, "
        f"{structure['leaf_layers']} layers"
    )
    features = [name for name in ("attention", "residual") if structure[name]]
    if structure["pretrained"]:
        features.append("asks for pretrained weights")
    if features:
        yield f"It has: {', '.join(features)}"
    counts = sorted(structure["operators"].items(), key=lambda pair: (-pair[1], pair[0]))
    shown = [f"{name} {count}" for name, count in counts[:_OPERATORS_SHOWN]]
    more = ", ..." if len(counts) > _OPERATORS_SHOWN else ""
    yield f"Operators: {', '.join(shown)}{more}"
