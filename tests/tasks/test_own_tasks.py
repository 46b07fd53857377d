"""Tasks that are not Catta's: registered, refused, scored, and their objectives as texts."""

from __future__ import annotations

import sys
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from catta.errors import UsageError
from catta.records import Problem, Recipe
from catta.tasks import (
    Array,
    ArraySource,
    Metric,
    Plugin,
    Task,
    datasets,
    known_tasks,
    load_plugin,
    prepare,
    register_dataset,
    register_metric,
    register_task,
    score,
    task_names,
)
from catta.tasks.built_in import BUILT_IN
from catta.tasks.known_tasks import find_task
from catta.tasks.metrics import (
    defect,
    find_metric,
    higher_is_better,
    main_metric,
    metric_names,
    registry,
)
from catta.tasks.objective_text import with_objective
from catta.testing.dataset import DatasetContract


class Counting:
    """Stands for an objective; it is named here, and executed by nobody."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem


def off_by(problem: Problem, predictions: Any, targets: Any, words: Any) -> float:
    return float(abs(predictions["n"] - targets["n"]).mean())


COUNTING = Task(
    targets=("n",),
    predictions=lambda problem: {"n": Array(dtype="int64", below=10), "sure": Array(shape=(2,))},
    metrics={
        "off": Metric(compute=off_by, higher_is_better=False),
        "exact": Metric(compute=lambda p, some, t, w: float((some["n"] == t["n"]).mean())),
    },
    objective=Counting,
    dataset="dots",
    images=False,
)
PROBLEM = Problem(task="dot-counting", sample=(4,), outputs=1)
TARGET = {"n": np.array([1, 2, 3])}
RIGHT = {"n": np.array([1, 2, 5]), "sure": np.zeros((3, 2), np.float32)}


class Dots:
    """Rows of 4 numbers and how many of them are positive: no images."""

    tasks, origin = ("dot-counting",), "drawn here"

    def present(self) -> bool:
        return True

    def open(self, task: str, directory: Path | None, progress: Any = None) -> ArraySource:
        x = np.random.default_rng(0).normal(size=(60, 4)).astype(np.float32)
        samples = {"x": x, "n": (x > 0).sum(1)}
        train, test = (
            {k: v[some] for k, v in samples.items()} for some in np.split(range(60), [40])
        )
        return ArraySource(name="dots", outputs=1, train=train, test=test)


@pytest.fixture(autouse=True)
def nothing_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (datasets, known_tasks, registry):
        monkeypatch.setattr(module, "_registered", {})


@pytest.fixture
def counting() -> None:
    register_dataset("dots", Dots())
    register_task("dot-counting", COUNTING)


@pytest.mark.usefixtures("counting")
class TestDots(DatasetContract):
    task = "dot-counting"

    @pytest.fixture
    def dataset(self) -> Any:
        return Dots()


@pytest.mark.usefixtures("counting")
def test_a_registered_task_is_one_of_all() -> None:
    assert task_names() == (*BUILT_IN, "dot-counting")
    assert find_task("dot-counting") is COUNTING
    assert metric_names("dot-counting") == ("off", "exact")
    assert main_metric("dot-counting") == "off"
    assert not higher_is_better("off")
    assert higher_is_better("exact")
    assert find_metric("dot-counting", "off").compute is off_by
    register_metric("half", Metric(tasks=("dot-counting",), compute=lambda *_: 0.5))
    assert score(PROBLEM, RIGHT, TARGET) == {"off": 2 / 3, "exact": 2 / 3, "half": 0.5}


def test_an_unknown_task_is_answered_with_all() -> None:
    register_task("dot-counting", COUNTING)
    with pytest.raises(UsageError, match=r"one of img-.*, dot-counting, not 'dots'"):
        find_task("dots")
    with pytest.raises(UsageError, match="not 'dots'"):
        metric_names("dots")
    with pytest.raises(UsageError, match="'dots'"):
        prepare(Recipe(task="dots"))


@pytest.mark.parametrize(
    ("name", "changed", "message"),
    [
        ("obj-detection", {}, "Catta's own and cannot be replaced"),
        ("Dot Counting", {}, "lower-case words with hyphens"),
        ("dot-counting", {"targets": ()}, "needs targets"),
        ("dot-counting", {"targets": ("x", "n")}, "by other names than x"),
        ("dot-counting", {"objective": None}, "has no objective"),
        ("dot-counting", {"metrics": {}}, "has no metric"),
        (
            "dot-counting",
            {"metrics": {"acc": COUNTING.metrics["exact"]}},
            "the metric 'acc' is Catta's own",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(name: str, changed: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        register_task(name, replace(COUNTING, **changed))
    with pytest.raises(UsageError, match=r"is no catta\.tasks\.Task"):
        register_task("dot-counting", object())  # type: ignore[arg-type]
    assert task_names() == tuple(BUILT_IN)


@pytest.mark.usefixtures("counting")
@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"n": np.array([1, 2, 10])}, "n are 1 to 10, not 0 to 9"),
        ({"n": np.array([-1, 2, 3])}, "n are -1 to 3, not 0 to 9"),
        ({"n": np.array([1.0, 2.0, 3.0])}, "float64 of shape"),
        ({"sure": np.zeros((3, 3), np.float32)}, r"shape \(3, 3\), wanted .* \(3, 2\)"),
        ({"sure": np.full((3, 2), np.nan, np.float32)}, "are not finite"),
        ({"more": np.zeros(3)}, r"wanted \['n', 'sure'\]"),
    ],
)
def test_malformed_predictions_are_refused(changed: dict[str, Any], message: str) -> None:
    assert defect(PROBLEM, RIGHT, TARGET) is None
    with pytest.raises(UsageError, match=message):
        score(PROBLEM, {**RIGHT, **changed}, TARGET)


@pytest.mark.usefixtures("counting")
def test_a_metric_that_fails_is_named() -> None:
    register_metric("void", Metric(tasks=("dot-counting",), compute=lambda *_: 1 / 0))
    with pytest.raises(UsageError, match="the metric void failed: ZeroDivisionError"):
        score(PROBLEM, RIGHT, TARGET)


@pytest.mark.usefixtures("counting")
def test_what_is_no_image_is_taken_as_it_is(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("CATTA_CACHE", str(tmp_path))
    recipe = Recipe(task="dot-counting", dataset="dots", metric="off")
    data = prepare(recipe)
    assert data.problem == Problem(task="dot-counting", sample=(4,), outputs=1)
    x, n = (np.load(data.inputs / f"train_{name}.npy") for name in ("x", "n"))
    assert np.array_equal((x > 0).sum(1), n)
    assert len(n) + len(data.validation["n"]) == 40
    assert not (data.inputs / "validation_n.npy").exists()
    with pytest.raises(UsageError, match="dot-counting takes no transform; echo is for images"):
        prepare(recipe.model_copy(update={"transform": "echo"}))


def test_arrays_of_other_lengths_are_no_dataset() -> None:
    good = {"x": np.zeros((2, 3)), "n": np.zeros(2)}
    for bad in ({"n": np.zeros(2)}, {**good, "n": np.zeros(3)}):
        with pytest.raises(UsageError, match="dots needs x and targets"):
            ArraySource(name="dots", outputs=1, train=good, test=bad)


@pytest.mark.usefixtures("counting")
def test_the_sandbox_gets_the_text_of_the_file_and_the_name_of_a_package(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert with_objective("obj-detection") == {}
    sent = with_objective("dot-counting")["objective"]
    assert sent == {"source": Path(__file__).read_text(), "name": "Counting"}
    point = EntryPoint(name="theirs", value="their_package:COUNTING", group=known_tasks.GROUP)
    monkeypatch.setitem(sys.modules, "their_package", sys.modules[__name__])
    monkeypatch.setattr(known_tasks, "entry_points", lambda *, group: [point])
    assert find_task("theirs") is COUNTING
    assert with_objective("theirs")["objective"] == {**sent, "module": __name__}


def test_a_package_that_cannot_be_loaded_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for value, message in (
        ("no_such_module:TASK", "no_such_module:TASK"),
        ("catta.tasks.digits:DIGITS", "is no catta.tasks.Task"),
    ):
        point = EntryPoint(name="theirs", value=value, group=known_tasks.GROUP)
        monkeypatch.setattr(known_tasks, "entry_points", lambda *, group, point=point: [point])
        with pytest.raises(UsageError, match=message):
            find_task("theirs")


def test_an_objective_that_is_in_no_file_cannot_be_sent() -> None:
    class Local(Counting):
        pass

    register_task("dot-counting", replace(COUNTING, objective=Local))
    with pytest.raises(UsageError, match="no class that a file defines at its top"):
        with_objective("dot-counting")
    names: dict[str, Any] = {"__name__": "typed_in"}
    exec("class Typed: pass", names)  # noqa: S102 - as at a prompt
    register_task("dot-counting", replace(COUNTING, objective=names["Typed"]))
    with pytest.raises(UsageError, match=r"is not in a file: .* write it to FILE\.py"):
        with_objective("dot-counting")


def test_a_plugin_says_which_tasks_it_registered(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        "from catta.tasks import Array, Metric, Task, register_task\n"
        "class Mine: pass\n"
        "register_task('my-task', Task(targets=('n',), predictions=lambda p: {'n': Array()},\n"
        "    metrics={'off': Metric(compute=lambda *_: 0.0)}, objective=Mine, dataset='dots'))\n"
    )
    assert load_plugin(path) == Plugin(tasks=("my-task",))
    sent = with_objective("my-task")["objective"]
    assert sent == {"source": path.read_text(), "name": "Mine"}
