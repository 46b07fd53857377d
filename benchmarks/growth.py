"""Whether questions stay as fast as they were while the corpus grows by millions of evaluations.

    python benchmarks/growth.py [WHEEL]

Without WHEEL, the one in the cache is used, or fetched. LEMUR is imported, then evaluations of its
networks are inserted in batches; at each size each question is asked, in this process, with pandas
loaded. Medians in milliseconds; the ratio is of the CPU time, which other work on the machine
disturbs less, to that of the corpus without evaluations. The project has set the limit: a question
about one network takes at most twice as long.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select

import catta
from catta.corpus import Corpus, schema
from catta.records import Outcome, Recipe, Stage
from corpus import CIFAR, import_once, timed

SIZES = (0, 500_000, 1_000_000, 2_000_000, 4_000_000)
EPOCHS = 1
REPEATS = 15
LIMIT = 2.0

QUESTIONS: list[tuple[str, dict[str, Any]]] = [
    ('data(nn="ResNet", CIFAR-10, epoch=1)', {"nn": "ResNet", "epoch": 1, **CIFAR}),
    ('data(nn="VGG")', {"nn": "VGG"}),
    ('data(nn="MoEv3")', {"nn": "MoEv3"}),  # four published trials
    ("data(max_rows=10)", {"max_rows": 10}),
]


def recipe(number: int) -> Recipe:
    """One of any number of recipes; every second one is for CIFAR-10."""
    dataset = ("cifar-10", "fashion-mnist")[number % 2]
    return Recipe(dataset=dataset, epochs=EPOCHS, seed=number)


def network_ids(corpus: str) -> list[str]:
    """All networks, in the order of their ids."""
    with Corpus.open(corpus) as store, store.connector.read() as connection:
        query = select(schema.networks.c.id).order_by(schema.networks.c.id)
        return list(connection.execute(query).scalars())


def insert_batch(store: Corpus, networks: list[str], number: int) -> None:
    """An evaluation of each network under one recipe, in one transaction.

    The evaluations of one network thus lie as far apart in the file as they can.
    """
    made = recipe(number)
    with store.transaction(), store.connector.transaction() as connection:
        begin = connection.execute(select(func.max(schema.evaluations.c.id))).scalar() or 0
        connection.execute(insert(schema.recipes), [{"id": made.id, "settings": made.model_dump()}])
        connection.execute(
            insert(schema.evaluations),
            [
                {
                    "id": key,
                    "network_id": network,
                    "recipe_id": made.id,
                    "outcome": Outcome.OK.value,
                    "stage": Stage.SCORE.value,
                    "parameters": 100_000,
                    "flops": 10_000_000,
                    "graph": "g1:0123456789abcdef",
                    "build_seconds": 0.1,
                    "seconds": 2.0,
                    "created": "2026-01-01T00:00:00+00:00",
                }
                for key, network in enumerate(networks, begin + 1)
            ],
        )
        connection.execute(
            insert(schema.epochs),
            [
                {
                    "evaluation_id": begin + 1 + place,
                    "epoch": epoch,
                    "loss": 1.0,
                    "accuracy": (place * 7 + number * 13 + epoch) % 1_000 / 1_000,
                    "seconds": 1.0,
                }
                for place in range(len(networks))
                for epoch in range(1, EPOCHS + 1)
            ],
        )


def grow(corpus: str, networks: list[str], begin: int, end: int) -> None:
    """Insert the batches of these numbers; the end does not count."""
    with Corpus.open(corpus) as store:
        for number in range(begin, end):
            insert_batch(store, networks, number)


def ask(corpus: str, arguments: dict[str, Any]) -> tuple[float, float, int]:
    """Median wall-clock and CPU milliseconds of a question, and the rows of its answer."""
    rows = len(catta.data(corpus=corpus, **arguments))
    times = [timed(lambda: catta.data(corpus=corpus, **arguments)) for _ in range(REPEATS)]
    wall, cpu = (statistics.median(column) * 1e3 for column in zip(*times, strict=True))
    return wall, cpu, rows


def bench_growth(corpus: str, sizes: tuple[int, ...] = SIZES) -> None:
    """Grow a corpus that LEMUR was imported into, and ask at each size."""
    networks = network_ids(corpus)
    print(f"evaluations of {len(networks):,} networks, {EPOCHS} epoch(s) each")
    before: dict[str, float] = {}
    done = 0
    for size in sizes:
        batches = -(-size // len(networks))
        seconds, cpu = timed(lambda begin=done, end=batches: grow(corpus, networks, begin, end))
        done = batches
        file = Path(corpus).stat().st_size / 1e6
        print(
            f"{done * len(networks):9,} evaluations, {file:7,.0f} MB "
            f"(inserted in {seconds:.0f} s, {cpu:.0f} s of CPU)"
        )
        for name, arguments in QUESTIONS:
            wall, cpu, rows = ask(corpus, arguments)
            ratio = cpu / before.setdefault(name, cpu)
            print(
                f"  {name:38} {rows:7,} rows {wall:7.1f} ms, {cpu:7.1f} ms of CPU, "
                f"ratio {ratio:.2f}    (at most {LIMIT:.0f})"
            )


def main(arguments: list[str]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        corpus = str(Path(directory) / "corpus.sqlite")
        import_once(corpus, str(Path(arguments[0]).resolve()) if arguments else None, 1)
        bench_growth(corpus)


if __name__ == "__main__":
    main(sys.argv[1:])
