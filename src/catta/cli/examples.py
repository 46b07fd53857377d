"""What stands below the help of a command: how it is called."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import typer

EXAMPLES: Mapping[str, str] = MappingProxyType(
    {
        "new": "catta new mine --task obj-detection",
        "check": "catta check mine.py",
        "train": "catta train residual --dataset digits --epochs 2 --prm lr=0.05 --plot",
        "tune": "catta tune mine.py --trials 20 --range lr=0.001:0.1:log --best best.toml",
        "noise": "catta noise residual --dataset digits --seeds 3 --epochs 1",
        "fidelity": "catta fidelity --sample 6 --early 1 --epochs 3",
        "coverage": "catta coverage --sample 20 -o coverage.md",
        "evolve": "catta evolve --arm mutation --cycles 2 --candidates 4",
        "resume": "catta resume mutation-1 --best best.py",
        "warmup": "catta warmup run.toml -o adapter",
        "export network": "catta export residual --weights residual.safetensors -o residual.onnx",
        "export table": "catta export table --networks residual,squeeze-excite -o edge.md",
        "export stats": "catta export stats -o statistics.xlsx --task img-classification",
        "bench": "catta bench residual.onnx --threads 1,2 --batch 1,8",
        "deploy": "catta deploy residual --weights residual.safetensors -o folder",
        "prune": "catta prune residual --weights residual.safetensors --amount 0.5",
        "report": "catta report -o pages",
        "runs show": "catta runs show mutation-1 --best",
        "cache clear": "catta cache clear --all --unused 30",
        "corpus import lemur": "catta corpus import lemur",
        "corpus import optuna": "catta corpus import optuna study.db tuning --dataset cifar-10",
        "corpus list": "catta corpus list --family ResNet --limit 10",
        "corpus query": "catta corpus query 'SELECT count(*) FROM networks'",
        "corpus add": "catta corpus add mine.py networks",
        "corpus export": "catta corpus export -o best.parquet --best --dataset cifar-10",
        "stats summary": "catta stats summary --dataset cifar-10 --by family",
        "stats leaderboard": "catta stats leaderboard -n 5 --dataset cifar-10",
        "stats compare": "catta stats compare ga ResNet --match batch",
        "plot curves": "catta plot curves -o curves.svg --dataset cifar-10 --prefix ResNet",
    }
)
"""By the words of a command."""


def add_examples(app: typer.Typer, *words: str) -> None:
    """Put the examples below the help of an app's commands, and of those in its groups."""
    for command in app.registered_commands:
        named = " ".join((*words, command.name or _name(command.callback)))
        if named in EXAMPLES:
            command.epilog = f"Example: {EXAMPLES[named]}"
    for group in app.registered_groups:
        if group.typer_instance is not None and group.name:
            add_examples(group.typer_instance, *words, group.name)


def _name(callback: Any) -> str:
    """The name of a command that was registered without one."""
    return str(callback.__name__)
