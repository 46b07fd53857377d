"""LoRA fine-tuning with trl's `SFTTrainer`: loads, trains, hands over to be saved."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeStubs=false
# The model libraries ship partly typed interfaces; what they leave unknown is not our mistake.

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

import torch
from datasets import Dataset
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors import SafetensorError
from torch.nn import functional
from transformers import (
    PreTrainedModel,
    PreTrainedTokenizerBase,
    PrinterCallback,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
    set_seed,
)
from trl.trainer.sft_config import SFTConfig
from trl.trainer.sft_trainer import SFTTrainer

from catta.errors import GenerationError, Interrupted, UsageError
from catta.finetune.saving import save_adapter
from catta.finetune.settings import FinetuneSettings
from catta.models import load, quiet_peft
from catta.records import Adapter, Example

IGNORED = -100
"""Label of a position whose token is not learnt."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """One fine-tuning: what is trained on what, and where the adapter goes."""

    base: str
    base_path: Path
    start: Path | None
    examples: tuple[Example, ...]
    settings: FinetuneSettings
    output: Path


def train(
    job: Job,
    *,
    progress: Callable[[int, int, float], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Adapter:
    """See `catta.finetune.train_adapter`."""
    began = time.monotonic()
    settings = job.settings
    model, tokenizer = load(job.base_path, device=settings.device, dtype=settings.dtype)
    rows = tokenize(job.examples, tokenizer, settings.max_tokens)
    if not rows:
        raise UsageError(
            f"finetune.max_tokens: none of the {len(job.examples)} examples has at most "
            f"{settings.max_tokens} tokens"
        )
    dtype = model.dtype
    set_seed(settings.seed)
    adapted = _with_adapter(model, job)
    with tempfile.TemporaryDirectory(prefix="catta-sft-") as scratch:
        watcher = _Watcher(progress, should_stop)
        trainer = _Trainer(
            model=adapted,
            args=_arguments(settings, adapted.device, dtype, scratch),
            train_dataset=Dataset.from_list(rows),
            processing_class=tokenizer,
            callbacks=[watcher],
        )
        trainer.remove_callback(PrinterCallback)
        watcher.losses = trainer.step_losses
        trainer.train()
    if watcher.stopped:
        raise Interrupted(
            f"fine-tuning stopped after {len(trainer.step_losses)} steps; no adapter is written"
        )
    weights_hash = save_adapter(adapted, job.output, base=job.base)
    return Adapter(
        path=str(job.output),
        sha256=weights_hash,
        base_model=job.base,
        steps=len(trainer.step_losses),
        tokens=settings.epochs * sum(len(row["input_ids"]) for row in rows),
        seconds=time.monotonic() - began,
        losses=tuple(trainer.step_losses),
        details=MappingProxyType(
            {
                "too_long": len(job.examples) - len(rows),
                "dtype": str(dtype).removeprefix("torch."),
                "device": str(adapted.device),
            }
        ),
    )


def tokenize(
    examples: tuple[Example, ...], tokenizer: PreTrainedTokenizerBase, longest: int
) -> list[dict[str, list[int]]]:
    """Token ids and labels of each example that is at most `longest` tokens long.

    The end-of-sequence token is learnt with the completion, so that the model learns to stop; the
    prompt is not learnt. Prompt and completion are tokenized apart, as generation does.
    """
    rows: list[dict[str, list[int]]] = []
    end = cast("int", tokenizer.eos_token_id)
    for example in examples:
        prompt: list[int] = tokenizer(example.prompt, add_special_tokens=False)["input_ids"]
        completion: list[int] = tokenizer(example.completion, add_special_tokens=False)["input_ids"]
        answer = [*completion, end]
        if len(prompt) + len(answer) <= longest:
            labels = [IGNORED] * len(prompt) + answer
            rows.append({"input_ids": prompt + answer, "labels": labels})
    return rows


class _Watcher(TrainerCallback):
    """Tells of each step and asks whether to stop."""

    def __init__(
        self,
        progress: Callable[[int, int, float], None] | None,
        should_stop: Callable[[], bool] | None,
    ) -> None:
        self.losses: list[float] = []
        self.stopped = False
        self._progress = progress
        self._should_stop = should_stop

    def on_step_end(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: Any,
    ) -> None:
        if self._progress is not None:
            self._progress(state.global_step, state.max_steps, self.losses[-1])
        if self._should_stop is not None and self._should_stop():
            self.stopped = True
            control.should_training_stop = True


class _Trainer(SFTTrainer):
    """trl's trainer with a plain loss.

    trl's own computes the logits of every position twice (in chunks, to save the memory of a GPU)
    and entropy and accuracy of each; on a CPU that is a third of a step.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.step_losses: list[float] = []

    def _send_telemetry(self) -> None:
        """Nobody is told of a training."""

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> Any:
        """Mean cross-entropy of the completions' tokens; logits are made for those only."""
        causal: Any = self.accelerator.unwrap_model(model).get_base_model()
        hidden = causal.get_decoder()(
            input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"], use_cache=False
        ).last_hidden_state
        targets = inputs["labels"][:, 1:]
        learnt = targets != IGNORED
        logits = causal.get_output_embeddings()(hidden[:, :-1][learnt])
        loss = functional.cross_entropy(logits.float(), targets[learnt])
        self.step_losses.append(loss.item())
        return (loss, {"loss": loss}) if return_outputs else loss


def _with_adapter(model: PreTrainedModel, job: Job) -> PeftModel:
    settings = job.settings
    if job.start is not None:
        try:
            with quiet_peft():
                return PeftModel.from_pretrained(model, job.start, is_trainable=True)
        except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
            raise GenerationError(
                f"adapter {job.start} cannot be loaded on {job.base}: {error}"
            ) from error
    config = LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,  # pyright: ignore[reportArgumentType]  (a scale: any number)
        lora_dropout=settings.dropout,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )
    with quiet_peft():
        return get_peft_model(model, config)


def _arguments(
    settings: FinetuneSettings, device: torch.device, dtype: torch.dtype, scratch: str
) -> SFTConfig:
    # Recomputing activations, trl's default, costs a third more time; the option's name changes.
    known = {field.name for field in fields(SFTConfig)}
    checkpointing: dict[str, Any] = (
        {"activation_checkpointing": False}
        if "activation_checkpointing" in known
        else {"gradient_checkpointing": False}
    )
    return SFTConfig(
        output_dir=scratch,
        per_device_train_batch_size=settings.batch,
        num_train_epochs=settings.epochs,
        learning_rate=settings.lr,
        lr_scheduler_type="linear",
        warmup_steps=settings.warmup_steps,
        weight_decay=settings.weight_decay,
        max_grad_norm=settings.clip,
        optim="adamw_torch",
        seed=settings.seed,
        data_seed=settings.seed,
        train_sampling_strategy="group_by_length",
        max_length=None,
        dataset_kwargs={"skip_prepare_dataset": True},
        use_cpu=device.type == "cpu",
        bf16=dtype is torch.bfloat16,
        fp16=dtype is torch.float16,
        dataloader_pin_memory=device.type == "cuda",
        save_strategy="no",
        logging_strategy="no",
        report_to="none",
        disable_tqdm=True,
        **checkpointing,
    )
