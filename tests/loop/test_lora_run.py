"""A whole run of the arm lora with a tiny random language model: what each cycle learns from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from catta.corpus import Corpus
from catta.finetune import train_adapter
from catta.loop import RunReport, evolve, parse_config
from catta.loop.warm_up import stored_adapter
from catta.records import Adapter
from catta.testing.tiny_model import make_tiny_model

Values = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_model(tmp_path_factory.mktemp("models") / "tiny")


def run(corpus: Path, values: dict[str, Any]) -> RunReport:
    return evolve(parse_config(values), corpus=corpus)


def lora(run_files: Values, tiny_model: Path, **changes: Any) -> dict[str, Any]:
    values = run_files(
        arm="lora",
        backend="transformers",
        model=str(tiny_model),
        cycles=3,
        candidates=2,
        sampling={"batch": 2, "max_new_tokens": 8},
        warmup={"rank": 2, "batch": 2},
        finetune={"rank": 2, "batch": 2},
        learn_within=1.0,
        **changes,
    )
    values["seeds"] = values["seeds"] | {"warmup_examples": 3}
    return values


@pytest.mark.slow
@pytest.mark.parametrize("origin", ["warmup", "last"])
def test_every_cycle_but_the_last_leaves_an_adapter(
    tmp_path: Path, run_files: Values, tiny_model: Path, monkeypatch: Any, origin: str
) -> None:
    monkeypatch.setenv("CATTA_CACHE", str(tmp_path / "cache"))
    values = lora(run_files, tiny_model, finetune_from=origin)
    corpus = tmp_path / "corpus.sqlite"
    starts: list[Path | None] = []

    def spy(base: str, start: Path | None, *arguments: Any, **keywords: Any) -> Adapter:
        starts.append(start)
        return train_adapter(base, start, *arguments, **keywords)

    monkeypatch.setattr("catta.loop.learning.train_adapter", spy)

    done = run(corpus, values)

    with Corpus.open(corpus) as store:
        warmup = stored_adapter(store, parse_config(values))
    assert warmup is not None
    adapters = [cycle.adapter for cycle in done.cycles]
    assert [adapter is not None for adapter in adapters] == [True, True, False]
    first, second = adapters[:2]
    assert first is not None
    assert second is not None
    # What generates in a cycle is what the cycle before has left.
    assert [cycle.generator for cycle in done.cycles] == [
        warmup.sha256,
        first.sha256,
        second.sha256,
    ]
    again = warmup if origin == "warmup" else first
    assert starts == [Path(warmup.path), Path(again.path)]
    prompts = {c.cycle: c.prompt.text for c in done.candidates}
    assert "Score: any" in prompts[1]
    assert "Score: accuracy >=" in prompts[2]
    assert first.steps == 2  # three seeds, two at a time
    assert all(Path(a.path).is_dir() for a in (first, second))
