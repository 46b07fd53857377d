"""Transforms that a plugin or a package names: texts, told apart by their hashes."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from catta.errors import UsageError
from catta.tasks import Plugin, load_plugin, own_transforms, register_transform
from catta.tasks.own_transforms import own_transform, own_transform_names

TEXT = "def transform(norm):\n    raise AssertionError('nobody executes this here')\n"
NUMBER = 3


@pytest.fixture(autouse=True)
def nothing_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_transforms, "_registered", {})


def test_a_text_or_a_file_goes_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "anything.py"
    path.write_text(TEXT)
    register_transform("text", TEXT)
    register_transform("file", path)
    text, file = own_transform("text"), own_transform("file")
    assert text is not None
    assert file is not None
    assert text.source == file.source == TEXT
    assert [one.name.partition("@")[0] for one in (text, file)] == ["text", "file"]
    assert own_transform_names() == ("file", "text")
    assert own_transform("other") is None
    register_transform("text", TEXT + "\n")
    again = own_transform("text")
    assert again is not None
    assert again.name != text.name


def test_what_is_no_transform_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is named by letters"):
        register_transform("a@b", TEXT)
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        register_transform("gone", tmp_path / "gone.py")
    path = tmp_path / "large.py"
    path.write_text("#" * (own_transforms.LARGEST + 1))
    with pytest.raises(UsageError, match="larger than 100,000 bytes"):
        register_transform("large", path)
    assert own_transform_names() == ()


def test_a_package_adds_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def add(value: str) -> None:
        point = EntryPoint(name="theirs", value=value, group=own_transforms.GROUP)
        monkeypatch.setattr(own_transforms, "entry_points", lambda *, group: [point])

    monkeypatch.setitem(sys.modules, "their_package", sys.modules[__name__])
    add("their_package:TEXT")
    found = own_transform("theirs")
    assert found is not None
    assert found.source == TEXT
    add("their_package:NUMBER")
    with pytest.raises(UsageError, match="is neither a text nor a path"):
        own_transform("theirs")
    add("their_package:NOTHING")
    with pytest.raises(UsageError, match="cannot be loaded"):
        own_transform("theirs")


def test_a_plugin_says_which_it_registered(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        f"from catta.tasks import register_transform\nregister_transform('mine', {TEXT!r})\n"
    )
    assert load_plugin(path) == Plugin(transforms=("mine",))
