from __future__ import annotations

from pathlib import Path

import pytest
import torch

from catta.errors import GenerationError, UsageError
from catta.models import load, loading


def test_loads_a_model_that_computes(tiny_model: Path) -> None:
    model, tokenizer = load(tiny_model, device="cpu", dtype="float32")
    assert not model.training
    assert model.dtype is torch.float32
    ids = tokenizer("import torch", return_tensors="pt")["input_ids"]
    assert model(ids).logits.shape == (*ids.shape, model.config.vocab_size)
    assert tokenizer.pad_token_id is not None


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_dtype_is_what_was_asked_for(tiny_model: Path, dtype: str) -> None:
    model, _ = load(tiny_model, device="cpu", dtype=dtype)
    assert model.dtype is getattr(torch, dtype)


@pytest.mark.parametrize(("native", "expected"), [(True, torch.bfloat16), (False, torch.float32)])
def test_a_cpu_uses_bfloat16_where_it_is_native(
    monkeypatch: pytest.MonkeyPatch, native: bool, expected: torch.dtype
) -> None:
    monkeypatch.setattr(loading, "has_native_bf16", lambda: native)
    assert loading.choose_dtype(torch.device("cpu")) is expected


def test_wrong_names_are_usage_errors(tiny_model: Path) -> None:
    with pytest.raises(UsageError, match=r"dtype.*float32, bfloat16, float16"):
        load(tiny_model, dtype="int8")
    with pytest.raises(UsageError, match="device"):
        load(tiny_model, device="toaster")
    if not torch.cuda.is_available():
        with pytest.raises(UsageError, match="not on this machine"):
            load(tiny_model, device="cuda")


def test_a_damaged_model_is_a_generation_error(tiny_model: Path, tmp_path: Path) -> None:
    for file in tiny_model.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1_000])
    with pytest.raises(GenerationError, match="cannot be loaded"):
        load(tmp_path, device="cpu")
