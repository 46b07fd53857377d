"""The folder: whole or not at all, and never another's."""

from __future__ import annotations

from pathlib import Path

import pytest

from catta.errors import UsageError
from catta.report.folder import MARKER, check_target, replacing


def fill(directory: Path, text: str) -> None:
    with replacing(directory) as fresh:
        (fresh / "index.html").write_text(text)


def entries(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_a_folder_is_written_and_replaced(tmp_path: Path) -> None:
    fill(tmp_path / "out", "one")
    fill(tmp_path / "out", "two")
    assert entries(tmp_path) == ["out"]
    assert entries(tmp_path / "out") == sorted([MARKER, "index.html"])
    assert (tmp_path / "out/index.html").read_text() == "two"


def test_an_empty_folder_may_be_used(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    fill(tmp_path / "out", "one")
    assert entries(tmp_path) == ["out"]


@pytest.mark.parametrize("stop", [KeyboardInterrupt, OSError, ValueError])
def test_what_breaks_off_leaves_nothing(tmp_path: Path, stop: type[BaseException]) -> None:
    fill(tmp_path / "out", "one")

    def break_off(name: str) -> None:
        with replacing(tmp_path / name) as fresh:
            (fresh / "half.html").write_text("half")
            raise stop

    for name in ("out", "new"):
        with pytest.raises(stop):
            break_off(name)
    assert entries(tmp_path) == ["out"]
    assert (tmp_path / "out/index.html").read_text() == "one"


def test_a_foreign_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.tex").write_text("x")
    with pytest.raises(UsageError, match="holds something else than a report"):
        fill(tmp_path / "mine", "one")
    assert entries(tmp_path / "mine") == ["thesis.tex"]


def test_a_folder_that_became_foreign_meanwhile_is_left_alone(tmp_path: Path) -> None:
    def be_overtaken() -> None:
        with replacing(tmp_path / "out"):
            (tmp_path / "out").mkdir()
            (tmp_path / "out/thesis.tex").write_text("x")

    with pytest.raises(UsageError, match="something else"):
        be_overtaken()
    assert entries(tmp_path) == ["out"]
    assert entries(tmp_path / "out") == ["thesis.tex"]


def test_where_no_folder_can_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError, match="is a file"):
        check_target(tmp_path / "file")
    with pytest.raises(UsageError, match="there is no directory"):
        check_target(tmp_path / "no/where")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="where you are"):
        check_target(Path())
    with pytest.raises(UsageError, match="where you are"):
        check_target(Path(".."))


def test_the_folder_can_be_read_by_others(tmp_path: Path) -> None:
    fill(tmp_path / "out", "one")
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o755
