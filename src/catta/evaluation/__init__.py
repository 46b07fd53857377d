"""Evaluation of networks: cheap checks on the text, then training in a sandbox."""

from catta.evaluation.evaluate import (
    ScoringData,
    TrainReport,
    assess,
    build_check,
    first_fit,
    train_and_score,
)
from catta.evaluation.sandbox import Sandbox, available_sandboxes, choose_sandbox
from catta.evaluation.static import Screened, screen_source
from catta.evaluation.static_policy import ALLOWED_IMPORTS, find_pretrained
from catta.evaluation.worker import Reply, Worker

__all__ = [
    "ALLOWED_IMPORTS",
    "Reply",
    "Sandbox",
    "ScoringData",
    "Screened",
    "TrainReport",
    "Worker",
    "assess",
    "available_sandboxes",
    "build_check",
    "choose_sandbox",
    "find_pretrained",
    "first_fit",
    "screen_source",
    "train_and_score",
]
