"""How clean the code of a network is: what ruff finds, as a score with what it is made of."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import sysconfig
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catta.errors import CattaError

RULES = ("E", "F", "W", "B", "C90", "N", "UP", "SIM", "PL", "RUF")
"""Families of ruff's rules that are looked at."""

_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Quality:
    """What ruff found.

    Attributes:
        score: 10 for no finding, less one for each ten findings in a hundred lines, at least 0.
        lines: Lines that are not empty.
        findings: How often each rule was broken, most frequent first.
    """

    score: float
    lines: int
    findings: Mapping[str, int]


def code_quality(source: str) -> Quality:
    """Judge the text of a network; nothing of it is executed.

    Raises:
        CattaError: ruff is not installed or fails.
    """
    lines = sum(1 for line in source.splitlines() if line.strip())
    command = [
        *(_ruff(), "check", "--isolated", "--no-cache", "--exit-zero"),
        *("--output-format", "json", "--select", ",".join(RULES)),
        *("--line-length", "120", "--stdin-filename", "network.py", "-"),
    ]
    try:
        done = subprocess.run(
            command,
            input=source.encode("utf-8", "replace"),
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CattaError(f"ruff cannot judge the code: {error}") from error
    if done.returncode != 0:
        raise CattaError(f"ruff cannot judge the code: {done.stderr.decode(errors='replace')}")
    found: list[dict[str, Any]] = json.loads(done.stdout)
    counts = Counter(str(one["code"] or "syntax") for one in found)
    lost = 10 * sum(counts.values()) / max(lines, 1)
    return Quality(
        score=round(max(0.0, 10.0 - lost), 2), lines=lines, findings=dict(counts.most_common())
    )


def _ruff() -> str:
    """Ruff's program, beside the interpreter or on the path."""
    name = "ruff.exe" if sys.platform == "win32" else "ruff"
    beside = Path(sysconfig.get_path("scripts")) / name
    found = str(beside) if beside.exists() else shutil.which("ruff")
    if found is None:
        raise CattaError("ruff is not installed; install it with: pip install ruff")
    return found
