"""A tiny run: four known networks, digits, completions from a list."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from loop_networks import NETWORK, network

BROKEN = NETWORK.format(layers="nn.Conv2d(3, 8, 3)", width=9)

SCRIPT = [
    network(8),
    "I am sorry, I cannot do that.",
    network(
        12,
        activation="GELU",
        extra=", nn.Conv2d(12, 12, 3, padding=1, groups=12), nn.SiLU(), nn.AvgPool2d(2)",
    ),
    network(8),  # a twin
    "import os\n" + network(16),
    BROKEN,
    network(
        10,
        kernel=5,
        extra=", nn.Conv2d(10, 10, 3, padding=2, dilation=2), nn.BatchNorm2d(10), nn.Hardswish()",
    ),
    network(8)[:200],
]


@pytest.fixture
def run_files(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Plain values of a tiny run configuration, whose files lie in a temporary directory."""
    seeds = tmp_path / "seeds.json"
    rows = [
        {"name": f"Known-{i}", "source": source, "licence": "MIT", "accuracy": 0.5 + i / 10}
        for i, source in enumerate(
            [
                network(6, extra=", nn.Dropout(0.1), nn.Conv2d(6, 6, 1), nn.Tanh()"),
                network(24, kernel=7, activation="ELU", extra=", nn.Identity(), nn.Softplus()"),
                network(4, activation="Sigmoid", extra=", nn.AvgPool2d(2), nn.ReLU6()"),
            ]
        )
    ]
    seeds.write_text(json.dumps(rows))
    script = tmp_path / "script.json"
    script.write_text(json.dumps(SCRIPT))

    def values(**changes: Any) -> dict[str, Any]:
        recipe = {
            "dataset": "digits",
            "resolution": 16,
            "train_samples": 200,
            "validation_samples": 100,
            "batch": 32,
        }
        base: dict[str, Any] = {
            "arm": "frozen",
            "backend": "scripted",
            "script": str(script),
            "cycles": 2,
            "candidates": 8,
            "threshold": 0.1,
            "workers": 1,
            "assess": 1,
            "sampling": {"batch": 4},
            "recipe": recipe,
            "seeds": {"source": str(seeds), "learn_from": 3},
        }
        return {**base, **changes}

    return values
