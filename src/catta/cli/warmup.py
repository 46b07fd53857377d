"""`catta warmup`: teach a language model the contract on the seeds, once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from catta.cli.guard import guarded
from catta.cli.option_groups import grouped
from catta.cli.options import AsJson, CorpusPath, Model, RunFile, Seed, Unsafe, Workers, overrides
from catta.cli.output import print_json, print_rich
from catta.cli.place_options import DataOptions
from catta.cli.working import working


@guarded
@grouped
def warmup(
    run_file: RunFile = None,
    *,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="DIR", help="Directory of a new adapter."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Train even if one exists.")] = False,
    model: Model = None,
    seed: Seed = None,
    workers: Workers = None,
    unsafe: Unsafe = False,
    place: DataOptions,
    corpus: CorpusPath = None,
    as_json: AsJson = False,
) -> None:
    """Fine-tune a language model on the seeds; an adapter of the same settings is reused."""
    from catta import loop

    place.load_plugins()
    config = loop.load_config(
        run_file, overrides(data=place.data, unsafe=unsafe, model=model, seed=seed, workers=workers)
    )
    with working() as work:
        adapter = loop.warmup(
            config,
            corpus=corpus,
            observer=work.observer,
            stop=work.stop,
            output=output,
            force=force,
        )
    if as_json:
        print_json(adapter)
    else:
        print_rich(
            f"Adapter of {adapter.base_model}: {adapter.path}",
            f"{adapter.steps:,} steps, {adapter.tokens:,} tokens, {adapter.seconds:,.0f} s, "
            f"SHA-256 {adapter.sha256}",
        )
