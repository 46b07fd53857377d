"""Two families that were trained with different settings, and would be equal with the same."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import catta
from catta.errors import UsageError


def test_what_confounds_is_named(trials: pd.DataFrame) -> None:
    found = catta.stats.confounding("aa", "bb", trials=trials).set_index("parameter")
    assert list(found.index) == ["batch", "lr", "momentum", "transform"]
    assert found.index[found["differs"]].tolist() == ["batch"]
    assert (found.loc["batch", "typical_a"], found.loc["batch", "typical_b"]) == ("8", "128")
    assert found.loc["batch", "distance"] > 0.2 > 0.5 * found.loc["lr", "distance"]


def test_a_setting_that_only_one_side_has_confounds(trials: pd.DataFrame) -> None:
    found = catta.stats.confounding("published", "measured", by="source", trials=trials)
    row = found.set_index("parameter").loc["resolution"]
    assert (row["known_a"], row["known_b"], row["differs"]) == (0, 1, True)


def test_all_and_matched(trials: pd.DataFrame, data: pd.DataFrame) -> None:
    found = catta.stats.compare("aa", "bb", trials=trials, on=("batch", "transform"))
    every, matched = found.to_dict(orient="records")
    assert (every["sample"], matched["sample"]) == ("all", "matched")
    assert every["confounded_by"] == "batch"
    assert matched["confounded_by"] == ""

    rows = data[(data["dataset"] == "cifar-10") & (data["epoch"] == 1) & (data["id"] > 0)]
    means = rows.groupby("nn")["accuracy"].mean()
    one, other = (means[means.index.str.startswith(name)] for name in ("aa", "bb"))
    assert every["mean_a"] == pytest.approx(one.mean())
    assert every["difference"] == pytest.approx(one.mean() - other.mean())
    wins = (one.to_numpy()[:, None] > other.to_numpy()[None, :]).mean()
    assert every["effect"] == pytest.approx(2 * wins - 1)
    expected = stats.mannwhitneyu(one, other, method="asymptotic").pvalue
    assert every["p"] == pytest.approx(expected)
    assert every["ci_low"] > 0

    assert matched["networks_a"] == matched["networks_b"] > 10
    assert abs(matched["difference"]) < every["difference"] / 3


def test_matched_pairs_agree_in_what_they_are_matched_by(
    trials: pd.DataFrame, data: pd.DataFrame
) -> None:
    found = catta.stats.matched("aa", "bb", trials=trials, on=("batch", "transform"))
    assert found["nn_a"].is_unique
    assert found["nn_b"].is_unique
    rows = data[(data["epoch"] == 1) & (data["dataset"] == "cifar-10")]
    for pair in found.to_dict(orient="records"):
        batch, transform = (part.split(" ")[1] for part in pair["settings"].split(", "))
        for side in ("a", "b"):
            of_network = rows[rows["nn"] == pair[f"nn_{side}"]]
            fits = [
                p["batch"] == float(batch) and p["transform"] == transform
                for p in of_network["prm"]
            ]
            assert pair[f"accuracy_{side}"] == pytest.approx(of_network["accuracy"][fits].mean())
    np.testing.assert_allclose(found["difference"], found["accuracy_a"] - found["accuracy_b"])


def test_learning_rates_are_matched_to_half_an_order(trials: pd.DataFrame) -> None:
    found = catta.stats.matched("aa", "bb", trials=trials, on=("lr", "momentum"))
    assert set(found["settings"].str.extract(r"lr (\S+),")[0]) <= {
        f"{10 ** (step / 2):.2g}+" for step in range(-8, -1)
    }


def test_by_settings_that_nobody_has_nothing_matches(trials: pd.DataFrame) -> None:
    assert catta.stats.matched("aa", "bb", trials=trials, on=("nothing",)).empty
    row = catta.stats.compare("aa", "bb", trials=trials, on=("nothing",)).iloc[1]
    assert row["networks_a"] == 0
    assert np.isnan(row["difference"])


def test_sides_that_make_no_sense(trials: pd.DataFrame) -> None:
    for arguments, said in (
        ({"a": "aa", "b": "zz"}, "no measurement of the family 'zz'"),
        ({"a": "aa", "b": "aa"}, "'aa' twice"),
        ({"a": "aa", "b": "bb", "by": "epoch"}, "by: 'epoch'"),
        ({"a": "aa", "b": "bb", "on": "batch"}, "on: "),
    ):
        with pytest.raises(UsageError, match=said):
            catta.stats.matched(trials=trials, **arguments)


def test_sides_without_a_common_problem_have_no_row(trials: pd.DataFrame) -> None:
    assert catta.stats.compare("aa", "T0", trials=trials).empty
    assert catta.stats.confounding("aa", "T0", trials=trials).empty


def test_few_networks_have_no_test(trials: pd.DataFrame) -> None:
    row = catta.stats.compare("aa-00", "bb-00", by="nn", trials=trials).iloc[0]
    assert (row["networks_a"], row["networks_b"]) == (1, 1)
    assert np.isfinite(row["difference"])
    assert np.isnan(row["p"])
