from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from catta.errors import UsageError
from catta.records import Problem, Recipe
from catta.tasks import (
    Metric,
    Plugin,
    dataset_names,
    datasets,
    find_dataset,
    known_tasks,
    load_plugin,
    own_transforms,
    prepare,
    register_dataset,
    score,
)
from catta.tasks.built_in import BUILT_IN
from catta.tasks.digits import DIGITS
from catta.tasks.metrics import registry
from catta.testing.metric import MetricContract

PAGE = Path(__file__).parents[2] / "docs" / "datasets.md"


@pytest.fixture(autouse=True)
def nothing_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets, "_registered", {})
    monkeypatch.setattr(registry, "_registered", {})
    monkeypatch.setattr(known_tasks, "_registered", {})
    monkeypatch.setattr(own_transforms, "_registered", {})


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n")
    return path


MINE = (
    "from catta.tasks import Metric, register_dataset, register_metric",
    "from catta.tasks.digits import Digits",
    "register_dataset('mine', Digits(origin='mine'))",
    "register_metric('half', Metric(tasks=('img-classification',), compute=lambda *a: 0.5))",
)


def test_a_file_registers_datasets_and_metrics(tmp_path: Path) -> None:
    path = write(tmp_path / "mine.py", *MINE)
    assert load_plugin(path) == Plugin(datasets=("mine",), metrics=("half",))
    assert dataset_names()[-1] == "mine"
    first: Any = find_dataset("mine")
    assert first.origin == "mine"
    assert prepare(Recipe(dataset="mine", resolution=8, train_samples=50)).problem.outputs == 10
    assert load_plugin(path) == Plugin(datasets=("mine",), metrics=("half",))
    assert find_dataset("mine") is not first


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["1 / 0"], r"the plugin .*mine\.py failed: ZeroDivisionError: division by zero"),
        (["raise SystemExit(3)"], r"the plugin .*mine\.py failed: SystemExit: 3"),
        (["def"], r"the plugin .*mine\.py failed: SyntaxError"),
        (["import no_such_module"], r"failed: ModuleNotFoundError: No module named 'no_such_m"),
        (["x = 1"], r"the plugin .*mine\.py registers no dataset, metric, task or transform"),
        (
            ["from catta.tasks import register_dataset", "register_dataset('digits', object())"],
            "the dataset 'digits' is Catta's own and cannot be replaced",
        ),
        (
            ["from catta.tasks import register_dataset", "register_dataset('mine', object())"],
            "registered as dataset 'mine' has no method open or load",
        ),
    ],
)
def test_a_file_that_does_not_work_is_named(tmp_path: Path, lines: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        load_plugin(write(tmp_path / "mine.py", *lines))


def test_a_file_that_is_missing_or_no_python_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"the plugin .*mine\.py is no file"):
        load_plugin(tmp_path / "mine.py")
    with pytest.raises(UsageError, match=r"the plugin .*mine\.txt is not a Python file"):
        load_plugin(write(tmp_path / "mine.txt", "x"))


def test_a_registered_dataset_goes_by_its_name() -> None:
    register_dataset("mine", DIGITS)
    assert find_dataset("mine") is DIGITS
    with pytest.raises(UsageError, match=r"dataset must be one of .*mine, not 'yours'"):
        find_dataset("yours")


def test_the_dataset_of_the_page_has_20_lines_and_works(tmp_path: Path) -> None:
    example = blocks("python")[0]
    code = [line for line in example.splitlines() if line.strip()]
    assert len(code) <= 20
    assert load_plugin(write(tmp_path / "stripes.py", example)).datasets == ("stripes",)
    recipe = Recipe(dataset="stripes", resolution=16, train_samples=300, validation_samples=100)
    data = prepare(recipe)
    assert data.words == ("standing", "lying")
    x, y = (np.load(data.inputs / f"train_{name}.npy") for name in "xy")
    stands = (x[:, 0] == x[:, 0, :1]).all(axis=(1, 2))
    assert np.array_equal(stands, y == 0)
    assert np.abs(np.bincount(y) / len(y) - 0.5).max() < 0.1


def test_the_dataset_of_the_page_keeps_the_contract_as_the_page_tests_it() -> None:
    names: dict[str, Any] = {}
    for block in blocks("python")[:2]:
        exec(compile(block, str(PAGE), "exec"), names)  # noqa: S102 - our own page
    suite, dataset = names["TestStripes"](), names["Stripes"]()

    def open_it() -> Any:
        from catta.tasks.preparation import opened

        return opened(dataset, suite.task)

    tests = [name for name in dir(suite) if name.startswith("test_")]
    assert len(tests) >= 9
    for name in tests:
        test = getattr(suite, name)
        wanted = test.__func__.__code__.co_varnames[1]
        test({"dataset": dataset, "source": open_it(), "open_it": open_it}[wanted])


def test_the_metric_of_the_page_is_scored_and_keeps_the_contract() -> None:
    names: dict[str, Any] = {"np": np}
    exec(compile(blocks("python")[2], str(PAGE), "exec"), names)  # noqa: S102 - our own page
    falling = np.tile(np.arange(8, 0, -1, dtype=np.float32), (4, 1))
    problem = Problem(sample=(3, 6, 6), outputs=8)
    values = score(problem, {"scores": falling}, {"y": np.array([0, 2, 3, 7])})
    assert values["top3"] == 0.5
    metric: Metric = registry.registered_metrics()["top3"]
    suite = MetricContract()
    suite.test_it_is_for_the_task(metric)
    suite.test_the_perfect_prediction_is_best(metric, problem)
    suite.test_the_order_of_samples_says_nothing(metric, problem)
    suite.test_it_changes_nothing(metric, problem)


def test_the_task_of_the_page_has_40_lines_and_is_scored(tmp_path: Path) -> None:
    example = blocks("python")[3]
    assert len([line for line in example.splitlines() if line.strip()]) <= 40
    plugin = load_plugin(write(tmp_path / "ink.py", example))
    assert plugin == Plugin(datasets=("ink",), tasks=("img-regression",))
    recipe = Recipe(task="img-regression", dataset="ink", resolution=8, metric="r2")
    data = prepare(recipe)
    assert data.problem == Problem(task="img-regression", sample=(1, 8, 8), outputs=1)
    ink = data.validation["ink"]
    assert 0.2 < ink.mean() < 0.4
    assert score(data.problem, {"ink": ink}, data.validation) == {"r2": 1}
    mean = np.full_like(ink, ink.mean())
    assert score(data.problem, {"ink": mean}, data.validation)["r2"] == pytest.approx(0, abs=1e-5)


def test_the_suite_for_the_task_of_the_page_is_one() -> None:
    names: dict[str, Any] = {"pytest": pytest, "Path": Path}
    exec(compile(blocks("python")[4], str(PAGE), "exec"), names)  # noqa: S102 - our own page
    suite = names["TestRegression"]
    assert (suite.task, suite.size) == ("img-regression", 8)
    assert len([name for name in dir(suite) if name.startswith("test_")]) >= 9


def test_the_transform_of_the_page_has_a_name() -> None:
    exec(compile(blocks("python")[5], str(PAGE), "exec"), {})  # noqa: S102 - our own page
    found = own_transforms.own_transform("turned")
    assert found is not None
    assert "def transform(norm)" in found.source


def test_the_page_lists_every_metric_and_no_dataset_that_there_is_not() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for task, record in BUILT_IN.items():
        line = next(line for line in page.splitlines() if line.startswith(f"| {task} |"))
        assert all(f"`{name}`" in line for name in record.metrics)
    table = page.split("## Which there are")[1].split("Every dataset")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    listed = {name for row in rows for name in re.findall(r"`([^`]+)`", row)}
    assert listed <= set(dataset_names())
    assert {"text", "image-folder", "python-docs"} <= listed


def test_a_dataset_that_fails_is_named(cache: Path) -> None:
    class Broken:
        classes, channels, origin = 2, 1, "nowhere"

        def present(self) -> bool:
            return True

        def load(self, directory: Path | None, progress: Any = None) -> Any:
            return 1 / 0 if directory is None else "no images"

    register_dataset("broken", Broken())
    with pytest.raises(UsageError, match="the dataset broken failed: ZeroDivisionError: division"):
        prepare(Recipe(dataset="broken"))
    with pytest.raises(UsageError, match="the dataset broken failed: AttributeError: 'str' object"):
        prepare(Recipe(dataset="broken"), directory=cache)
