from __future__ import annotations

import sys
from pathlib import Path

import pytest

from catta.errors import SandboxError, UsageError
from catta.evaluation import available_sandboxes, choose_sandbox
from catta.evaluation.sandbox import (
    PACKAGE,
    hidden_paths,
    import_roots,
    runtime_paths,
    select,
    visible,
)
from catta.evaluation.sandbox.paths import without_nested
from catta.evaluation.sandbox.seccomp_calls import FORBIDDEN, NUMBERS, UNKNOWN


@pytest.fixture
def nothing_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(select, "_working", lambda: ())


def test_unknown_name() -> None:
    with pytest.raises(UsageError, match=r"sandbox: 'docker' is not one of auto, bubblewrap"):
        choose_sandbox("docker")


def test_none_needs_to_be_allowed() -> None:
    with pytest.raises(SandboxError, match="--unsafe"):
        choose_sandbox("none")
    assert choose_sandbox("none", unsafe=True).name == "none"


@pytest.mark.usefixtures("nothing_works")
@pytest.mark.parametrize("name", ["auto", "bubblewrap", "landlock"])
def test_refusal_says_what_to_install(name: str) -> None:
    with pytest.raises(SandboxError, match=r"install bubblewrap and libseccomp.*--unsafe"):
        choose_sandbox(name)


@pytest.mark.usefixtures("nothing_works")
def test_unsafe_is_the_last_resort() -> None:
    assert choose_sandbox("auto", unsafe=True).name == "none"


def test_unsafe_does_not_replace_a_sandbox_that_works() -> None:
    for sandbox in available_sandboxes():
        assert choose_sandbox(sandbox.name, unsafe=True).name == sandbox.name


def test_program_that_fails_or_is_not_there_is_no_sandbox() -> None:
    assert not select._runs([sys.executable, "-c", "raise SystemExit(1)"])
    assert not select._runs(["/nonexistent/bwrap"])


def test_directory_of_the_script_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    packages = tmp_path / "lib" / "site-packages"
    packages.mkdir(parents=True)
    monkeypatch.setattr(sys, "path", [str(tmp_path), "", *sys.path, str(packages)])

    assert tmp_path not in runtime_paths()
    assert tmp_path not in import_roots()
    assert packages in import_roots()
    assert packages in runtime_paths()


def test_neither_homes_nor_shared_data_are_shown() -> None:
    shown = runtime_paths()

    for private in (Path.home(), Path("/usr/share"), Path("/etc"), Path("/var"), PACKAGE.parent):
        assert not any(private == path or private.is_relative_to(path) for path in shown)
    assert any(PACKAGE.is_relative_to(path) for path in shown)


def test_labels_that_packages_ship_are_not_shown() -> None:
    import sklearn

    labels = Path(sklearn.__file__).parent / "datasets" / "data"
    shown = visible(runtime_paths(), hidden_paths())

    assert labels.is_dir()
    assert not any(labels.is_relative_to(path) for path in shown)
    assert any(Path(sklearn.__file__).is_relative_to(path) for path in shown)


def test_only_what_is_hidden_is_left_out(tmp_path: Path) -> None:
    for name in ("a/hidden/x", "a/seen", "b/y"):
        (tmp_path / name).mkdir(parents=True)

    shown = visible([tmp_path], [tmp_path / "a" / "hidden"])

    assert shown == [tmp_path / "a" / "seen", tmp_path / "b"]
    assert visible([tmp_path / "a" / "hidden" / "x"], [tmp_path / "a" / "hidden"]) == []
    assert visible([tmp_path / "b"], []) == [tmp_path / "b"]


def test_nested_paths_are_named_once() -> None:
    paths = [Path("/a/b/c"), Path("/a/b"), Path("/a/bc"), Path("/a/b")]

    assert without_nested(paths) == [Path("/a/b"), Path("/a/bc")]


def test_system_calls_are_spelled_right() -> None:
    pyseccomp = pytest.importorskip("pyseccomp", exc_type=ImportError)
    architecture = pyseccomp.system_arch()
    for name in (*FORBIDDEN, *UNKNOWN):
        try:
            number = pyseccomp.resolve_syscall(architecture, name)
        except OSError:
            assert name in NUMBERS, f"libseccomp knows no call {name}"
            continue
        # Negative: a call of another architecture.
        assert name not in NUMBERS or number in (NUMBERS[name], -1) or number < 0
