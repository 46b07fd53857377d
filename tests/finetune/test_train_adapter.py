from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from catta.errors import GenerationError, Interrupted, UsageError
from catta.fetch import sha256_of
from catta.finetune import FinetuneSettings, train_adapter
from catta.finetune.sft import IGNORED, tokenize
from catta.models import ADAPTER_WEIGHTS, load
from catta.records import Adapter, Example

FAST = FinetuneSettings(rank=4, lr=5e-3, device="cpu", dtype="float32", max_tokens=200)
EXAMPLES = [
    Example(
        prompt="# a network\n",
        completion=f"import torch\nimport torch.nn as nn\nx = nn.Linear({width}, 10)\n",
    )
    for width in (16, 16, 32, 32, 16, 64, 16, 16)
]


def train(model: Path, output: Path, start: Path | None = None, **changes: object) -> Adapter:
    settings = FAST.model_copy(update=changes)
    return train_adapter(str(model), start, EXAMPLES, settings, output)


def test_learns_and_leaves_one_small_directory(tiny_model: Path, tmp_path: Path) -> None:
    steps: list[tuple[int, int, float]] = []
    adapter = train_adapter(
        str(tiny_model),
        None,
        EXAMPLES,
        FAST.model_copy(update={"epochs": 5}),
        tmp_path / "out" / "adapter",
        progress=lambda *step: steps.append(step),
    )
    assert adapter.steps == 20
    assert [step[:2] for step in steps] == [(number, 20) for number in range(1, 21)]
    assert tuple(step[2] for step in steps) == adapter.losses
    assert sum(adapter.losses[-4:]) < 0.8 * sum(adapter.losses[:4])
    assert adapter.base_model == str(tiny_model)
    assert adapter.details["too_long"] == 0
    files = {path.name for path in (tmp_path / "out" / "adapter").iterdir()}
    assert files == {"adapter_config.json", ADAPTER_WEIGHTS}
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["adapter"]
    weights = tmp_path / "out" / "adapter" / ADAPTER_WEIGHTS
    assert adapter.sha256 == sha256_of(weights)
    tensors = load_file(weights)
    assert {tensor.dtype for tensor in tensors.values()} == {torch.float16}
    names = {name.split(".lora_")[0].rsplit(".", 1)[1] for name in tensors}
    assert names == {"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}


def test_the_same_call_gives_the_same_weights(tiny_model: Path, tmp_path: Path) -> None:
    first = train(tiny_model, tmp_path / "a")
    torch.manual_seed(123)  # whatever was drawn before does not matter
    assert train(tiny_model, tmp_path / "b").sha256 == first.sha256
    assert train(tiny_model, tmp_path / "c", seed=1).sha256 != first.sha256


def test_goes_on_from_an_adapter(tiny_model: Path, tmp_path: Path) -> None:
    first = train(tiny_model, tmp_path / "a", epochs=5)
    second = train(tiny_model, tmp_path / "b", start=tmp_path / "a", rank=16)
    assert second.losses[0] < first.losses[0] - 0.5
    shapes = [tensor.shape for tensor in load_file(tmp_path / "b" / ADAPTER_WEIGHTS).values()]
    assert {min(shape) for shape in shapes} == {FAST.rank}  # the rank it began with


def test_an_adapter_is_replaced_as_a_whole(tiny_model: Path, tmp_path: Path) -> None:
    output = tmp_path / "adapter"
    output.mkdir()
    (output / "old").write_text("x")
    train(tiny_model, output)
    assert not (output / "old").exists()
    assert (output / ADAPTER_WEIGHTS).is_file()


def test_trains_in_bfloat16(tiny_model: Path, tmp_path: Path) -> None:
    adapter = train(tiny_model, tmp_path / "a", dtype="bfloat16", epochs=5)
    assert adapter.details["dtype"] == "bfloat16"
    assert adapter.losses[-1] < adapter.losses[0]
    assert all(
        bool(tensor.isfinite().all())
        for tensor in load_file(tmp_path / "a" / ADAPTER_WEIGHTS).values()
    )


def test_stops_without_leaving_anything(tiny_model: Path, tmp_path: Path) -> None:
    answers = iter([False, True])
    with pytest.raises(Interrupted, match="after 2 steps"):
        train_adapter(
            str(tiny_model),
            None,
            EXAMPLES,
            FAST,
            tmp_path / "adapter",
            should_stop=lambda: next(answers),
        )
    assert list(tmp_path.iterdir()) == []


def test_prints_nothing(
    tiny_model: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    train(tiny_model, tmp_path / "adapter")
    assert capfd.readouterr() == ("", "")


def test_too_long_examples_are_left_out(tiny_model: Path, tmp_path: Path) -> None:
    examples = [*EXAMPLES, Example(prompt="# x\n", completion="y = 1\n" * 400)]
    adapter = train_adapter(str(tiny_model), None, examples, FAST, tmp_path / "a")
    assert adapter.details["too_long"] == 1
    assert adapter.steps == 4
    with pytest.raises(UsageError, match=r"max_tokens.*none of the 8.*16"):
        train(tiny_model, tmp_path / "b", max_tokens=16)


def test_nothing_to_learn_from_is_a_usage_error(tiny_model: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="at least one example"):
        train_adapter(str(tiny_model), None, [], FAST, tmp_path / "a")


def test_a_missing_start_is_told(tiny_model: Path, tmp_path: Path) -> None:
    with pytest.raises(GenerationError, match="nowhere"):
        train(tiny_model, tmp_path / "a", start=tmp_path / "nowhere")
    assert not (tmp_path / "a").exists()


def test_learns_the_completion_and_its_end_but_not_the_prompt(tiny_model: Path) -> None:
    _, tokenizer = load(tiny_model, device="cpu")
    (row,) = tokenize((EXAMPLES[0],), tokenizer, 200)
    learnt = [token for token in row["labels"] if token != IGNORED]
    prompt = row["input_ids"][: len(row["labels"]) - len(learnt)]
    assert tokenizer.decode(prompt) == EXAMPLES[0].prompt
    assert tokenizer.decode(learnt) == EXAMPLES[0].completion + tokenizer.eos_token
    assert row["labels"][len(prompt) :] == row["input_ids"][len(prompt) :]


def test_the_prompt_is_not_in_the_loss(tiny_model: Path, tmp_path: Path) -> None:
    """The first loss is the model's own mean cross-entropy of completion and end token."""
    model, tokenizer = load(tiny_model, device="cpu", dtype="float32")
    (row,) = tokenize((EXAMPLES[0],), tokenizer, 200)
    with torch.inference_mode():
        ids, labels = (torch.tensor([row[key]]) for key in ("input_ids", "labels"))
        expected = float(model(input_ids=ids, labels=labels).loss)
    adapter = train_adapter(str(tiny_model), None, EXAMPLES[:1], FAST, tmp_path / "a")
    assert adapter.losses == (pytest.approx(expected, rel=1e-4),)
