"""Warnings that the model libraries give each other."""

from __future__ import annotations

import warnings
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def quiet_peft() -> Generator[None]:
    """Silence peft's use of a name that transformers is about to drop; it is theirs to settle."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated")
        yield
