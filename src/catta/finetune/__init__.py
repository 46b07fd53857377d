"""Fine-tuning of a language model: LoRA adapters from prompt-completion pairs."""

from catta.finetune.adapter import train_adapter
from catta.finetune.settings import FinetuneSettings

__all__ = ["FinetuneSettings", "train_adapter"]
