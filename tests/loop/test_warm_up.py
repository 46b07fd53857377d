"""The warm-start adapter that ships, and the settings it belongs to."""

import importlib.resources
import shutil
from pathlib import Path

import pytest

from catta.errors import FetchError
from catta.fetch import sha256_of
from catta.loop import parse_config, warmup
from catta.loop.warm_up import draw_seeds, shipped_adapter, warmup_key
from catta.models import ADAPTER_WEIGHTS
from catta.records import Network

MEGABYTE = 1_000_000


def test_the_shipped_adapter_is_what_its_card_says() -> None:
    adapter = shipped_adapter(parse_config({}))
    assert adapter is not None
    weights = Path(adapter.path) / ADAPTER_WEIGHTS
    assert sha256_of(weights) == adapter.sha256
    assert weights.stat().st_size <= 10 * MEGABYTE
    assert adapter.steps == len(adapter.losses)
    assert adapter.losses[-1] < adapter.losses[0]


@pytest.mark.parametrize(
    "changes",
    [{"model": "another"}, {"warmup": {"lr": 1e-3}}, {"seeds": {"warmup_examples": 10}}],
)
def test_other_settings_get_no_shipped_adapter(changes: dict[str, object]) -> None:
    assert shipped_adapter(parse_config(changes)) is None


def test_a_damaged_adapter_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    adapter = shipped_adapter(parse_config({}))
    assert adapter is not None
    copy = tmp_path / "warmstart"
    shutil.copytree(adapter.path, copy)
    with (copy / ADAPTER_WEIGHTS).open("r+b") as file:
        file.seek(5_000)
        file.write(b"\0\1\2\3")
    monkeypatch.setattr(importlib.resources, "files", lambda package: tmp_path)
    with pytest.raises(FetchError, match="damaged"):
        shipped_adapter(parse_config({}))


def test_a_warm_up_is_known_by_what_decides_it() -> None:
    base = parse_config({})
    assert warmup_key(base) == warmup_key(parse_config({"cycles": 3, "threshold": 0.5}))
    assert warmup_key(base) != warmup_key(parse_config({"warmup": {"rank": 8}}))
    assert warmup_key(base) != warmup_key(parse_config({"seed": 1}))


def test_seeds_are_drawn_the_same_way_each_time() -> None:
    seeds = [Network(id=f"n1:{i}", source="", name=str(i), origin="adapted") for i in range(50)]
    config = parse_config({"seeds": {"warmup_examples": 20}})
    drawn = draw_seeds(seeds, config)
    assert drawn == draw_seeds(seeds, config)
    assert len({seed.id for seed in drawn}) == 20
    assert drawn != seeds[:20]


def test_a_known_warm_up_is_not_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catta.loop.api.resolve", lambda name: tmp_path)
    config = parse_config({})
    adapter = warmup(config, corpus=tmp_path / "corpus.sqlite")
    shipped = shipped_adapter(config)
    assert shipped is not None
    assert adapter.sha256 == shipped.sha256
