"""The one call of fine-tuning, light enough to be imported without transformers, peft and trl."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from catta.errors import UsageError
from catta.finetune.settings import FinetuneSettings
from catta.models import resolve
from catta.records import Adapter, Example

Progress = Callable[[int, int, float], None]
"""Takes the step just done (from 1), the number of steps, and its loss."""


def train_adapter(
    base: str,
    start: Path | None,
    examples: Sequence[Example],
    settings: FinetuneSettings,
    output: Path,
    *,
    progress: Progress | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Adapter:
    """Train a LoRA adapter on prompt-completion pairs; the loss is that of the completions only.

    The order of examples, the initialisation and the dropout follow from `settings.seed`; on one
    machine, the same call gives the same weights.

    Args:
        base: Name or directory of the base model.
        start: Directory of an adapter to go on from; its rank and alpha then hold. None: a new one.
        examples: What is learnt; those longer than `settings.max_tokens` are left out.
        settings: See there.
        output: Directory of the adapter; replaced as a whole if it exists.
        progress: Called after each step.
        should_stop: Asked after each step; True ends the training, and nothing is written.

    Returns:
        The adapter as it lies in `output`, in half precision. `tokens` counts what was trained on,
        prompts included, padding excluded; `losses` has one value a step; `details` the number of
        examples left out as too long, the dtype and the device.

    Raises:
        UsageError: No example is left, the base model is unknown, or the extra `llm` is missing.
        Interrupted: `should_stop` said so.
        GenerationError: The base model or the adapter `start` cannot be loaded.
    """
    if not examples:
        raise UsageError("fine-tuning needs at least one example")
    path = resolve(base)
    from catta.finetune.sft import Job, train

    return train(
        Job(
            base=base,
            base_path=path,
            start=start,
            examples=tuple(examples),
            settings=settings,
            output=output,
        ),
        progress=progress,
        should_stop=should_stop,
    )
