"""One process writes 1,000 evaluations a second while four ask `catta.data`: nobody is refused.

No reader may see a part of a transaction. How fast it goes is not asserted but printed: a loaded
machine may be slower.
"""

import sys
from pathlib import Path

import pytest

from catta.corpus import Corpus
from catta.records import Recipe
from catta.testing.side_by_side import EPOCHS, Plan, side_by_side, wrong_in

GROUP = 10


def check(location: str) -> None:
    plan = Plan(location=location, evaluations=3_000, group=GROUP)
    written, reading = side_by_side(plan)
    sys.stdout.write("\n".join(map(str, (written, *reading))))
    assert written.errors == ()
    assert written.evaluations == plan.evaluations
    assert [(read.errors, read.wrong) for read in reading] == [((), ())] * plan.readers
    assert all(read.between for read in reading), "a reader saw nothing of the writing"
    with Corpus.open(location, read_only=True) as corpus:
        stored = corpus.evaluations.all(Recipe.model_validate({}).id)
        assert len(stored) == plan.evaluations
        assert {len(evaluation.epochs) for evaluation in stored} == {EPOCHS}
        assert corpus.check_integrity() == []


@pytest.mark.slow
def test_a_file_is_written_and_read_at_once(tmp_path: Path) -> None:
    check(str(tmp_path / "c.sqlite"))


@pytest.mark.slow
@pytest.mark.postgres
def test_a_server_is_written_and_read_at_once(corpus_url: str) -> None:
    check(corpus_url)


NAMES = [f"n{number}" for number in range(3 * GROUP)]


def rows(*names: str) -> list[tuple[str, int]]:
    return [(name, epoch) for name in names for epoch in range(1, EPOCHS + 1)]


@pytest.mark.parametrize(
    ("seen", "wrong"),
    [
        ([], []),
        (rows(*NAMES[: 2 * GROUP]), []),
        (rows(*NAMES[:GROUP])[:-1], [f"n{GROUP - 1} has 1 epochs"]),
        (rows(*NAMES[:4]), [f"4 of the {GROUP} from n0 on"]),
        (rows(*NAMES[GROUP : 2 * GROUP]), ["a gap after n0"]),
    ],
)
def test_a_reader_notices_what_it_must_not_see(
    seen: list[tuple[str, int]], wrong: list[str]
) -> None:
    assert wrong_in(seen, NAMES, GROUP) == wrong
