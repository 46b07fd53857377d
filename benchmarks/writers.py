"""One process writes a thousand evaluations a second while four ask `catta.data(nn=…)`.

    python benchmarks/writers.py [SECONDS] [READERS]

On a SQLite file, and on a PostgreSQL server where Debian's binaries are installed: one of its own,
in a temporary directory, that writes through to the disk as installed ones do. An evaluation has
two epochs; a transaction has 10 (then 1, then 100) of them, in two parts. The readers ask for the
networks that the writer has just got to, and pause for 20 ms between two calls; they open the
corpus for each call or keep it open. It fails if anybody is refused, or sees a part of a
transaction.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from catta.corpus import Corpus
from catta.testing.side_by_side import Plan, side_by_side

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "corpus"))

A_SECOND = 1_000
CASES = ((10, False), (10, True), (1, True), (100, True))
"""How many evaluations a transaction has, and whether the readers keep the corpus open."""
AS_INSTALLED = {"fsync": "on", "full_page_writes": "on", "autovacuum": "on"}


def bench(where: str, plan: Plan) -> bool:
    """Print what happened; returns whether all went well."""
    written, reading = side_by_side(plan)
    rate = written.evaluations / written.seconds
    reopened = "keep it open" if plan.keep_open else "open it for each call"
    print(
        f"{where}, {plan.group} a transaction, readers {reopened}: "
        f"{written.evaluations:,} evaluations in {written.seconds:.1f} s, "
        f"{rate:,.0f} a second ({written.cpu:.1f} s of CPU), "
        f"slowest transaction {written.slowest * 1e3:.0f} ms"
    )
    for number, read in enumerate(reading):
        print(
            f"  reader {number}: {read.calls / read.seconds:6.1f} calls a second, "
            f"{read.between} of {read.calls} while the writer was at it, "
            f"slowest {read.slowest * 1e3:.0f} ms"
        )
    complaints = [*written.errors, *(text for r in reading for text in (*r.errors, *r.wrong))]
    print(f"  refused or wrong: {len(complaints)}", *complaints[:5], sep="\n  ")
    with Corpus.open(plan.location, create=False, read_only=True) as corpus:
        problems = corpus.check_integrity()
    return not complaints and not problems and written.evaluations == plan.evaluations


@contextmanager
def server() -> Generator[list[str]]:
    """URLs of empty databases, none where no server can be started."""
    import postgres_server

    binaries = postgres_server.find_binaries()
    if binaries is None:
        print("PostgreSQL: its binaries (initdb, postgres) are not installed")
        yield []
        return
    postgres_server.SETTINGS.update(AS_INSTALLED)
    with postgres_server.PostgresServer(binaries) as running:
        yield [running.url(running.create_database()) for _ in CASES]


def main(arguments: list[str]) -> None:
    seconds = int(arguments[0]) if arguments else 10
    readers = int(arguments[1]) if len(arguments) > 1 else 4
    fine = True
    with tempfile.TemporaryDirectory() as directory, server() as urls:
        files = [str(Path(directory) / f"{number}.sqlite") for number in range(len(CASES))]
        for where, locations in (("SQLite", files), ("PostgreSQL", urls)):
            for location, (group, keep_open) in zip(locations, CASES, strict=False):
                plan = Plan(
                    location=location,
                    evaluations=seconds * A_SECOND // group * group,
                    a_second=A_SECOND,
                    group=group,
                    readers=readers,
                    keep_open=keep_open,
                )
                fine = bench(where, plan) and fine
    if not fine:
        sys.exit("failed")


if __name__ == "__main__":
    main(sys.argv[1:])
