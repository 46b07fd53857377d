from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

from catta.errors import GenerationError, Interrupted, UsageError
from catta.fetch import sha256_of
from catta.generation import Generator, SamplingSettings, TransformersGenerator, decoding
from catta.models import load, quiet_peft
from catta.records import Prompt
from catta.testing.generator import GeneratorContract

FAST = SamplingSettings(max_new_tokens=12, batch=4, dtype="float32", device="cpu")
PROMPT = Prompt(text="# a network\n", prefix="import torch")


@pytest.fixture(scope="module")
def adapter(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An adapter that changes what the model says."""
    directory = tmp_path_factory.mktemp("adapter") / "adapter"
    torch.manual_seed(0)
    with quiet_peft():
        model = get_peft_model(
            AutoModelForCausalLM.from_pretrained(tiny_model),
            LoraConfig(r=2, target_modules="all-linear", init_lora_weights=False),
        )
    model.save_pretrained(str(directory), save_embedding_layers=False)
    return directory


class TestContract(GeneratorContract):
    @pytest.fixture
    def generator(self, tiny_model: Path) -> Iterator[Generator]:
        generator = TransformersGenerator(str(tiny_model), settings=FAST)
        yield generator
        generator.close()


class TestContractInBfloat16WithAdapter(GeneratorContract):
    @pytest.fixture
    def generator(self, tiny_model: Path, adapter: Path) -> Iterator[Generator]:
        settings = FAST.model_copy(update={"dtype": "bfloat16"})
        generator = TransformersGenerator(str(tiny_model), adapter, settings=settings)
        yield generator
        generator.close()


def greedy(tiny_model: Path, adapter: Path | None = None) -> str:
    settings = FAST.model_copy(update={"temperature": 0.0})
    generator = TransformersGenerator(str(tiny_model), adapter, settings=settings)
    (completion,) = generator.generate(PROMPT, 1, 0)
    return completion.text


def test_says_what_the_model_says(tiny_model: Path) -> None:
    model, tokenizer = load(tiny_model, device="cpu", dtype="float32")
    ids = tokenizer(PROMPT.text)["input_ids"] + tokenizer(PROMPT.prefix)["input_ids"]
    said = model.generate(
        torch.tensor([ids]),
        attention_mask=torch.ones(1, len(ids), dtype=torch.long),
        do_sample=False,
        max_new_tokens=FAST.max_new_tokens,
    )[0, len(ids) :]
    assert greedy(tiny_model) == PROMPT.prefix + tokenizer.decode(said, skip_special_tokens=True)


def test_rows_that_leave_do_not_disturb_the_others(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each row goes on with its own past: its logits are those of a forward pass without cache."""
    model, _ = load(tiny_model, device="cpu", dtype="float32")
    end, seen = 7, list[torch.Tensor]()

    def scripted(logits: torch.Tensor, *_: object) -> torch.Tensor:
        """Tokens that differ by row; the first row ends at the third token, the next at ..."""
        seen.append(logits)
        tokens = 20 + 10 * torch.arange(len(logits)) + len(seen)
        if len(seen) in (3, 5, 140):
            tokens[0] = end
        return tokens

    monkeypatch.setattr(decoding, "draw", scripted)
    prompt = [30, 31, 32]
    settings = SamplingSettings(max_new_tokens=150)  # more than the cache has room for at first
    samples = decoding.sample_batch(
        model, prompt, 5, settings, ends=frozenset([end]), generator=torch.Generator()
    )
    assert [len(sample.ids) for sample in samples] == [2, 4, 139, 150, 150]
    assert [sample.finished for sample in samples] == [True, True, True, False, False]
    alive = torch.tensor([prompt + sample.ids[:-1] for sample in samples[3:]])
    with torch.inference_mode():
        expected = model(alive).logits[:, -1]
    torch.testing.assert_close(seen[-1], expected, rtol=1e-3, atol=1e-3)


def test_an_adapter_gives_its_name_and_changes_the_words(tiny_model: Path, adapter: Path) -> None:
    generator = TransformersGenerator(str(tiny_model), adapter, settings=FAST)
    assert generator.name == sha256_of(adapter / "adapter_model.safetensors")
    assert TransformersGenerator(str(tiny_model), settings=FAST).name == str(tiny_model)
    assert greedy(tiny_model, adapter) != greedy(tiny_model)


def test_ends_at_the_end_token(tiny_model: Path) -> None:
    """A token that ends an answer is not part of it."""
    model, _ = load(tiny_model, device="cpu", dtype="float32")
    settings = FAST.model_copy(update={"temperature": 0.0})

    def say(ends: frozenset[int]) -> decoding.Sample:
        randomness = torch.Generator()
        return decoding.sample_batch(model, [5, 6], 1, settings, ends=ends, generator=randomness)[0]

    whole = say(frozenset())
    assert not whole.finished
    end = whole.ids[-1]
    cut = say(frozenset([end]))
    assert cut.finished
    assert cut.ids == whole.ids[: whole.ids.index(end)]


def test_long_answers_are_cut_and_say_so(tiny_model: Path) -> None:
    settings = FAST.model_copy(update={"max_new_tokens": 3})
    completions = TransformersGenerator(str(tiny_model), settings=settings).generate(PROMPT, 6, 0)
    assert all(c.tokens <= 3 for c in completions)
    assert any(c.tokens == 3 and not c.finished for c in completions)


def test_the_models_own_limit_holds(tiny_model: Path) -> None:
    generator = TransformersGenerator(str(tiny_model), settings=FAST)
    with pytest.raises(GenerationError, match="the model takes 1024"):
        generator.generate(Prompt(text="# x\n" * 2_000, prefix="import torch"), 1, 0)


def test_stops_between_tokens(tiny_model: Path) -> None:
    asked = iter([False, False, True])
    generator = TransformersGenerator(
        str(tiny_model), settings=FAST, should_stop=lambda: next(asked)
    )
    with pytest.raises(Interrupted):
        generator.generate(PROMPT, 2, 0)


def test_wrong_paths_are_told_at_once(tiny_model: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no directory"):
        TransformersGenerator(str(tmp_path / "nowhere"))
    with pytest.raises(GenerationError, match="adapter"):
        TransformersGenerator(str(tiny_model), tmp_path)


def test_a_broken_adapter_is_a_generation_error(
    tiny_model: Path, adapter: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(adapter, broken)
    (broken / "adapter_config.json").write_text("{}")
    generator = TransformersGenerator(str(tiny_model), broken, settings=FAST)
    with pytest.raises(GenerationError, match="cannot be loaded"):
        generator.generate(PROMPT, 1, 0)


class TestDraw:
    LOGITS = torch.tensor([[0.0, 1.0, 2.0, 3.0]]).expand(4_000, -1).log_softmax(-1)

    def shares(self, **settings: float) -> list[float]:
        randomness = torch.Generator().manual_seed(0)
        drawn = decoding.draw(self.LOGITS, SamplingSettings(**settings), randomness)  # type: ignore[arg-type]
        return [float((drawn == token).float().mean()) for token in range(4)]

    def test_follows_the_distribution(self) -> None:
        expected = self.LOGITS[0].exp().tolist()
        assert self.shares(temperature=1.0, top_p=1.0) == pytest.approx(expected, abs=0.03)

    def test_temperature_sharpens(self) -> None:
        expected = (self.LOGITS[0] / 0.5).softmax(-1).tolist()
        assert self.shares(temperature=0.5, top_p=1.0) == pytest.approx(expected, abs=0.03)

    def test_top_p_keeps_the_smallest_set_that_reaches_it(self) -> None:
        # probabilities: 0.032, 0.087, 0.237, 0.644
        shares = self.shares(temperature=1.0, top_p=0.7)
        assert shares[:2] == [0.0, 0.0]
        assert shares[3] == pytest.approx(0.644 / (0.644 + 0.237), abs=0.03)
        assert self.shares(temperature=1.0, top_p=0.6)[3] == 1.0

    def test_top_k_keeps_k(self) -> None:
        shares = self.shares(temperature=1.0, top_p=1.0, top_k=3)
        assert shares[0] == 0.0
        assert all(share > 0 for share in shares[1:])

    def test_zero_temperature_takes_the_likeliest(self) -> None:
        assert self.shares(temperature=0.0) == [0.0, 0.0, 0.0, 1.0]
