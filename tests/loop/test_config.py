"""Run files: what is wrong is said in one sentence that names the key."""

from pathlib import Path

import pytest

from catta.errors import UsageError
from catta.loop import ARMS, PROFILES, load_config, parse_config

RUNS = Path(__file__).parents[2] / "runs"


@pytest.mark.parametrize("path", sorted(RUNS.glob("*.toml")), ids=lambda path: path.stem)
def test_every_run_file_is_valid(path: Path) -> None:
    assert load_config(path).arm in ARMS


def test_overrides_win_and_tables_are_merged(tmp_path: Path) -> None:
    file = tmp_path / "run.toml"
    file.write_text('cycles = 3\n[recipe]\nbatch = 32\ndataset = "digits"\n')
    config = load_config(file, {"cycles": 4, "recipe": {"dataset": "mnist"}})
    assert (config.cycles, config.recipe.batch, config.recipe.dataset) == (4, 32, "mnist")


def test_the_paper_profile_is_the_papers_protocol(tmp_path: Path) -> None:
    file = tmp_path / "run.toml"
    file.write_text('profile = "paper"\ncycles = 5\n')
    config = load_config(file)
    assert config.cycles == 5
    assert config.threshold == 0.40
    assert config.caps.parameters == 500_000
    assert (config.recipe.optimizer, config.recipe.batch) == ("sgd", 16)


@pytest.mark.parametrize(
    ("values", "parts"),
    [
        ({"cylces": 3}, ["cylces", "unknown key", "cycles"]),
        ({"recipe": {"speed": 1}}, ["recipe.speed", "unknown key", "batch"]),
        ({"threshold": 1.5}, ["threshold", "1.5", "1"]),
        ({"arm": "magic"}, ["arm", "lora", "frozen", "mutation"]),
        ({"backend": "openai"}, ["arm", "frozen"]),
        ({"arm": "frozen", "backend": "scripted"}, ["script"]),
        ({"data": "/nowhere/at/all"}, ["data", "/nowhere/at/all"]),
        ({"sandbox": "none"}, ["sandbox", "unsafe"]),
        ({"seeds": {"source": "/nowhere/x.whl"}}, ["seeds.source", "/nowhere/x.whl"]),
    ],
)
def test_bad_values_are_named_in_one_sentence(values: dict[str, object], parts: list[str]) -> None:
    with pytest.raises(UsageError) as caught:
        parse_config(values)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert all(part in sentence for part in parts), sentence


def test_a_profile_or_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        load_config(tmp_path / "none.toml")
    file = tmp_path / "run.toml"
    file.write_text('profile = "fast"')
    with pytest.raises(UsageError, match=", ".join(PROFILES)):
        load_config(file)
    file.write_text("cycles = = 3")
    with pytest.raises(UsageError, match="cannot be read"):
        load_config(file)
