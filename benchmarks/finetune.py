"""Tokens per second of LoRA fine-tuning, beside a bare training loop.

    python benchmarks/finetune.py [--steps 6] [--dtype bfloat16 --dtype float32]

Budget: the trainer costs at most a tenth more than the bare loop. Both take the same examples,
two a step, about 600 tokens each; the best step counts, because other programs disturb single ones.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from torch.nn import functional

from catta.finetune import FinetuneSettings, train_adapter
from catta.finetune.sft import tokenize
from catta.generation import build_prompt, training_example
from catta.models import DEFAULT_MODEL, load, resolve
from catta.records import Caps, Example, Problem

PROMPT = build_prompt(Problem(sample=(1, 32, 32), outputs=10), Caps(), accuracy=0.8)


def network(layers: int) -> str:
    body = "\n".join(
        f"        self.conv{i} = nn.Conv2d({8 + i}, {9 + i}, kernel_size=3, padding=1)"
        for i in range(layers)
    )
    calls = "\n".join(f"        x = F.relu(self.conv{i}(x))" for i in range(layers))
    return (
        "class Net(nn.Module):\n\n    def __init__(self, in_shape, out_shape, prm, device):\n"
        f"        super().__init__()\n{body}\n\n"
        f"    def forward(self, x):\n{calls}\n        return x"
    )


def examples(steps: int) -> list[Example]:
    return [training_example(PROMPT, network(10)) for _ in range(2 * steps)]


def bare(path: Path, steps: int, dtype: str | None) -> list[float]:
    model, tokenizer = load(path, dtype=dtype)
    rows = tokenize(tuple(examples(steps)), tokenizer, 1_024)
    autocast = model.dtype is torch.bfloat16
    adapted = get_peft_model(model, LoraConfig(r=16, lora_alpha=32, target_modules="all-linear"))
    adapted.train()
    learnt = [parameter for parameter in adapted.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(learnt, lr=5e-4)
    times = []
    for first in range(0, len(rows), 2):
        began = time.perf_counter()
        ids = torch.tensor([row["input_ids"] for row in rows[first : first + 2]])
        targets = torch.tensor([row["labels"] for row in rows[first : first + 2]])[:, 1:]
        with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
            hidden = model.model(input_ids=ids, use_cache=False).last_hidden_state
            logits = model.lm_head(hidden[:, :-1][targets != -100])
        functional.cross_entropy(logits.float(), targets[targets != -100]).backward()
        torch.nn.utils.clip_grad_norm_(learnt, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        times.append(time.perf_counter() - began)
    return times


def trained(steps: int, dtype: str | None) -> tuple[list[float], int]:
    marks: list[float] = []
    with tempfile.TemporaryDirectory() as scratch:
        adapter = train_adapter(
            DEFAULT_MODEL,
            None,
            examples(steps),
            FinetuneSettings(dtype=dtype),  # type: ignore[arg-type]
            Path(scratch) / "adapter",
            progress=lambda *_: marks.append(time.perf_counter()),
        )
    times = [after - before for before, after in pairwise(marks)]
    return times, adapter.tokens // adapter.steps


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--dtype", action="append", choices=["float32", "bfloat16"])
    arguments = parser.parse_args()
    path = resolve(DEFAULT_MODEL, progress=print)
    for dtype in arguments.dtype or [None]:
        with_trl, tokens = trained(arguments.steps, dtype)
        without = bare(path, arguments.steps, dtype)
        ours, theirs = min(with_trl), min(without)
        label = f"{dtype or 'default dtype'}, {tokens} tokens a step"
        speeds = f"trainer {tokens / ours:.0f} tokens/s, bare loop {tokens / theirs:.0f} tokens/s"
        print(f"{label}: {speeds} ({100 * (ours / theirs - 1):+.0f} % time)", flush=True)


if __name__ == "__main__":
    main()
