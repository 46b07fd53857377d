"""LEMUR (arXiv 2504.10552), read straight from its wheel on PyPI, `nn-dataset`.

A wheel is a zip file; members are read one by one, nothing is unpacked and nothing is executed.
Version 2.1.2 is the last one that holds networks and statistics.

    ab/nn/nn/<name>.py                                        a network
    ab/nn/stat/[train/]<task>_<dataset>_<metric>_<name>/<epoch>.json   its trials, a list of objects
    doc/licenses/LICENSE-*                                    which names are under which licence
"""

from __future__ import annotations

import json
import math
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self, cast

from catta.errors import FetchError, UsageError
from catta.fetch import Progress, pip_download
from catta.paths import cache_dir

LEMUR_VERSION = "2.1.2"
LEMUR_SHA256 = "1f0b66a4f4de80a27b44a502112d4436eac1f97361ea3aae3266a550f01b07de"

LARGEST_MEMBER = 1_000_000
"""Bytes; the largest network or trial file of 2.1.2 is far smaller."""

_NETWORKS = "ab/nn/nn/"
_NO_NETWORKS = (_NETWORKS + "__init__.py",)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_TRIALS = re.compile(
    r"ab/nn/stat/(?:train/)?(?P<task>[^/_]+)_(?P<dataset>[^/_]+)_(?P<metric>[^/_]+)_(?P<name>[^/]+)"
    r"/(?P<epoch>\d{1,6})\.json"
)
_BSD_LICENCE = "doc/licenses/LICENSE-BSD-NNs"
_MIT_LICENCE = "doc/licenses/LICENSE-MIT-NNs"
_LICENCE_RULE = re.compile(r"file names beginning (?:or identical to|with) ([^:]+):")
_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, struct.error, RuntimeError)


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
    """A member of the wheel that was not taken, and why."""

    member: str
    reason: str


def open_lemur(source: str | Path | None = None, *, progress: Progress | None = None) -> LemurWheel:
    """Open a LEMUR wheel; close it after use, or use it in a `with` statement.

    Args:
        source: A wheel of `nn-dataset`, or None to take version `LEMUR_VERSION` from the cache
            or have pip download it (103 MB).
        progress: Told in one line what is going on during a download.

    Raises:
        UsageError: The given file is not there or is not a wheel of LEMUR with networks.
        FetchError: The wheel cannot be obtained.
    """
    if source is None:
        requirement = f"nn-dataset=={LEMUR_VERSION}"
        wheels = cache_dir() / "wheels"
        return LemurWheel(pip_download(requirement, wheels, sha256=LEMUR_SHA256, progress=progress))
    return LemurWheel(Path(source))


class LemurWheel:
    """An open wheel of LEMUR.

    Attributes:
        path: The file.
        skipped: What was not taken so far, and why; each reading adds to it.
    """

    def __init__(self, path: Path) -> None:
        """Open the wheel at `path`; see `open_lemur` for the errors."""
        if not path.is_file():
            raise UsageError(f"the LEMUR wheel {path} does not exist or is not a file")
        try:
            self._zip = zipfile.ZipFile(path)
        except (*_UNREADABLE, OSError) as error:
            raise UsageError(f"{path} is not a wheel, or is truncated: {error}") from error
        self.path = path
        self.skipped: list[Skipped] = []
        self._members = {member.filename: member for member in self._zip.infolist()}
        if not any(_is_network(member) for member in self._members):
            self.close()
            raise UsageError(
                f"{path} holds no networks of LEMUR; take version {LEMUR_VERSION} of nn-dataset"
            )
        self._bsd = self._prefixes(_BSD_LICENCE)
        self._mit = self._prefixes(_MIT_LICENCE)

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
        self._zip.close()

    def networks(self) -> Iterator[LemurNetwork]:
        """Every network, in the order of their names; what cannot be read is skipped.

        Raises:
            FetchError: The wheel is damaged.
        """
        for member in sorted(filter(_is_network, self._members)):
            name = member.removeprefix(_NETWORKS).removesuffix(".py")
            if not _NAME.fullmatch(name):
                self._skip(member, "its name is not that of a network")
                continue
            data = self._read(member)
            if data is None:
                continue
            try:
                source = data.decode("utf-8-sig")
            except UnicodeDecodeError:
                self._skip(member, "it is not UTF-8 text")
                continue
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
        for member in self._members:
            match = _TRIALS.fullmatch(member)
            if match is None or int(match["epoch"]) != 1:
                continue
            if (match["task"], match["dataset"], match["metric"]) != (task, dataset, metric):
                continue
            name = match["name"]
            if not _NAME.fullmatch(name):
                self._skip(member, "its name is not that of a network")
                continue
            for trial in self._trials(member):
                accuracy = _finite(trial.get("accuracy"))
                if accuracy is None:
                    self._skip(member, "a trial has no finite accuracy")
                    continue
                best[name] = max(accuracy, best.get(name, -math.inf))
        return best

    def _trials(self, member: str) -> list[Mapping[str, object]]:
        """The trials of one file; a file that is not a list of objects is skipped."""
        data = self._read(member)
        if data is None:
            return []
        try:
            loaded: object = json.loads(data)
        except (ValueError, RecursionError):
            self._skip(member, "it is not JSON")
            return []
        if not isinstance(loaded, list):
            self._skip(member, "it is not a list of trials")
            return []
        trials = cast("list[object]", loaded)
        if not trials:
            self._skip(member, "it has no trials")
        kept = [cast("Mapping[str, object]", trial) for trial in trials if isinstance(trial, dict)]
        if len(kept) < len(trials):
            self._skip(member, "a trial is not an object")
        return kept

    def _prefixes(self, member: str) -> tuple[str, ...]:
        """How the names begin that a licence file is about."""
        if member not in self._members:
            return ()
        text = (self._read(member) or b"").decode("utf-8", errors="replace")
        lists = _LICENCE_RULE.findall(text)
        return tuple(name.strip() for names in lists for name in names.split(",") if name.strip())

    def _read(self, member: str) -> bytes | None:
        info = self._members[member]
        if info.file_size > LARGEST_MEMBER:
            self._skip(member, f"it is larger than {LARGEST_MEMBER:,} bytes")
            return None
        try:
            return self._zip.read(info)
        except (*_UNREADABLE, OSError) as error:
            raise FetchError(f"the LEMUR wheel {self.path} is damaged at {member}") from error

    def _skip(self, member: str, reason: str) -> None:
        skipped = Skipped(member=member, reason=reason)
        if skipped not in self.skipped[-1:]:  # several trials of one file may have one reason
            self.skipped.append(skipped)


def _is_network(member: str) -> bool:
    return member.startswith(_NETWORKS) and member.endswith(".py") and member not in _NO_NETWORKS


def _finite(value: object) -> float | None:
    """The value as a number, or None if it is not one or not finite."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
