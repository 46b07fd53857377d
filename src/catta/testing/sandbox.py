"""What every sandbox must withstand, as a suite: subclass it in a test and give it a sandbox."""

# ruff: noqa: D102 - the names of the tests are the sentences

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from catta.evaluation import Sandbox, TrainReport, Worker, train_and_score
from catta.records import EpochMeasurement, Outcome, Problem, Recipe
from catta.testing.attacks import ATTACKS, HONEST, Attack

PROBLEM = Problem(sample=(1, 8, 8), outputs=10)
MEMORY_MB = 512
ENVIRONMENT_SECRET = "catta-secret-of-the-environment"  # noqa: S105 - a bait
_SAMPLES = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class Labels:
    """The labels that a network is scored with; they never leave this process."""

    problem: Problem
    validation: Mapping[str, NDArray[Any]]
    test: Mapping[str, NDArray[Any]]
    words: tuple[str, ...] = ()


class Arena:
    """A worker with tiny data, and baits around it that must stay as they are.

    Args:
        sandbox: What is tested.
        place: Empty directory; stands for a user's home.
        stack: Closes everything.
    """

    def __init__(self, sandbox: Sandbox, place: Path, stack: ExitStack) -> None:
        self.place = place
        self.secret = place / "secret.txt"
        self.secret.write_text("secret")
        self.secret.chmod(0o600)
        self.data = _write_data(place)
        self.worker = stack.enter_context(Worker(place / "inputs", sandbox=sandbox))
        self._home = stack.enter_context(
            tempfile.NamedTemporaryFile(dir=_home(place), prefix=".catta-test-")  # noqa: SIM115 - the stack closes it
        )
        self.tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        self.udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self.udp.bind(("127.0.0.1", 0))
        self.unix = stack.enter_context(socket.socket(socket.AF_UNIX))
        self.unix.bind(str(place / "socket"))
        self.unix.listen()
        for listener in (self.tcp, self.udp, self.unix):
            listener.setblocking(False)
        self.before = self.measure()
        self.state = self.look()

    @property
    def targets(self) -> dict[str, str]:
        """What attacks are aimed at."""
        return {
            "SECRET": str(self.secret),
            "HOME_SECRET": self._home.name,
            "ENVIRONMENT": ENVIRONMENT_SECRET,
            "PARENT": str(os.getpid()),
            "LABELS": str(self.place / "labels" / "validation_y.npy"),
            "PLACE": str(self.place),
            "INPUTS": str(self.place / "inputs"),
            "TCP": str(self.tcp.getsockname()[1]),
            "UDP": str(self.udp.getsockname()[1]),
            "UNIX": str(self.place / "socket"),
        }

    def train(self, source: str, seconds: float = 60.0) -> TrainReport:
        """Train a network under a tiny recipe and score it."""
        limits = {"seconds": seconds, "memory_mb": MEMORY_MB}
        recipe = Recipe.model_validate({"batch": 16, **limits})
        return train_and_score(self.worker, source, data=self.data, recipe=recipe)

    def measure(self) -> list[tuple[float, float]]:
        """Loss and accuracy of the honest network, which are the same each time."""
        report = self.train(HONEST)
        assert report.verdict.ok, report.verdict
        return [_score(epoch) for epoch in report.epochs]

    def look(self) -> list[tuple[str, int, float, bytes]]:
        """Names, modes, times and contents of all files around the worker."""
        found: list[tuple[str, int, float, bytes]] = []
        for path in sorted(self.place.rglob("*")):
            facts = path.lstat()
            content = path.read_bytes() if path.is_file() else b""
            found.append((str(path), facts.st_mode, facts.st_mtime, content))
        return found

    def nobody_called(self) -> bool:
        """Whether no socket was reached."""
        for listener in (self.tcp, self.unix):
            try:
                listener.accept()
            except BlockingIOError:
                continue
            return False
        try:
            self.udp.recv(16)
        except BlockingIOError:
            return True
        return False


class SandboxContract:
    """Attacks end in a named outcome within their limits, and leave no trace.

    Subclasses override the fixture `sandbox`, with class scope.
    """

    @pytest.fixture(scope="class")
    @classmethod
    def sandbox(cls) -> Sandbox:
        """The sandbox that is tested."""
        raise NotImplementedError

    @pytest.fixture(scope="class")
    @classmethod
    def arena(cls, sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
        """A worker that all attacks run on, one after the other."""
        with ExitStack() as stack:
            patch = stack.enter_context(pytest.MonkeyPatch.context())
            patch.setenv("CATTA_BAIT", ENVIRONMENT_SECRET)
            yield Arena(sandbox, tmp_path_factory.mktemp("arena"), stack)

    @pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
    def test_attack_ends_in_a_named_outcome_and_leaves_no_trace(
        self, arena: Arena, attack: Attack
    ) -> None:
        report = arena.train(attack.aimed_at(arena.targets), attack.seconds)

        assert report.verdict.outcome in attack.outcomes, report.verdict
        assert report.verdict.ok or _readable(report.verdict.error)
        assert arena.measure() == arena.before
        assert arena.worker.starts == 1
        assert arena.look() == arena.state
        assert arena.nobody_called()

    def test_memory_limit_is_the_job_s_own(self, arena: Arena) -> None:
        source = HONEST.replace(
            "super().__init__()", f"super().__init__(); torch.ones({(MEMORY_MB - 128) << 18})"
        )

        assert arena.train(source).verdict.outcome is Outcome.OK


def _write_data(place: Path) -> Labels:
    generator = np.random.default_rng(0)
    inputs, labels = place / "inputs", place / "labels"
    inputs.mkdir()
    labels.mkdir()
    shape = (_SAMPLES, *PROBLEM.sample)
    for split in ("train", "validation", "test"):
        y = generator.integers(PROBLEM.outputs, size=_SAMPLES)
        x = generator.normal(size=shape) + y[:, None, None, None] / 5
        np.save(inputs / f"{split}_x.npy", x.astype(np.float32))
        np.save((inputs if split == "train" else labels) / f"{split}_y.npy", y.astype(np.int64))
    return Labels(
        problem=PROBLEM,
        validation={"y": np.load(labels / "validation_y.npy")},
        test={"y": np.load(labels / "test_y.npy")},
    )


def _home(otherwise: Path) -> Path:
    """The real home directory, where it is there and can be written to."""
    home = Path.home()
    return home if home.is_dir() and os.access(home, os.W_OK) else otherwise


def _score(epoch: EpochMeasurement) -> tuple[float, float]:
    return epoch.loss, epoch.accuracy


def _readable(error: str | None) -> bool:
    return error is not None and 0 < len(error) <= 600 and error.isprintable()
