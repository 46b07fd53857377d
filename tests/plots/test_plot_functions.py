"""What the plots show, and that bad input gives a plot or a sentence, never a warning."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("matplotlib")

import matplotlib as mpl
from matplotlib.figure import Figure

from catta import plots
from catta.errors import UsageError
from catta.plots.naming import NAME
from catta.plots.style import ALONE, PALETTE, lightness, look
from catta.plots.text import NOTE, short

NASTY = "a_$x^2$ & <b>bold</b> $ \\frac \x07 \u2603 \U0001f600 {0} %s" + "long " * 40


def trials(**columns: Any) -> pd.DataFrame:
    """Two families of two networks over three epochs."""
    rows = [
        {
            "nn": f"{family}-{number}",
            "family": family,
            "dataset": dataset,
            "metric": "acc",
            "epoch": epoch,
            "accuracy": base + 0.1 * epoch + 0.02 * number,
            "seconds": 10.0 * epoch * (1 + number),
            "lr": 10.0 ** -(number + epoch),
            "batch": 32.0 * (1 + number),
            "transform": f"t{number}",
        }
        for family, base in (("Res", 0.4), ("Alex", 0.2))
        for number in range(2)
        for dataset in ("mnist", "svhn")
        for epoch in (1, 2, 3)
    ]
    return pd.DataFrame(rows).assign(**columns)


def cycles() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "cycle": [1, 2],
            "generated": [8, 8],
            "valid": [4, 6],
            "valid_rate": [0.5, 0.75],
            "valid_low": [0.2, 0.4],
            "valid_high": [0.8, 0.93],
            "admitted": [2, 5],
        }
    )


def candidates() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "cycle": [1, 1, 1, 2, 2],
            "accuracy": [0.5, 0.6, None, 0.7, 0.8],
            "admitted": [False, True, False, True, True],
        }
    )


def importances() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "parameter": ["lr", "batch", "dropout"],
            "fanova": [0.6, 0.3, 0.1],
            "mdi": [0.5, 0.2, 0.3],
            "trainings": [40, 40, 40],
        }
    )


def front() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "nn": ["fast", "slow", "bad"],
            "seconds": [1.0, 50.0, 60.0],
            "accuracy": [0.5, 0.9, 0.4],
            "metric": "acc",
            "front": [True, True, False],
        }
    )


Draw = Callable[..., Any]
EVERY: dict[str, tuple[Draw, Callable[[], pd.DataFrame], dict[str, Any]]] = {
    "mean": (plots.mean_deviation, trials, {"by": "family"}),
    "rolling": (plots.rolling_mean, trials, {"by": "family"}),
    "curves": (plots.learning_curves, trials, {}),
    "box": (plots.box, trials, {}),
    "violin": (plots.violin, trials, {}),
    "correlation": (plots.correlation, trials, {"columns": ["accuracy", "epoch", "lr"]}),
    "ranks": (plots.ranks, trials, {}),
    "time": (plots.metric_time, trials, {"by": "family"}),
    "pareto": (plots.pareto, front, {}),
    "parallel": (plots.parallel_coordinates, trials, {"columns": ["lr", "batch", "transform"]}),
    "importance": (plots.importance, importances, {}),
    "valid": (plots.valid_rate, cycles, {}),
    "accuracies": (plots.accuracy_distribution, candidates, {}),
    "admitted": (plots.admitted, cycles, {}),
}
KINDS = sorted(EVERY)


def draw(kind: str, frame: pd.DataFrame | None = None, **words: Any) -> Any:
    function, make, own = EVERY[kind]
    return function(make() if frame is None else frame, **{**own, **words})


def texts(axes: Any) -> str:
    """All that can be read in its figure."""
    figure = axes.get_figure()
    found = figure.findobj(mpl.text.Text)
    return "\n".join(text.get_text() for text in found)


def note(axes: Any) -> str:
    figure = axes.get_figure()
    return " ".join(t.get_text() for t in figure.findobj(mpl.text.Text) if t.get_gid() == NOTE)


def svg(plot: Any) -> ET.Element:
    return ET.fromstring(plots.rendered(plot, "svg"))  # noqa: S314 - of our own making


def svg_text(plot: Any) -> str:
    return "\n".join("".join(e.itertext()) for e in svg(plot).iter() if e.tag.endswith("}text"))


@pytest.mark.parametrize("kind", KINDS)
class TestEveryPlot:
    def test_draws_on_given_axes_and_returns_them(self, kind: str) -> None:
        axes = Figure(layout="constrained").add_subplot()
        assert draw(kind, axes=axes) is axes
        assert axes.has_data()
        assert axes.get_title(loc="left")
        plots.rendered(axes, "png")

    def test_says_how_many_observations(self, kind: str) -> None:
        axes = draw(kind)
        assert re.search(r"n = \d", note(axes).replace("\n", " "))
        assert axes.get_figure().get_gid() == ALONE

    def test_keeps_text_as_text(self, kind: str) -> None:
        shown = svg_text(draw(kind, title="A title & more"))
        assert "A title & more" in shown
        assert "n = " in shown

    def test_has_a_title_of_any_characters(self, kind: str) -> None:
        shown = svg_text(draw(kind, title=NASTY))
        assert "$x^2$" in shown
        assert "<b>bold</b>" in shown

    def test_of_no_rows_is_a_sentence(self, kind: str) -> None:
        empty = EVERY[kind][1]().iloc[:0]
        plot = draw(kind, empty)
        said = [t for t in texts(plot).splitlines() if t.endswith(".")]
        assert len(said) == 1

    def test_of_values_that_are_none_is_a_sentence(self, kind: str) -> None:
        frame = EVERY[kind][1]()
        for name in frame.select_dtypes("number").columns:
            frame[name] = np.nan
        plot = draw(kind, frame)
        assert any(t.endswith(".") for t in texts(plot).splitlines())

    def test_of_one_row(self, kind: str) -> None:
        assert plots.rendered(draw(kind, EVERY[kind][1]().iloc[:1]), "svg")

    def test_of_equal_values(self, kind: str) -> None:
        frame = EVERY[kind][1]()
        for name in frame.select_dtypes("number").columns:
            frame[name] = 1.0 if name != "cycle" else frame[name]
        plot = draw(kind, frame)
        assert plots.rendered(plot, "svg")
        assert plot.has_data()

    def test_leaves_out_what_is_not_finite(self, kind: str) -> None:
        frame = EVERY[kind][1]()
        number = next(c for c in ("accuracy", "valid_rate", "fanova") if c in frame)
        frame.loc[frame.index[0], number] = np.nan
        frame.loc[frame.index[1], number] = np.inf
        assert plots.rendered(draw(kind, frame), "svg")

    def test_takes_categories(self, kind: str) -> None:
        frame = EVERY[kind][1]()
        for name in frame.columns:
            if not pd.api.types.is_numeric_dtype(frame[name]):
                values = [*frame[name].unique(), "unused"]
                frame[name] = pd.Categorical(frame[name], categories=values)
        if kind not in ("pareto", "accuracies"):
            assert "unused" not in texts(draw(kind, frame))

    def test_needs_its_columns(self, kind: str) -> None:
        frame = EVERY[kind][1]()
        needed = (
            next(c for c in ("accuracy", "valid", "fanova") if c in frame)
            if kind != "valid"
            else "valid_rate"
        )
        dropped = [needed, "mdi"] if kind == "importance" else [needed]
        with pytest.raises(UsageError, match=f"no column {needed}"):
            draw(kind, frame.drop(columns=dropped))

    def test_changes_no_global_setting(self, kind: str) -> None:
        before = dict(mpl.rcParams)
        draw(kind)
        assert dict(mpl.rcParams) == before

    def test_does_not_change_its_frame(self, kind: str) -> None:
        frame = EVERY[kind][1]()
        before = frame.copy()
        draw(kind, frame)
        pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize("kind", ["mean", "rolling", "box", "violin", "time"])
def test_names_of_groups_are_taken_literally(kind: str) -> None:
    frame = trials()
    frame["family"] = frame["family"].replace("Res", "$a_1$ <i>&amp;")
    assert "$a_1$ <i>&amp;" in svg_text(draw(kind, frame))


@pytest.mark.parametrize("kind", ["curves", "ranks", "pareto", "parallel"])
def test_long_and_strange_names(kind: str) -> None:
    frame = EVERY[kind][1]()
    frame["nn"] = [f"{NASTY}{place}" for place in range(len(frame))]
    if "transform" in frame:
        frame["transform"] = frame["nn"]
    plot = draw(kind, frame)
    assert plots.rendered(plot, "png")
    assert "$x^2$" in svg_text(plot)
    assert max(map(len, texts(plot).splitlines())) < 120


def test_the_same_plot_is_the_same_file() -> None:
    for form in ("svg", "pdf"):
        one, other = (plots.rendered(draw("valid"), form) for _ in range(2))
        assert one == other


def test_mean_and_deviation_are_those_of_the_epochs() -> None:
    frame = trials()
    axes = draw("mean", frame)
    lines = {line.get_label().partition(" ")[0]: line for line in axes.get_lines()}
    for family, rows in frame.groupby("family"):
        expected = rows.groupby("epoch")["accuracy"].mean()
        np.testing.assert_allclose(lines[family].get_xydata(), list(expected.items()))
    assert len(axes.collections) == 2
    res = frame[frame["family"] == "Res"].groupby("epoch")["accuracy"]
    top = axes.collections[1].get_paths()[0].vertices[:, 1].max()
    assert top == pytest.approx((res.mean() + res.std()).max())
    assert "Res (n = 12)" in texts(axes)
    assert "n = 24 trials of 4 networks" in note(axes)


def test_only_the_largest_groups_are_shown_and_that_is_said() -> None:
    frame = trials(family=[f"f{place % 12}" for place in range(24)])
    axes = draw("mean", frame, most=3)
    assert len(axes.get_lines()) == 3
    assert "the 3 largest of 12 families" in note(axes).replace("\n", " ")


def test_rolling_mean_is_that_of_all_values_in_the_window() -> None:
    frame = pd.DataFrame({"epoch": [1, 2, 2, 3, 9], "accuracy": [0.0, 0.3, 0.6, 0.9, 0.5]})
    axes = plots.rolling_mean(frame, window=3)
    points, curve = axes.get_lines()
    np.testing.assert_allclose(points.get_ydata(), [0.0, 0.45, 0.9, 0.5])
    np.testing.assert_allclose(curve.get_ydata(), [0.3, 0.45, 0.6, 0.5])


def test_learning_curves_name_the_best_and_keep_the_others_grey() -> None:
    axes = draw("curves", most=1)
    named = [line for line in axes.get_lines() if line.get_gid() != "background"]
    assert [line.get_label() for line in named] == ["Res-1 (0.720)"]
    assert len(axes.get_lines()) == 4
    assert "in grey 3 others" in note(axes)


def test_of_a_metric_of_which_less_is_better_the_least_is_best() -> None:
    axes = draw("curves", trials(metric="perplexity"), most=1)
    named = next(line for line in axes.get_lines() if line.get_gid() != "background")
    assert named.get_label() == "Alex-0 (0.500)"
    assert "lower is better" in axes.get_ylabel()
    ranked = draw("ranks", trials(metric="perplexity"))
    assert ranked.get_yticklabels()[0].get_text() == "Alex-0"


def test_boxes_are_the_percentiles_in_the_order_of_medians() -> None:
    frame = pd.DataFrame(
        {"family": ["a"] * 101 + ["b"] * 11, "accuracy": [*np.linspace(0, 1, 101), *[0.9] * 11]}
    )
    axes = plots.box(frame)
    assert [t.get_text() for t in axes.get_yticklabels()] == ["a (n = 101)", "b (n = 11)"]
    box = axes.patches[0].get_path().vertices[:, 0]
    assert (box.min(), box.max()) == pytest.approx((0.25, 0.75))
    ends = np.concatenate([line.get_xdata() for line in axes.get_lines()[:2]])
    assert (ends.min(), ends.max()) == pytest.approx((0.05, 0.95))


def test_violins_of_few_or_equal_values_are_points() -> None:
    frame = pd.DataFrame(
        {"family": [*"aaaa", *"bbbb", "c"], "accuracy": [0.1, 0.2, 0.3, 0.4, *[0.5] * 4, 0.6]}
    )
    axes = plots.violin(frame)
    assert len(axes.collections) == 1
    assert len(axes.get_yticklabels()) == 3


def test_correlation_is_written_in_its_cell() -> None:
    frame = pd.DataFrame({"a": [1, 2, 3, 4], "b": [1, 4, 9, 16], "c": [4, 3, 2, 1], "d": [7] * 4})
    axes = plots.correlation(frame)
    written = {(round(t.get_position()[0]), round(t.get_position()[1])): t for t in axes.texts}
    assert written[1, 0].get_text() == "1.00"
    assert written[2, 0].get_text() == "-1.00"
    assert written[3, 0].get_text() == "n/a"
    assert "not defined" in note(axes).replace("\n", " ")


def test_text_in_a_cell_can_be_read_on_it() -> None:
    axes = plots.correlation(trials()[["accuracy", "epoch", "seconds", "lr", "batch"]])
    mesh = axes.collections[0]
    colours = mesh.cmap(mesh.norm(np.asarray(mesh.get_array()).ravel()))
    written = [t for t in axes.texts if re.fullmatch(r"-?\d\.\d\d", t.get_text())]
    assert len(written) == 25
    for text, colour in zip(written, colours, strict=True):
        assert abs(lightness(text.get_color()) - lightness(colour[:3])) > 35


def test_ranks_are_by_the_best_value_of_each_column() -> None:
    frame = pd.DataFrame(
        {
            "nn": ["a", "a", "b", "b", "c"],
            "dataset": ["d", "e", "d", "e", "d"],
            "accuracy": [0.9, 0.1, 0.5, 0.2, 0.9],
        }
    )
    axes = plots.ranks(frame)
    assert [t.get_text() for t in axes.get_yticklabels()] == ["a", "b", "c"]
    cells = {t.get_position(): t.get_text() for t in axes.texts}
    shown = [[cells[column, row] for column in range(2)] for row in range(3)]
    assert shown == [["1", "2"], ["3", "1"], ["1", ""]]
    with pytest.raises(UsageError, match="same column"):
        plots.ranks(frame, rows="nn", columns="nn")


def test_many_points_become_cells_that_count_them() -> None:
    generator = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"accuracy": generator.uniform(size=5_000), "seconds": generator.uniform(1, 900, 5_000)}
    )
    axes = plots.metric_time(frame)
    assert np.asarray(axes.collections[0].get_array()).sum() == 5_000
    assert axes.get_xscale() == "log"
    few = plots.metric_time(frame[:100])
    assert len(few.collections[0].get_offsets()) == 100


def test_times_that_are_not_above_zero_are_left_out() -> None:
    axes = draw("time", trials(seconds=[0.0, -1.0, *[5.0] * 22]))
    assert "2 without a value left out" in note(axes).replace("\n", " ")
    assert sum(len(c.get_offsets()) for c in axes.collections) == 22


def test_a_front_is_a_staircase_and_its_members_have_names() -> None:
    axes = draw("pareto")
    stairs = axes.get_lines()[0]
    assert stairs.get_drawstyle() == "steps-post"
    np.testing.assert_allclose(stairs.get_xydata(), [[1, 0.5], [50, 0.9]])
    names = {t.get_text() for t in axes.findobj(mpl.text.Text) if t.get_gid() == NAME}
    assert names == {"fast", "slow"}


def test_names_on_a_front_do_not_cover_each_other() -> None:
    size = 60
    frame = pd.DataFrame(
        {
            "nn": [f"network-number-{place}" for place in range(size)],
            "seconds": np.linspace(1, 5, size),
            "accuracy": np.linspace(0.1, 0.9, size),
            "front": True,
        }
    )
    axes = plots.pareto(frame)
    figure: Any = axes.get_figure()
    figure.draw_without_rendering()
    boxes = [t.get_window_extent() for t in axes.findobj(mpl.text.Text) if t.get_gid() == NAME]
    assert 2 <= len(boxes) < size
    pairs = [(a, b) for place, a in enumerate(boxes) for b in boxes[:place]]
    assert not [pair for pair in pairs if pair[0].overlaps(pair[1])]


def test_parallel_coordinates_scale_each_column() -> None:
    frame = pd.DataFrame(
        {
            "lr": [1e-4, 1e-3, 1e-2, 1e-4, 1e-4, 1e-4],
            "kind": ["x", "y", "z", "x", "x", "x"],
            "accuracy": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6],
        }
    )
    axes = plots.parallel_coordinates(frame, columns=["lr", "kind"])
    lines = axes.collections[0].get_segments()
    assert len(lines) == 6
    np.testing.assert_allclose([line[0][1] for line in lines[:3]], [0, 0.5, 1], atol=1e-9)
    np.testing.assert_allclose([line[1][1] for line in lines[:3]], [0, 0.5, 1])
    names = [t.get_text() for t in axes.get_xticklabels()]
    assert names == ["lr (log)", "kind", "accuracy"]
    with pytest.raises(UsageError, match="two columns"):
        plots.parallel_coordinates(frame, columns=["lr"])


def test_bars_are_as_long_as_the_importance_and_the_most_important_is_on_top() -> None:
    axes = draw("importance")
    assert [t.get_text() for t in axes.get_yticklabels()] == ["dropout", "batch", "lr"]
    assert sorted(bar.get_width() for bar in axes.patches) == [0.1, 0.2, 0.3, 0.3, 0.5, 0.6]
    assert len({bar.get_hatch() for bar in axes.patches}) == 2
    assert "n = 40 trainings" in note(axes)


def test_a_cycle_shows_its_interval() -> None:
    axes = draw("valid")
    _, _, bars = axes.containers[0]
    np.testing.assert_allclose(
        [segment[:, 1] for segment in bars[0].get_segments()], [[0.2, 0.8], [0.4, 0.93]]
    )
    assert "n = 16 candidates" in note(axes)


def test_admitted_candidates_are_filled_points() -> None:
    axes = draw("accuracies", threshold=0.65)
    points = [line for line in axes.get_lines() if line.get_marker() == "o"]
    assert sorted(len(line.get_xdata()) for line in points) == [1, 1, 2]
    filled = [line for line in points if line.get_markerfacecolor() != "white"]
    assert sorted(y for line in filled for y in line.get_ydata()) == [0.6, 0.7, 0.8]
    assert "n = 4 networks" in note(axes)


def test_a_run_in_one_figure() -> None:
    figure = plots.run_figure(cycles(), candidates(), title="Run $r_1$")
    assert len(figure.axes) == 3
    assert "Run $r_1$" in svg_text(figure)
    assert "5" in [t.get_text() for t in figure.axes[2].texts]


def test_the_palette_can_be_told_apart_in_grey() -> None:
    shades = [lightness(colour) for colour in PALETTE]
    four = shades[:4]
    assert min(abs(a - b) for place, a in enumerate(four) for b in four[:place]) >= 11
    assert min(abs(a - b) for a, b in pairwise(shades)) >= 11
    assert all(shade < 75 for shade in shades)  # seen on white


def test_no_two_groups_look_the_same() -> None:
    looks = [look(place) for place in range(36)]
    assert len({(one.colour, one.marker) for one in looks}) == 36


def test_the_colour_map_only_gets_lighter() -> None:
    shades = [lightness(colour[:3]) for colour in mpl.colormaps["viridis"](np.linspace(0, 1, 64))]
    assert min(np.diff(shades)) > 0


def test_a_short_name_keeps_its_beginning_and_end() -> None:
    name = short("family-" + "x" * 60 + "-end", 20)
    assert len(name) == 20
    assert name.startswith("family-")
    assert name.endswith("-end")
    assert short("a\nb\x00c") == "a b�c"
