"""The spread over seeds, and whether a short training tells of a long one."""

from __future__ import annotations

from typing import Any

import pytest
from training_networks import GOOD, Lines, small

from catta.corpus import Corpus
from catta.errors import UsageError
from catta.records import EpochMeasurement, Evaluation, Network, Outcome, Stage, Verdict
from catta.training import Trained, comparable, fidelity, noise
from catta.training.comparable import draw

NETWORK, RECIPE = small(GOOD, epochs=3)


@pytest.fixture
def trainings(monkeypatch: pytest.MonkeyPatch) -> dict[Any, float | None]:
    """What trainings come to, by (seed or name, epochs); None for one that fails."""
    values: dict[Any, float | None] = {}

    def fake(network: Network, recipe: Any, **_: Any) -> Trained:
        value = values[network.name if network.name in NAMES else recipe.seed, recipe.epochs]
        ok = value is not None
        verdict = Verdict(
            outcome=Outcome.OK if ok else Outcome.CRASHED,
            stage=Stage.TRAIN,
            error=None if ok else "it fell",
        )
        epochs = (
            (EpochMeasurement(epoch=1, loss=1.0, accuracy=value, seconds=1.0),)
            if value is not None
            else ()
        )
        evaluation = Evaluation(
            network_id=network.id, recipe_id=recipe.id, verdict=verdict, epochs=epochs
        )
        return Trained(network=network, recipe=recipe, problem=None, evaluation=evaluation)  # type: ignore[arg-type]

    monkeypatch.setattr(comparable, "train", fake)
    return values


NAMES = ("a", "b", "c", "d")


def networks() -> list[Network]:
    return [Network(id=f"n1:{n}", source="", name=n, origin="user") for n in NAMES]


def test_noise_is_mean_deviation_and_interval(trainings: Any, lines: Lines) -> None:
    trainings |= {(0, 3): 0.5, (1, 3): 0.7, (2, 3): None, (3, 3): 0.6}
    found = noise(NETWORK, RECIPE, seeds=4, observer=lines)
    assert found.values == {0: 0.5, 1: 0.7, 3: 0.6}
    assert found.failed == (2,)
    assert found.mean == pytest.approx(0.6)
    assert found.deviation == pytest.approx(0.1)
    # 4.3027 is Student's quantile for two degrees of freedom.
    assert found.interval == pytest.approx((0.6 - 0.24841, 0.6 + 0.24841), abs=1e-4)
    assert lines.lines == ["Seed 2: it fell"]


def test_noise_needs_two(trainings: Any) -> None:
    with pytest.raises(UsageError, match="seeds must be at least 2, not 1"):
        noise(NETWORK, RECIPE, seeds=1)
    trainings |= {(0, 3): 0.5, (1, 3): None}
    with pytest.raises(UsageError, match="net can be trained under 1 of 2 seeds only"):
        noise(NETWORK, RECIPE, seeds=2)


def test_fidelity_is_two_rank_correlations(trainings: Any) -> None:
    trainings |= {(n, 1): v for n, v in zip(NAMES, (0.1, 0.2, 0.3, 0.4), strict=True)}
    trainings |= {(n, 3): v for n, v in zip(NAMES, (0.5, 0.7, 0.6, 0.9), strict=True)}
    found = fidelity(networks(), RECIPE)
    assert (found.networks, found.early, found.late) == (4, 1, 3)
    assert found.spearman[0] == pytest.approx(0.8)
    assert found.kendall[0] == pytest.approx(2 / 3)
    assert found.values == {"a": (0.1, 0.5), "b": (0.2, 0.7), "c": (0.3, 0.6), "d": (0.4, 0.9)}
    assert found.failed == {}


def test_each_network_gets_what_it_declares(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}

    def fake(network: Network, recipe: Any, **_: Any) -> Any:
        asked[network.name] = recipe.prm
        raise UsageError("enough")

    monkeypatch.setattr(comparable, "train", fake)
    source = GOOD.replace('{"lr", "width"}', '{"lr", "norm_eps", "pretrained"}')
    one = Network(id="n1:one", source=source, name="one", origin="user")
    with pytest.raises(UsageError, match="enough"):
        fidelity([one], RECIPE)
    assert asked["one"] == {**RECIPE.prm, "norm_eps": 0.5, "pretrained": 0.0}


def test_fidelity_says_what_it_left_out_and_why(trainings: Any) -> None:
    trainings |= {(n, e): 0.1 * i for i, n in enumerate(NAMES) for e in (1, 3)}
    trainings |= {("b", 3): None}
    found = fidelity(networks(), RECIPE)
    assert found.networks == 3
    assert set(found.values) == {"a", "c", "d"}
    assert found.failed == {"b": "it fell"}


def test_fidelity_needs_three(trainings: Any) -> None:
    trainings |= {(n, e): 0.5 if n in "ab" else None for n in NAMES for e in (1, 3)}
    with pytest.raises(UsageError, match=r"2 networks could be trained; .* needs 3"):
        fidelity(networks(), RECIPE)
    with pytest.raises(UsageError, match="epochs must be more than 3, not 3"):
        fidelity(networks(), RECIPE, early=3)


@pytest.mark.parametrize(
    ("early", "late"), [((0.1,) * 4, (1, 2, 3, 4)), ((1, 2, 3, 4), (0.1,) * 4)]
)
def test_networks_that_are_all_alike_have_no_order(trainings: Any, early: Any, late: Any) -> None:
    trainings |= {(n, 1): v for n, v in zip(NAMES, early, strict=True)}
    trainings |= {(n, 3): v for n, v in zip(NAMES, late, strict=True)}
    with pytest.raises(UsageError, match=r"all 4 networks have the acc after [13] epochs 0\.1000"):
        fidelity(networks(), RECIPE)


def test_names_are_drawn_by_a_seed(corpus: Corpus) -> None:
    corpus.networks.add(networks())
    assert draw(corpus, "*", 2, 0) == draw(corpus, "*", 2, 0)
    assert len(draw(corpus, "*", 9, 0)) == 4
    with pytest.raises(UsageError, match="no network of the corpus is called x"):
        draw(corpus, "x*", 2, 0)
