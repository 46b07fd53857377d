"""The state of a run is a pure function of what is stored."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from catta.loop.state import (
    Assess,
    Close,
    Finetune,
    Finished,
    Generate,
    Plan,
    Screen,
    Step,
    Train,
    derive_seed,
    next_step,
)
from catta.records import Adapter, Candidate, Completion, Cycle, Phase, Prompt

ADAPTER = Adapter(path="a", sha256="0", base_model="m")


def candidate(cycle: int, index: int, phase: Phase) -> Candidate:
    return Candidate(
        run="r",
        cycle=cycle,
        index=index,
        phase=phase,
        prompt=Prompt(text="", prefix=""),
        completion=Completion(text=""),
        seed=0,
        generator="g",
    )


def plan(**changes: object) -> Plan:
    return replace(Plan(cycles=2, candidates=5, batch=2, seed=7, learns=True), **changes)  # type: ignore[arg-type]


def apply(
    step: Step, the_plan: Plan, cycles: list[Cycle], candidates: list[Candidate]
) -> tuple[list[Cycle], list[Candidate]]:
    """What a driver stores for a step."""
    match step:
        case Generate():
            new = [
                candidate(step.cycle, step.first + i, Phase.GENERATED) for i in range(step.count)
            ]
            known = {c.number for c in cycles}
            opened = (
                [] if step.cycle in known else [Cycle(run="r", number=step.cycle, generator="g")]
            )
            return cycles + opened, candidates + new
        case Screen() | Train():
            phase = Phase.SCREENED if isinstance(step, Screen) else Phase.DONE
            return cycles, [
                replace(c, phase=phase) if c.cycle == step.cycle else c for c in candidates
            ]
        case Close():
            return [
                replace(c, closed=True) if c.number == step.cycle else c for c in cycles
            ], candidates
        case Finetune():
            return [
                replace(c, adapter=ADAPTER) if c.number == step.cycle else c for c in cycles
            ], candidates
        case _:
            return cycles, candidates


def test_a_fresh_run_generates_its_first_batch() -> None:
    step = next_step(plan(), [], [], assessed=False)
    assert step == Generate(1, 0, 2, derive_seed(7, 1, 0))


def test_the_last_batch_is_what_is_missing() -> None:
    cycle = Cycle(run="r", number=1, generator="g")
    stored = [candidate(1, i, Phase.GENERATED) for i in range(4)]
    step = next_step(plan(), [cycle], stored, assessed=False)
    assert isinstance(step, Generate)
    assert (step.first, step.count) == (4, 1)


@given(
    cycles=st.integers(1, 4),
    count=st.integers(1, 9),
    batch=st.integers(1, 5),
    learns=st.booleans(),
)
def test_every_run_ends_and_does_each_step_once(
    cycles: int, count: int, batch: int, learns: bool
) -> None:
    the_plan = Plan(cycles=cycles, candidates=count, batch=batch, seed=0, learns=learns)
    stored: list[Cycle] = []
    made: list[Candidate] = []
    done: list[Step] = []
    while not isinstance(step := next_step(the_plan, stored, made, assessed=False), Assess):
        assert step not in done
        done.append(step)
        stored, made = apply(step, the_plan, stored, made)
    assert next_step(the_plan, stored, made, assessed=True) == Finished()
    assert [(c.cycle, c.index) for c in made] == [
        (cycle, index) for cycle in range(1, cycles + 1) for index in range(count)
    ]
    assert sum(isinstance(step, Finetune) for step in done) == (cycles - 1 if learns else 0)


def test_a_half_screened_cycle_is_screened_before_it_is_trained() -> None:
    cycle = Cycle(run="r", number=1, generator="g")
    phases = [Phase.DONE, Phase.SCREENED, Phase.GENERATED, Phase.GENERATED, Phase.SCREENED]
    stored = [candidate(1, i, phase) for i, phase in enumerate(phases)]
    assert next_step(plan(), [cycle], stored, assessed=False) == Screen(1)


def test_seeds_differ_by_use_and_are_stable() -> None:
    seeds = {derive_seed(seed, cycle, 0) for seed in range(20) for cycle in range(20)}
    assert len(seeds) == 400
    assert derive_seed(1, "a") == derive_seed(1, "a")
    assert derive_seed(1, 12) != derive_seed(1, 1, 2)
