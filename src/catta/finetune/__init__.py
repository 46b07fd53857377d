"""Fine-tuning of a language model: LoRA adapters from prompt-completion pairs."""

from catta.finetune.adapter import WEIGHTS_FILE, train_adapter
from catta.finetune.settings import FinetuneSettings

__all__ = ["WEIGHTS_FILE", "FinetuneSettings", "train_adapter"]
