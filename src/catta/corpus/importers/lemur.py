"""LEMUR (arXiv 2504.10552), read straight from a wheel on PyPI, `nn-dataset`, or a directory.

A wheel is a zip file; members are read one by one, nothing is unpacked and nothing is executed.
Version 2.1.2 is the last one that holds networks and statistics.

    ab/nn/nn/<name>.py                                        a network
    ab/nn/stat/[train/]<task>_<dataset>_<metric>_<name>/<epoch>.json   its trials, a list of objects
    ab/nn/stat/run/<task>_<name>/<device>.json                one measurement on a device
    ab/nn/{transform,metric,loader}/<name>.py                 what the trials refer to
    doc/licenses/LICENSE-*                                    which names are under which licence
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from catta.corpus.importers.archives import open_archive
from catta.corpus.importers.lemur_files import (
    BadFileError,
    load_accuracies,
    load_measurement,
    load_trials,
)
from catta.corpus.published import Measurement, Module, TrialFile
from catta.errors import FetchError, UsageError
from catta.fetch import Progress, pip_download
from catta.paths import cache_dir

Loaded = TypeVar("Loaded")

LEMUR_VERSION = "2.1.2"
WORKING_VERSIONS = ("1.0.3", "1.2.6", "2.0.6", LEMUR_VERSION)
LEMUR_SHA256 = "1f0b66a4f4de80a27b44a502112d4436eac1f97361ea3aae3266a550f01b07de"

LARGEST_MEMBER = 1_000_000
"""Bytes; the largest network or trial file of 2.1.2 is far smaller."""

TASKS = frozenset(
    {"img-classification", "img-segmentation", "img-captioning", "obj-detection"}
    | {"txt-generation", "txt-image"}
)
"""The tasks of all versions."""

_ROOT = "ab/nn/"
_NETWORKS = _ROOT + "nn/"
_STATISTICS = _ROOT + "stat/"
_KINDS = ("transform", "metric", "loader")
_FOLDERS = ("ab/nn", "doc/licenses", "Doc/Licenses")
_MARKER = "__init__.py"
_VERSION = re.compile(r"\d+(\.\d+)+")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_TRIALS = re.compile(
    r"ab/nn/stat/(?:train/)?(?P<task>[^/_]+)_(?P<dataset>[^/_]+)_(?P<metric>[^/_]+)_(?P<name>[^/]+)"
    r"/(?P<epoch>\d{1,6})\.json"
)
_RUN = re.compile(r"ab/nn/stat/run/(?P<task>[^/_]+)_(?P<name>[^/]+)/(?P<device>[^/]+)\.json")
_METADATA = re.compile(r"nn_dataset-[^/]+\.dist-info/METADATA", re.IGNORECASE)
_BSD_LICENCE = "doc/licenses/LICENSE-BSD-NNs"
_MIT_LICENCE = "doc/licenses/LICENSE-MIT-NNs"
_LICENCE_RULE = re.compile(r"file names beginning (?:or identical to|with) ([^:]+):")


@dataclass(frozen=True, kw_only=True, slots=True)
class LemurNetwork:
    """One network as LEMUR has it.

    Attributes:
        name: LEMUR's name, the stem of its file.
        source: The module's text, unchanged.
        licence: SPDX expression.
    """

    name: str
    source: str
    licence: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Skipped:
    """A member of the wheel that was not taken, or not wholly, and why.

    Attributes:
        member: Its name.
        reason: One clause.
        trials: How many of its trials were left out, where some were taken.
    """

    member: str
    reason: str
    trials: int = 0


def open_lemur(source: str | Path | None = None, *, progress: Progress | None = None) -> LemurWheel:
    """Open a wheel of LEMUR; close it after use, or use it in a `with` statement.

    Args:
        source: A wheel of `nn-dataset`, a directory laid out as one (a checkout is), a version
            number, or None for `LEMUR_VERSION`. A version is taken from the cache, or pip
            downloads it (103 MB).
        progress: Told in one line what is going on during a download.

    Raises:
        UsageError: What is given is not there or holds no networks of LEMUR.
        FetchError: The wheel cannot be obtained.
    """
    text = LEMUR_VERSION if source is None else str(source)
    if source is not None and (Path(source).exists() or not _VERSION.fullmatch(text)):
        return LemurWheel(Path(source))
    digest = LEMUR_SHA256 if text == LEMUR_VERSION else None
    wheels = cache_dir() / "wheels"
    try:
        wheel = pip_download(f"nn-dataset=={text}", wheels, sha256=digest, progress=progress)
    except FetchError as error:
        if text in WORKING_VERSIONS or "No matching distribution" not in str(error):
            raise
        known = ", ".join(WORKING_VERSIONS)
        raise FetchError(
            f"pip finds no version {text} of nn-dataset; known to work are {known}"
        ) from error
    return LemurWheel(wheel)


class LemurWheel:
    """An open wheel of LEMUR, or a directory laid out as one.

    Attributes:
        path: The file or directory.
        skipped: What was not taken so far, and why; each reading adds to it.
    """

    def __init__(self, path: Path) -> None:
        """Open the wheel at `path`; see `open_lemur` for the errors."""
        self._archive = open_archive(path, _FOLDERS)
        self.path = path
        self._names = set(self._archive.names)
        self.skipped: list[Skipped] = [
            Skipped(member=name, reason="it occurs several times; the last one counts")
            for name in self._archive.repeated
        ]
        if not any(map(_is_network, self._names)):
            self.close()
            raise UsageError(
                f"{path} holds no networks of LEMUR; take version {LEMUR_VERSION} of nn-dataset"
            )
        self._bsd = self._prefixes(_BSD_LICENCE)
        self._mit = self._prefixes(_MIT_LICENCE)

    @property
    def version(self) -> str | None:
        """The version that a wheel states; a checkout states none."""
        for name in filter(_METADATA.fullmatch, self._names):
            text = (self._read(name) or b"").decode("utf-8", errors="replace")
            for line in text.splitlines():
                if line.startswith("Version:"):
                    return line.removeprefix("Version:").strip()
        return None

    def digest(self) -> str:
        """SHA-256 of everything in it."""
        return self._archive.digest()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._archive.close()

    def networks(self) -> Iterator[LemurNetwork]:
        """Every network, in the order of their names; what cannot be read is skipped.

        Raises:
            FetchError: The wheel is damaged.
        """
        for member in sorted(filter(_is_network, self._names), key=_stem):
            name = member.removeprefix(_NETWORKS).removesuffix(".py")
            if not _NAME.fullmatch(name):
                self._skip(member, "its name is not that of a network")
                continue
            source = self._read_text(member)
            if source is not None:
                yield LemurNetwork(name=name, source=source, licence=self.licence(name))

    def licence(self, name: str) -> str:
        """SPDX expression of a network's licence, by LEMUR's own rule: how its name begins.

        The licence files in the wheel list the names. Architectures that come from torchvision are
        under BSD-3-Clause (a few names stand in both lists), DeepSeek models under MIT with the
        DeepSeek licence for their weights, all other networks under MIT.
        """
        if name.casefold().startswith("deepseek"):
            return "MIT AND LicenseRef-DeepSeek-Model"
        if name.startswith(self._bsd):
            return "BSD-3-Clause AND MIT" if name.startswith(self._mit) else "BSD-3-Clause"
        return "MIT"

    def first_epoch_accuracies(
        self, task: str = "img-classification", dataset: str = "cifar-10", *, metric: str = "acc"
    ) -> dict[str, float]:
        """Best accuracy after one epoch that LEMUR reports, for every network measured there.

        Args:
            task: LEMUR's name of the task.
            dataset: LEMUR's name of the dataset.
            metric: LEMUR's name of the metric.

        Returns:
            Names of networks to the best value over all trials of the first epoch. Some names have
            no network in the wheel.

        Raises:
            FetchError: The wheel is damaged.
        """
        best: dict[str, float] = {}
        for member, match in self._trial_members():
            if int(match["epoch"]) != 1:
                continue
            if (match["task"], match["dataset"], match["metric"]) != (task, dataset, metric):
                continue
            name = match["name"]
            for accuracy in self._load(member, load_accuracies):
                best[name] = max(accuracy, best.get(name, -math.inf))
        return best

    def count_trial_files(self) -> int:
        """How many files of trials there are, for progress."""
        return sum(1 for name in self._names if _TRIALS.fullmatch(name))

    def trial_files(self) -> Iterator[TrialFile]:
        """All trials, by task, dataset, metric, name and epoch; what cannot be read is skipped.

        Raises:
            FetchError: The wheel is damaged.
        """
        for member, match in self._trial_members():
            trials = self._load(member, load_trials)
            if trials:
                yield TrialFile(
                    task=match["task"],
                    dataset=match["dataset"],
                    metric=match["metric"],
                    name=match["name"],
                    epoch=int(match["epoch"]),
                    trials=trials,
                )

    def modules(self) -> Iterator[Module]:
        """Sources of all transforms, metrics and loaders; what cannot be read is skipped."""
        for kind in _KINDS:
            folder = f"{_ROOT}{kind}/"
            for member in sorted(name for name in self._names if name.startswith(folder)):
                if not member.endswith(".py") or member.endswith(f"/{_MARKER}"):
                    continue
                name = member.removeprefix(folder).removesuffix(".py")
                if not all(map(_NAME.fullmatch, name.split("/"))):
                    self._skip(member, f"its name is not that of a {kind}")
                    continue
                source = self._read_text(member)
                if source is not None:
                    yield Module(kind=kind, name=name, source=source)

    def measurements(self) -> Iterator[Measurement]:
        """All measurements on devices; what cannot be read is skipped."""
        for member in sorted(self._names):
            match = _RUN.fullmatch(member)
            if match is None:
                continue
            if not _NAME.fullmatch(match["name"]) or match["task"] not in TASKS:
                self._skip(member, "its name is not that of a task and a network")
                continue
            data = self._read(member)
            if data is None:
                continue
            try:
                yield load_measurement(
                    data, subject=match["name"], task=match["task"], name=match["device"]
                )
            except BadFileError as error:
                self._skip(member, str(error))

    def skip_unknown(self) -> None:
        """Note the files among the statistics that are neither trials nor measurements."""
        for member in sorted(name for name in self._names if name.startswith(_STATISTICS)):
            if not (_TRIALS.fullmatch(member) or _RUN.fullmatch(member)):
                self._skip(member, "its path is not that of trials or of a measurement")

    def skip(self, name: str, reason: str) -> None:
        """Note that a network was not taken, for a reason that its reader found."""
        self._skip(f"{_NETWORKS}{name}.py", reason)

    def _trial_members(self) -> list[tuple[str, re.Match[str]]]:
        """All files of trials with names that can be, in order."""
        found: list[tuple[str, re.Match[str]]] = []
        for member in sorted(self._names):
            match = _TRIALS.fullmatch(member)
            if match is None:
                continue
            if not all(_NAME.fullmatch(match[key]) for key in ("dataset", "metric", "name")):
                self._skip(member, "its name is not that of a network")
            elif match["task"] not in TASKS:
                self._skip(member, "its task is unknown")
            else:
                found.append((member, match))
        keys = ("task", "dataset", "metric", "name")
        return sorted(found, key=lambda f: (*(f[1][key] for key in keys), int(f[1]["epoch"])))

    def _load(
        self, member: str, load: Callable[[bytes], tuple[list[Loaded], Counter[str]]]
    ) -> list[Loaded]:
        """What is whole in a file of trials; the rest is skipped."""
        data = self._read(member)
        if data is None:
            return []
        try:
            trials, bad = load(data)
        except BadFileError as error:
            self._skip(member, str(error))
            return []
        for reason, count in bad.items():
            self._skip(member, reason, count)
        return trials

    def _prefixes(self, name: str) -> tuple[str, ...]:
        """How the names begin that a licence file is about; version 2.0 has it in capitals."""
        for member in (name, name.replace("doc/licenses", "Doc/Licenses")):
            if member in self._names:
                text = (self._read(member) or b"").decode("utf-8", errors="replace")
                lists = _LICENCE_RULE.findall(text)
                every = (prefix.strip() for names in lists for prefix in names.split(","))
                return tuple(filter(None, every))
        return ()

    def _read_text(self, member: str) -> str | None:
        data = self._read(member)
        if data is None:
            return None
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError:
            self._skip(member, "it is not UTF-8 text")
            return None

    def _read(self, member: str) -> bytes | None:
        if self._archive.size(member) > LARGEST_MEMBER:
            self._skip(member, f"it is larger than {LARGEST_MEMBER:,} bytes")
            return None
        return self._archive.read(member)

    def _skip(self, member: str, reason: str, trials: int = 0) -> None:
        self.skipped.append(Skipped(member=member, reason=reason, trials=trials))


def _stem(member: str) -> str:
    return member.removesuffix(".py")


def _is_network(member: str) -> bool:
    return member.startswith(_NETWORKS) and member.endswith(".py") and member != _NETWORKS + _MARKER
