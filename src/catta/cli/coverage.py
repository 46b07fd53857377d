"""`catta coverage`: which networks of the corpus build and train, and from which size on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from catta.cli.guard import guarded
from catta.cli.option_groups import grouped
from catta.cli.options import AsJson, CorpusPath, Dataset, Task, Unsafe, Workers
from catta.cli.output import check_target, print_json, print_rich, write_text
from catta.cli.place_options import DataOptions
from catta.cli.working import working
from catta.paths import default_corpus

if TYPE_CHECKING:
    from catta.training.coverage import Covered

_ERROR = 110


@guarded
@grouped
def coverage(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="Default: all of the corpus.")
    ] = None,
    *,
    filter_: Annotated[
        str, typer.Option("--filter", metavar="PATTERN", help="Only these names.")
    ] = "*",
    sample: Annotated[
        int | None, typer.Option("--sample", metavar="N", min=1, help="Draw so many of them.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Seed of the drawing.")] = 0,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE.md", help="Write the table.")
    ] = None,
    task: Task = None,
    dataset: Dataset = None,
    place: DataOptions,
    workers: Workers = None,
    unsafe: Unsafe = False,
    corpus: CorpusPath = None,
    as_json: AsJson = False,
) -> None:
    """Train each network for two steps on its task, with the smallest input that it takes.

    The task is that of its published trials, or each in turn, with the embedded data; --task and
    --dataset set others.
    """
    from catta.corpus import Corpus
    from catta.training import find_subject
    from catta.training.comparable import draw
    from catta.training.coverage import coverage as cover

    place.load_plugins()
    check_target(output, "--output")
    with (
        working() as work,
        Corpus.open(corpus or default_corpus(), create=False, read_only=True) as store,
    ):
        chosen = names or draw(store, filter_, sample, seed)
        subjects = {name: find_subject(name, store) for name in chosen}
        networks = {network.id: network for network in subjects.values()}
        covered = cover(
            list(networks.values()),
            store,
            task=task,
            dataset=dataset,
            directory=place.directory(),
            workers=workers,
            unsafe=unsafe,
            tell=work.observer.message,
            stop=work.stop,
        )
    found = dict(zip(networks, covered, strict=True))
    # A network of several names is trained once, and stands in the table under each.
    results = [replace(found[network.id], name=name) for name, network in subjects.items()]
    if output is not None:
        write_text(output, "\n".join(_markdown(results)) + "\n")
    if as_json:
        print_json(results)
    else:
        print_rich(*_summary(results))


def _summary(results: list[Covered]) -> Iterator[str]:
    ok = [r for r in results if r.verdict.ok]
    yield f"{len(ok)} of {len(results)} networks build and train ({len(ok) / len(results):.1%})."
    sizes = Counter((r.task, r.size) for r in ok)
    for (task, size), count in sorted(sizes.items(), key=str):
        yield f"  {task} from {size} on: {count}"
    for result in results:
        if not result.verdict.ok:
            yield f"{result.name}: {_failure(result)}"


def _markdown(results: list[Covered]) -> Iterator[str]:
    yield from (line.strip() for line in list(_summary(results))[:1])
    yield ""
    yield "| network | task | smallest input | outcome |"
    yield "|---|---|---|---|"
    for result in sorted(results, key=lambda r: (r.task, r.name)):
        outcome = "OK" if result.verdict.ok else _failure(result)
        cells = (result.name, result.task, result.size or "-", outcome)
        yield "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


def _failure(result: Covered) -> str:
    error = (result.verdict.error or "")[:_ERROR]
    return f"{result.verdict.outcome.value} at {result.verdict.stage.value}: {error}"
