"""Tokens per second of batched generation, beside `generate()` of transformers.

    python benchmarks/generation.py [--adapter DIRECTORY] [--model NAME] [--tokens 200]

Budget: 150 tokens/s for 24 completions at a time on 2 CPU cores. With an adapter that has learnt
where networks end, `useful` tells what is left of it when rows end at different times.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import torch

from catta.generation import SamplingSettings, build_prompt
from catta.generation.decoding import sample_batch
from catta.generation.language_model import LanguageModel, open_language_model
from catta.models import DEFAULT_MODEL, resolve
from catta.records import Caps, Problem

PROMPT = build_prompt(Problem(sample=(1, 32, 32), outputs=10), Caps(), accuracy=0.8)


def ours(loaded: LanguageModel, settings: SamplingSettings, ends: frozenset[int]) -> str:
    ids = [*loaded.encode(PROMPT.text), *loaded.encode(PROMPT.prefix)]
    randomness = torch.Generator(loaded.model.device).manual_seed(0)
    began = time.perf_counter()
    samples = sample_batch(
        loaded.model, ids, settings.batch, settings, ends=ends, generator=randomness
    )
    seconds = time.perf_counter() - began
    tokens = sum(len(sample.ids) for sample in samples)
    done = sum(sample.finished for sample in samples)
    return f"{tokens / seconds:7.1f} tokens/s ({tokens} in {seconds:.1f} s, {done} ended)"


@torch.inference_mode()
def theirs(loaded: LanguageModel, settings: SamplingSettings) -> str:
    ids = [*loaded.encode(PROMPT.text), *loaded.encode(PROMPT.prefix)]
    inputs = torch.tensor([ids] * settings.batch, device=loaded.model.device)
    began = time.perf_counter()
    loaded.model.generate(
        inputs,
        attention_mask=torch.ones_like(inputs),
        do_sample=True,
        temperature=settings.temperature,
        top_p=settings.top_p,
        top_k=0,
        min_new_tokens=settings.max_new_tokens,
        max_new_tokens=settings.max_new_tokens,
        pad_token_id=loaded.tokenizer.pad_token_id,
    )
    seconds = time.perf_counter() - began
    tokens = settings.batch * settings.max_new_tokens
    return f"{tokens / seconds:7.1f} tokens/s ({tokens} in {seconds:.1f} s)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--adapter", type=Path)
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--tokens", type=int, default=100)
    parser.add_argument("--batch", type=int, default=24)
    parser.add_argument("--dtype", action="append", choices=["float32", "bfloat16", "float16"])
    arguments = parser.parse_args()
    path = resolve(arguments.model, progress=print)
    for dtype in arguments.dtype or [None]:
        settings = SamplingSettings(
            max_new_tokens=arguments.tokens, batch=arguments.batch, dtype=dtype
        )
        loaded = open_language_model(path, arguments.adapter, settings)
        label = f"{arguments.batch} rows x {arguments.tokens} tokens, {loaded.model.dtype}"
        short = settings.model_copy(update={"max_new_tokens": 4})
        ours(loaded, short, frozenset())  # the first pass is slower: buffers, kernels
        print(f"{label}: catta      {ours(loaded, settings, frozenset())}", flush=True)
        print(f"{label}: generate() {theirs(loaded, settings)}", flush=True)
        if arguments.adapter:
            long = settings.model_copy(update={"max_new_tokens": 700})
            print(f"useful, up to 700 tokens: {ours(loaded, long, loaded.ends)}", flush=True)


if __name__ == "__main__":
    main()
