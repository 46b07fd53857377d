"""A corpus whose statistics are known: two families, trained with different settings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import orjson

from catta.corpus import Corpus
from catta.corpus.published import Trial, TrialFile
from catta.records import EpochMeasurement, Evaluation, Recipe
from catta.testing.store import OK, make_network

CLASSES, TEXTS = "img-classification", "txt-generation"
NETWORKS = 36
"""Of each family."""

EPOCHS = 3
HOSTILE = ('=HYPERLINK("x")', "<img src=x onerror=alert(1)>", "@sum", "#N/A", "bad\x07bell")

RECIPE = Recipe(dataset="cifar-10", epochs=2)


def prm(**values: float) -> bytes:
    return orjson.dumps(values, option=orjson.OPT_SORT_KEYS)


def published() -> Iterator[TrialFile]:
    """Accuracy falls with the batch, which `bb` has large, and does not depend on the family."""
    rng = np.random.default_rng(7)
    found: dict[tuple[str, str, str, str, int], list[Trial]] = defaultdict(list)
    for family in ("aa", "bb"):
        for number in range(NETWORKS):
            name, talent = f"{family}-{number:02}", rng.normal(0, 0.02)
            for training in range(3):
                usual = 8 if family == "aa" else 128
                batch = usual if rng.random() < 0.75 else 136 - usual
                lr = float(10 ** rng.uniform(-4, -1))
                transform = ("norm_32", "norm_64", "echo_32")[training]
                settings = prm(batch=batch, lr=lr, momentum=float(rng.random()))
                base = 0.5 - 0.04 * np.log2(batch / 8) + talent + rng.normal(0, 0.01)
                base += 0.05 if transform == "norm_64" else 0.0
                for epoch in range(1, EPOCHS + 1):
                    value = float(base + 0.1 * np.log(epoch))
                    trial = Trial(f"u{training}", transform, settings, value, epoch * 10**9 + 7)
                    found[CLASSES, "cifar-10", "acc", name, epoch].append(trial)
    for number, value in enumerate((30.0, 20.0, 25.0)):
        trial = Trial("u", "text", prm(lr=0.1), value, None)
        found[TEXTS, "wikitext", "perplexity", f"T{number}", 1].append(trial)
    for number, name in enumerate(HOSTILE):
        trial = Trial("u", "=norm", prm(lr=0.1), 0.1 * number, None)
        found[CLASSES, "odd", "acc", name, 1].append(trial)
    for (task, dataset, metric, name, epoch), trials in found.items():
        yield TrialFile(
            task=task, dataset=dataset, metric=metric, name=name, epoch=epoch, trials=trials
        )


def fill(corpus: Corpus) -> None:
    """Publish the trials, and add two own evaluations of two epochs."""
    with corpus.transaction():
        key = corpus.trials.begin_import("hash", "9.9")
        corpus.trials.add(key, list(published()), {})
        corpus.trials.end_import(key, {})
    for number in (1, 2):
        network = make_network(number, name=f"run/0/{number}")
        corpus.networks.add([network])
        epochs = tuple(
            EpochMeasurement(epoch=epoch, loss=1.0, accuracy=0.1 * number + epoch / 10, seconds=1.5)
            for epoch in (1, 2)
        )
        corpus.evaluations.add(
            Evaluation(network_id=network.id, recipe_id=RECIPE.id, verdict=OK, epochs=epochs),
            RECIPE,
        )
